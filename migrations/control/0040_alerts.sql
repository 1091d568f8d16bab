-- Alerts: the rules, what they raised, and how far the events were judged. They concern every role's telemetry; an alert says
-- by its role who may see it.

CREATE TABLE alert_rules (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             varchar(255) NOT NULL CONSTRAINT alert_rules_name UNIQUE,
    -- What it watches for, with its `kind` (api/src/dto/alerts.rs).
    condition        jsonb        NOT NULL,
    severity         text         NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    suppress_minutes integer      NOT NULL DEFAULT 10 CHECK (suppress_minutes BETWEEN 0 AND 10080),
    -- Whose telemetry it is judged by.
    station_roles    text[]       NOT NULL CHECK (station_roles <@ ARRAY['ops', 'intel', 'logistics'] AND cardinality(station_roles) BETWEEN 1 AND 3),
    enabled          boolean      NOT NULL DEFAULT true,
    built_in         boolean      NOT NULL DEFAULT false,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    updated_at       timestamptz  NOT NULL DEFAULT now()
);

CREATE TABLE alerts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL: the rule was deleted.
    rule_id         bigint REFERENCES alert_rules ON DELETE SET NULL,
    rule_name       varchar(255) NOT NULL,
    kind            text         NOT NULL,
    -- Of the stations by whose telemetry it was raised: who may see it.
    role            text         NOT NULL CHECK (role IN ('ops', 'intel', 'logistics')),
    -- `icao:4840d6`, `mmsi:970123456`, `station:alpha`, `imei:…`
    subject         text         NOT NULL,
    -- Which of several the rule tells apart: the emergency, the squawk; else ''.
    cause           text         NOT NULL,
    -- The station that heard it first; NULL: posted by a program.
    station         varchar(64),
    severity        text         NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    opened_at       timestamptz  NOT NULL,
    last_at         timestamptz  NOT NULL,
    -- Observations of it.
    count           bigint       NOT NULL,
    latitude        double precision,
    longitude       double precision,
    details         jsonb        NOT NULL,
    state           text         NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'resolved')),
    acknowledged_by text,
    acknowledged_at timestamptz,
    -- NULL in a resolved one: it was over by itself.
    resolved_by     text,
    resolved_at     timestamptz,
    note            text,
    raised_at       timestamptz  NOT NULL DEFAULT now(),
    -- When people were told.
    told_at         timestamptz,
    CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
    CHECK (opened_at <= last_at)
) WITH (fillfactor = 70);
-- Exactly one for one cause: one that is not resolved, and never two with the same beginning.
CREATE UNIQUE INDEX alerts_one_open ON alerts (rule_id, role, subject, cause) WHERE state <> 'resolved';
CREATE UNIQUE INDEX alerts_key ON alerts (rule_id, role, subject, cause, opened_at);
CREATE INDEX alerts_untold  ON alerts (id) WHERE told_at IS NULL;
CREATE INDEX alerts_subject ON alerts (subject, id DESC);

-- Everything received before is judged. (Of the clock of the control database.)
CREATE TABLE alert_progress (
    only_row     boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    judged_until timestamptz NOT NULL DEFAULT now(),
    mark         timestamptz NOT NULL DEFAULT now()
);
INSERT INTO alert_progress DEFAULT VALUES;

INSERT INTO alert_rules (name, condition, severity, station_roles, built_in) VALUES
    ('Distress at sea',            '{"kind": "ais_distress"}',                  'critical', '{ops,intel,logistics}', true),
    ('Emergency',                  '{"kind": "emergency"}',                     'critical', '{ops,intel,logistics}', true),
    ('Test of a distress device',  '{"kind": "ais_test"}',                      'info',     '{ops,intel,logistics}', true),
    ('Station silent',             '{"kind": "station_silent", "minutes": 5}',  'warning',  '{ops,intel,logistics}', true);

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON alert_rules FOR EACH ROW EXECUTE FUNCTION note_change('alert_rule', 'id');
-- What people say of one; not what the engine notes with every observation.
CREATE TRIGGER noted AFTER UPDATE OF acknowledged_by, resolved_by, note OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION note_change('alert', 'id');
