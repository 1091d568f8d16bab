-- Events in partitions, one per day of `event_time`, so that retention drops a table instead of deleting rows.
--
--   telemetry_events                    partitioned by RANGE (event_time)
--     telemetry_events_20261123         made ahead of time, and on demand for what comes late or early
--     …
--     telemetry_events_other            days that no clock of ours is near (a board back in 1970): DEFAULT
--
-- Gone with the old table: the unique key (station_id, epoch, seq), which can't span partitions; exactly-once is the
-- watermark's, in the same transaction (api/src/store/uplink.rs). And the foreign key to the sources, whose check cost more
-- than the row; who inserts locks the source first (FOR KEY SHARE, or the UPDATE of last_ingested_at).

ALTER TABLE telemetry_events RENAME TO telemetry_events_before;
DROP INDEX telemetry_events_time, telemetry_events_source, telemetry_events_station, telemetry_events_key;

CREATE TABLE telemetry_events (
    id          bigint      NOT NULL DEFAULT nextval('telemetry_event_ids') CHECK (id % 8 <> 0),
    source_id   bigint      NOT NULL,
    station_id  bigint,
    event_time  timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    latitude    double precision,
    longitude   double precision,
    -- Events of stations: feet, degrees from true north, knots. Others: whatever the sender means.
    altitude    double precision,
    heading     double precision,
    speed       double precision,
    payload     jsonb,
    raw_data    text,
    status      varchar(50) DEFAULT 'received',
    -- Events of stations only: what it says, about whom, and its EventKey with the station.
    kind        text,
    subject     text,
    epoch       bigint,
    seq         bigint,
    CHECK ((epoch IS NULL) = (seq IS NULL))
) PARTITION BY RANGE (event_time);

-- One each: by id; the newest of all, of a source, of a station, of a subject; within a box.
CREATE INDEX telemetry_events_id      ON telemetry_events (id);
CREATE INDEX telemetry_events_time    ON telemetry_events (event_time DESC, id DESC);
CREATE INDEX telemetry_events_source  ON telemetry_events (source_id, event_time DESC, id DESC);
CREATE INDEX telemetry_events_station ON telemetry_events (station_id, event_time DESC, id DESC);
CREATE INDEX telemetry_events_subject ON telemetry_events (subject, event_time DESC, id DESC) WHERE subject IS NOT NULL;
CREATE INDEX telemetry_events_place   ON telemetry_events USING gist (point(longitude, latitude)) WHERE latitude IS NOT NULL AND longitude IS NOT NULL;
-- What came lately, for the roll-ups: rows lie in the order in which they came.
CREATE INDEX telemetry_events_received ON telemetry_events USING brin (received_at) WITH (pages_per_range = 32);

CREATE TABLE telemetry_events_other PARTITION OF telemetry_events DEFAULT;

