-- A role database (ops, intel or logistics): telemetry sources and events, and how far each spool has been stored.
--
-- An id says which role database it lives in: id mod 8 is the role's number (ops 1, intel 2, logistics 3). Both
-- sequences step by 8; provisioning sets their start to the role's number and notes the role in this_database. Until
-- then they hand out multiples of 8, which the CHECKs refuse.

CREATE TABLE this_database (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    role     text    NOT NULL CHECK (role IN ('ops', 'intel', 'logistics'))
);

CREATE SEQUENCE telemetry_source_ids INCREMENT BY 8 START WITH 8 MINVALUE 1;
CREATE SEQUENCE telemetry_event_ids  INCREMENT BY 8 START WITH 8 MINVALUE 1 CACHE 32;

CREATE TABLE telemetry_sources (
    id               bigint       PRIMARY KEY DEFAULT nextval('telemetry_source_ids') CHECK (id % 8 <> 0),
    -- stations.id of the control database: another database, so no foreign key.
    station_id       bigint,
    name             varchar(255) NOT NULL UNIQUE,
    slug             varchar(100) NOT NULL UNIQUE,
    source_type      varchar(100) NOT NULL,
    description      text,
    is_active        boolean      NOT NULL DEFAULT true,
    connection_mode  varchar(50)  NOT NULL DEFAULT 'online',
    configuration    jsonb,
    last_ingested_at timestamptz,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    updated_at       timestamptz  NOT NULL DEFAULT now()
) WITH (fillfactor = 50); -- last_ingested_at changes with every batch: leave room for updates in place
CREATE INDEX telemetry_sources_station ON telemetry_sources (station_id);

CREATE TABLE telemetry_events (
    id          bigint      PRIMARY KEY DEFAULT nextval('telemetry_event_ids') CHECK (id % 8 <> 0),
    source_id   bigint      NOT NULL REFERENCES telemetry_sources ON DELETE CASCADE,
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
);
CREATE INDEX telemetry_events_time    ON telemetry_events (event_time DESC, id DESC);
CREATE INDEX telemetry_events_source  ON telemetry_events (source_id, event_time DESC, id DESC);
CREATE INDEX telemetry_events_station ON telemetry_events (station_id, event_time DESC, id DESC);
-- The watermark already makes delivery exactly once; this makes the database refuse to forget it.
CREATE UNIQUE INDEX telemetry_events_key ON telemetry_events (station_id, epoch, seq) WHERE seq IS NOT NULL;

-- One row per life of a station's spool. Events and their watermark are written in one transaction.
-- Keyed by slug, the identity in the station's certificate; epoch is the u64's bits.
CREATE TABLE uplink_watermarks (
    station    varchar(64) NOT NULL,
    epoch      bigint      NOT NULL,
    last_seq   bigint      NOT NULL CHECK (0 <= last_seq),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (station, epoch)
) WITH (fillfactor = 50);

-- Events that a station accepted and can't deliver any more (a damaged or missing segment of its spool), declared by it.
-- Written with the watermark that steps over them: a hole is never mistaken for silence.
CREATE TABLE uplink_losses (
    station     varchar(64) NOT NULL,
    epoch       bigint      NOT NULL,
    first_seq   bigint      NOT NULL,
    last_seq    bigint      NOT NULL CHECK (first_seq <= last_seq),
    reason      text        NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (station, epoch, first_seq)
);
