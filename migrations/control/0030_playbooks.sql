-- Tracks of several stations and sources that are one aircraft. Kept here, beside the run that found it, and not in a role's
-- database: members may come from several roles, and a login of one must not read of another's. No event is ever changed by
-- a merge, so undoing one is a mark on it.
CREATE TABLE track_merges (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- agent_runs.action_id, the same in every attempt of the run.
    made_by_run   varchar(100) NOT NULL,
    n             int          NOT NULL,
    -- Whose data it is made of: whoever lacks one of them does not see it.
    station_roles text[]       NOT NULL CHECK (station_roles <@ ARRAY['ops', 'intel', 'logistics']),
    -- `<role>/<source>/<station>/<subject>`, in alphabetical order.
    members       text[]       NOT NULL CHECK (2 <= cardinality(members)),
    -- How they were found to be one, how surely, and what of each member was heard when.
    detail        jsonb        NOT NULL,
    made_at       timestamptz  NOT NULL,
    undone_at     timestamptz,
    undone_by_run varchar(100),
    CHECK ((undone_at IS NULL) = (undone_by_run IS NULL)),
    UNIQUE (made_by_run, n)
);
CREATE INDEX track_merges_undone ON track_merges (undone_at) WHERE undone_at IS NOT NULL;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON track_merges FOR EACH ROW EXECUTE FUNCTION note_change('track_merge', 'id');

-- The order before: the newest run for a mission that ended in one.
CREATE INDEX agent_runs_frago ON agent_runs ((result ->> 'mission_id'), id) WHERE result ? 'frago';