CREATE TRIGGER noted AFTER UPDATE OR DELETE ON telemetry_events
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND current_setting('vtoc.unnoted', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION note_change('event', 'id');

-- What the foreign key's CASCADE did. Whoever was storing an event of the source held its row: what they stored is visible.
CREATE FUNCTION forget_source() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM set_config('vtoc.unnoted', 'on', true);
    DELETE FROM telemetry_events WHERE source_id = OLD.id;
    PERFORM set_config('vtoc.unnoted', '', true);
    DELETE FROM telemetry_rollup_minute WHERE source_id = OLD.id;
    DELETE FROM telemetry_rollup_hour WHERE source_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forgotten AFTER DELETE ON telemetry_sources FOR EACH ROW EXECUTE FUNCTION forget_source();

-- Makes the partition of a day (UTC), with what lies in `other` of it. Whether there was none.
-- The central's own login owns no table, so this runs as the owner; it names nothing that its caller chooses.
CREATE FUNCTION ensure_events_day(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text        := 'telemetry_events_' || to_char(day, 'YYYYMMDD');
    low  timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('vtoc: partitions'));
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.telemetry_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT day_of_partition CHECK (event_time >= %L AND event_time < %L)', part, low, high);
    -- Nobody writes into `other` until the day's rows are out of it.
    LOCK TABLE public.telemetry_events_other IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM public.telemetry_events_other WHERE event_time >= low AND event_time < high) THEN
        PERFORM set_config('vtoc.unnoted', 'on', true);
        EXECUTE format(
            'WITH moved AS (DELETE FROM public.telemetry_events_other WHERE event_time >= %L AND event_time < %L RETURNING *)
             INSERT INTO public.%I SELECT * FROM moved', low, high, part);
        PERFORM set_config('vtoc.unnoted', '', true);
    END IF;
    EXECUTE format('ALTER TABLE public.telemetry_events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', part, low, high);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT day_of_partition', part);
    RETURN true;
END $$;

-- Forgets what is older than a day (UTC): drops whole partitions, deletes from `other`. How many partitions went.
CREATE FUNCTION drop_events_before(day date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('vtoc: partitions'));
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.telemetry_events'::regclass AND c.relname ~ '^telemetry_events_[0-9]{8}$'
            AND right(c.relname, 8) < to_char(day, 'YYYYMMDD')
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE public.%I', part);
        dropped := dropped + 1;
    END LOOP;
    PERFORM set_config('vtoc.unnoted', 'on', true);
    DELETE FROM public.telemetry_events_other WHERE event_time < day::timestamp AT TIME ZONE 'UTC';
    PERFORM set_config('vtoc.unnoted', '', true);
    IF 0 < dropped THEN
        INSERT INTO public.audit_log (actor, action, object) VALUES (
            coalesce(nullif(current_setting('vtoc.actor', true), ''), 'database:' || session_user), 'events.drop', 'before ' || day);
    END IF;
    RETURN dropped;
END $$;

-- What was there already.
SELECT ensure_events_day(day) FROM (SELECT DISTINCT (event_time AT TIME ZONE 'UTC')::date AS day FROM telemetry_events_before) AS days
WHERE day BETWEEN current_date - 400 AND current_date + 3;
INSERT INTO telemetry_events (id, source_id, station_id, event_time, received_at, latitude, longitude, altitude, heading, speed, payload,
    raw_data, status, kind, subject, epoch, seq)
SELECT id, source_id, station_id, event_time, received_at, latitude, longitude, altitude, heading, speed, payload,
    raw_data, status, kind, subject, epoch, seq FROM telemetry_events_before;
DROP TABLE telemetry_events_before;

-- Roll-ups: how much was heard of what, per minute and hour. Counted again as a whole for each minute in which something
-- came, so that running it twice, or after a crash, changes nothing.
CREATE TABLE telemetry_rollup_minute (
    bucket     timestamptz NOT NULL,
    source_id  bigint      NOT NULL,
    kind       text        NOT NULL,
    events     bigint      NOT NULL,
    -- Different subjects.
    subjects   bigint      NOT NULL,
    PRIMARY KEY (bucket, source_id, kind)
);
CREATE TABLE telemetry_rollup_hour (
    bucket       timestamptz NOT NULL,
    source_id    bigint      NOT NULL,
    kind         text        NOT NULL,
    events       bigint      NOT NULL,
    -- Most different subjects in one of its minutes: distinct ones don't add up.
    subjects_max bigint      NOT NULL,
    PRIMARY KEY (bucket, source_id, kind)
);
CREATE TABLE telemetry_rollup_state (
    only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Everything received before is counted.
    counted_until timestamptz NOT NULL
);
INSERT INTO telemetry_rollup_state (counted_until) VALUES ('-infinity');
-- Minutes whose events were changed or deleted since.
CREATE TABLE telemetry_rollup_again (bucket timestamptz PRIMARY KEY);
CREATE FUNCTION count_again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO telemetry_rollup_again VALUES (date_trunc('minute', OLD.event_time)) ON CONFLICT DO NOTHING;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO telemetry_rollup_again VALUES (date_trunc('minute', NEW.event_time)) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_again AFTER UPDATE OR DELETE ON telemetry_events
    FOR EACH ROW WHEN (current_setting('vtoc.unnoted', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION count_again();
