-- TimescaleDB, for who has it: the roll-ups become hypertables, compressed after a month. Events stay in PostgreSQL's own daily
-- partitions: a partitioned table can't be made a hypertable, so there are no continuous aggregates over it; the roll-ups do
-- their work. To be run by hand, as the databases' owner, after `vtoc setup`, while the central is stopped:
--
--   psql "$DATABASE_URL_OPS" -v ON_ERROR_STOP=1 -f migrations/optional/timescaledb.sql
--
-- NOT TESTED: the extension is in none of the package sources that our tests may use. Written from TimescaleDB's documentation
-- of version 2; try it on a copy first.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable('telemetry_rollup_minute', 'bucket', chunk_time_interval => interval '7 days', migrate_data => true, if_not_exists => true);
SELECT create_hypertable('telemetry_rollup_hour', 'bucket', chunk_time_interval => interval '90 days', migrate_data => true, if_not_exists => true);

ALTER TABLE telemetry_rollup_minute SET (timescaledb.compress, timescaledb.compress_segmentby = 'source_id, kind');
ALTER TABLE telemetry_rollup_hour SET (timescaledb.compress, timescaledb.compress_segmentby = 'source_id, kind');
SELECT add_compression_policy('telemetry_rollup_minute', interval '30 days', if_not_exists => true);
SELECT add_compression_policy('telemetry_rollup_hour', interval '180 days', if_not_exists => true);
