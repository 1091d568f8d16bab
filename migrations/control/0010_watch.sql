-- People and things of interest, the IMEI watch-list, agents, and what the station's hardware page remembers.
-- They concern every role's telemetry, so they are here and not in a role's database.

CREATE TABLE poi (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       varchar(255) NOT NULL,
    category   varchar(50)  NOT NULL DEFAULT 'person',
    risk_level varchar(50)  NOT NULL DEFAULT 'info',
    notes      text,
    is_active  boolean      NOT NULL DEFAULT true,
    created_at timestamptz  NOT NULL DEFAULT now(),
    updated_at timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX poi_name ON poi (name);

CREATE TABLE poi_identifiers (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    poi_id           bigint       NOT NULL REFERENCES poi ON DELETE CASCADE,
    identifier_type  varchar(100) NOT NULL,
    identifier_value varchar(255) NOT NULL,
    is_primary       boolean      NOT NULL DEFAULT false,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    updated_at       timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX poi_identifiers_poi   ON poi_identifiers (poi_id);
CREATE INDEX poi_identifiers_value ON poi_identifiers (identifier_value);

CREATE TABLE imei_watch_entries (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier_value varchar(255) NOT NULL CONSTRAINT imei_watch_value UNIQUE,
    list_type        varchar(20)  NOT NULL CHECK (list_type IN ('whitelist', 'blacklist')),
    label            varchar(255),
    linked_poi_id    bigint REFERENCES poi ON DELETE SET NULL,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    updated_at       timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX imei_watch_poi ON imei_watch_entries (linked_poi_id);

CREATE TABLE agents (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          varchar(255) NOT NULL CONSTRAINT agents_name UNIQUE,
    agent_type    varchar(100) NOT NULL,
    status        varchar(20)  NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'running', 'error', 'stopped')),
    configuration jsonb,
    last_run      timestamptz,
    created_at    timestamptz  NOT NULL DEFAULT now(),
    updated_at    timestamptz  NOT NULL DEFAULT now()
);

-- What was said of the hardware: `base_station`, `adsb`, `h4m`. One row each.
CREATE TABLE hardware (
    item       text        PRIMARY KEY CHECK (item IN ('base_station', 'adsb', 'h4m')),
    value      jsonb       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Answers to writes that came with an Idempotency-Key, for a day. The key is a digest of whose it is, the key and the
-- path; `status` is NULL while the first request is on its way.
CREATE TABLE idempotent_answers (
    key_sha256  bytea       PRIMARY KEY CHECK (octet_length(key_sha256) = 32),
    body_sha256 bytea       NOT NULL CHECK (octet_length(body_sha256) = 32),
    status      smallint,
    answer      bytea,
    media_type  text,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX idempotent_answers_begun ON idempotent_answers (begun_at);

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON poi                FOR EACH ROW EXECUTE FUNCTION note_change('poi', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON poi_identifiers    FOR EACH ROW EXECUTE FUNCTION note_change('poi_identifier', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON imei_watch_entries FOR EACH ROW EXECUTE FUNCTION note_change('imei_watch_entry', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON agents             FOR EACH ROW EXECUTE FUNCTION note_change('agent', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON hardware           FOR EACH ROW EXECUTE FUNCTION note_change('hardware', 'item');
