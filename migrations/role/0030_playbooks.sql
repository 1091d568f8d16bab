-- What playbooks write beside their result. Each row names its run (agent_runs.action_id, the same in every attempt), so that a run
-- which begins again after a crash finds what it wrote, and writes nothing twice.

-- Fragmentary orders of a mission are numbered. The order itself is its run's result; a run that failed leaves a gap.
CREATE TABLE mission_orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mission_id  bigint       NOT NULL REFERENCES missions ON DELETE CASCADE,
    number      int          NOT NULL CHECK (1 <= number),
    made_by_run varchar(100) NOT NULL UNIQUE,
    made_at     timestamptz  NOT NULL,
    UNIQUE (mission_id, number)
);

-- NULL: a person or a program made it.
ALTER TABLE requisitions ADD COLUMN made_by_run varchar(100);
CREATE UNIQUE INDEX requisitions_once ON requisitions (made_by_run, sku);

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON mission_orders FOR EACH ROW EXECUTE FUNCTION note_change('mission_order', 'id');
