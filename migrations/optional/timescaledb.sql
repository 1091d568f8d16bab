-- TimescaleDB, for who has it: the roll-ups become hypertables whose old chunks are compressed, and a continuous aggregate counts days.
-- Events stay in PostgreSQL's own daily partitions: a partitioned table can't be made a hypertable. To be run by hand, as the
-- databases' owner, after `vtoc setup`, while the central is stopped:
--
--   psql "$DATABASE_URL_OPS" -v ON_ERROR_STOP=1 -f migrations/optional/timescaledb.sql
--
-- Safe to repeat. Needs `shared_preload_libraries = 'timescaledb'` on the server, and TimescaleDB's community edition (compression and
-- continuous aggregates are not in the Apache one). Run with TimescaleDB 2.28.3 on PostgreSQL 15.18: docs/api.md says what that gave.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable('telemetry_rollup_minute', 'bucket', chunk_time_interval => interval '7 days', migrate_data => true, if_not_exists => true);
SELECT create_hypertable('telemetry_rollup_hour', 'bucket', chunk_time_interval => interval '90 days', migrate_data => true, if_not_exists => true);

-- A minute that is counted again within a compressed chunk is rewritten there: late events go on being counted.
ALTER TABLE telemetry_rollup_minute SET (timescaledb.compress, timescaledb.compress_segmentby = 'source_id, kind', timescaledb.compress_orderby = 'bucket DESC');
ALTER TABLE telemetry_rollup_hour SET (timescaledb.compress, timescaledb.compress_segmentby = 'source_id, kind', timescaledb.compress_orderby = 'bucket DESC');
SELECT add_compression_policy('telemetry_rollup_minute', interval '30 days', if_not_exists => true);
SELECT add_compression_policy('telemetry_rollup_hour', interval '180 days', if_not_exists => true);

-- A late hour is a few rows of every source's batches of 1,000.
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0', current_database());
END $$;

-- Days (UTC) of each source and kind, for reports; what is newer than its last refresh is counted as it is read.
CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry_rollup_day WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket(interval '1 day', bucket) AS bucket, source_id, kind, sum(events)::bigint AS events, max(subjects_max) AS subjects_max
FROM telemetry_rollup_hour GROUP BY 1, 2, 3 WITH NO DATA;
SELECT add_continuous_aggregate_policy('telemetry_rollup_day', start_offset => interval '400 days', end_offset => interval '1 day',
    schedule_interval => interval '1 hour', if_not_exists => true);

-- The role database's own login (vtoc_ops…) reads it; without that login there is nobody to grant to.
DO $$ BEGIN
    EXECUTE format('GRANT SELECT ON telemetry_rollup_day TO %I', current_database());
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
