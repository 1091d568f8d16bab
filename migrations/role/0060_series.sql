-- What is asked of events beyond "the newest": messages for the chat, and figures over time.

-- Messages and bulletins to somebody, by when they came: read back at a start of the central. There are few of them.
CREATE INDEX telemetry_events_words ON telemetry_events (received_at) WHERE kind = 'text' AND payload ->> 'to' IS NOT NULL;

-- Figures that stations measure: few among all events, so an index of their own keeps the roll-up cheap.
CREATE INDEX telemetry_events_readings ON telemetry_events (event_time) WHERE kind IN ('weather', 'telemetry');

-- The figures in an event: weather value by value, telemetry channel by channel. An event that somebody edited may hold anything.
CREATE FUNCTION event_readings(kind text, payload jsonb)
RETURNS TABLE (field text, name text, unit text, calibrated boolean, value double precision) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT f.field, f.name, f.unit, f.calibrated, f.figure::double precision
    FROM (
        SELECT left(r ->> 'channel', 24) AS field, left(coalesce(r ->> 'name', ''), 64) AS name, left(coalesce(r ->> 'unit', ''), 64) AS unit,
            coalesce(r -> 'calibrated' = 'true'::jsonb, false) AS calibrated, r -> 'value' AS figure
        FROM jsonb_array_elements(
            CASE WHEN kind = 'telemetry' AND jsonb_typeof(payload -> 'readings') = 'array' THEN payload -> 'readings' ELSE '[]'::jsonb END) AS r
        UNION ALL
        SELECT w.key, '', '', true, w.value
        FROM jsonb_each(CASE WHEN kind = 'weather' AND jsonb_typeof(payload) = 'object' THEN payload ELSE '{}'::jsonb END) AS w
        WHERE w.key IN ('wind_from_deg', 'wind_speed_kt', 'wind_gust_kt', 'temperature_c', 'humidity_percent', 'pressure_hpa', 'rain_1h_mm',
            'rain_24h_mm', 'rain_midnight_mm', 'snow_24h_mm', 'luminosity_w_m2')
    ) AS f
    WHERE f.field IS NOT NULL AND CASE WHEN jsonb_typeof(f.figure) = 'number' THEN abs(f.figure::numeric) < 1e15 ELSE false END
$$;

-- Roll-up of figures, per hour: kept when the events of old days are dropped. Counted again as a whole, as the others are.
CREATE TABLE telemetry_rollup_reading_hour (
    bucket     timestamptz      NOT NULL,
    source_id  bigint           NOT NULL,
    subject    text             NOT NULL,
    kind       text             NOT NULL,
    field      text             NOT NULL,
    -- In the station's own words; empty: never told.
    name       text             NOT NULL,
    unit       text             NOT NULL,
    calibrated boolean          NOT NULL,
    readings   bigint           NOT NULL,
    total      double precision NOT NULL,
    low        double precision NOT NULL,
    high       double precision NOT NULL,
    -- Of directions, whose mean is not that of their degrees: the sums of cosines and sines.
    north      double precision,
    east       double precision,
    PRIMARY KEY (subject, kind, bucket, source_id, field, name, unit, calibrated)
);
CREATE INDEX telemetry_rollup_reading_hour_bucket ON telemetry_rollup_reading_hour (bucket);

CREATE OR REPLACE FUNCTION forget_source() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM set_config('vtoc.unnoted', 'on', true);
    DELETE FROM telemetry_events WHERE source_id = OLD.id;
    PERFORM set_config('vtoc.unnoted', '', true);
    DELETE FROM telemetry_rollup_minute WHERE source_id = OLD.id;
    DELETE FROM telemetry_rollup_hour WHERE source_id = OLD.id;
    DELETE FROM telemetry_rollup_reading_hour WHERE source_id = OLD.id;
    RETURN NULL;
END $$;
