-- For GIS programs (QGIS, GeoServer, ogr2ogr): events with a geometry, and an index for distances in metres. vTOC needs none of
-- it: its own box filter uses PostgreSQL's GiST index on points. To be run by hand, as the databases' owner, after `vtoc setup`:
--
--   psql "$DATABASE_URL_OPS" -v ON_ERROR_STOP=1 -f migrations/optional/postgis.sql
--
-- Safe to repeat. Needs the package postgresql-<version>-postgis-3 on the database's server. Tested with PostGIS 3.3 on PostgreSQL 15.
-- The index costs about a tenth more CPU for each stored event.

CREATE EXTENSION IF NOT EXISTS postgis;

-- A view, so that no column is kept twice. `geom`: longitude and latitude, WGS 84 (EPSG:4326).
CREATE OR REPLACE VIEW telemetry_events_geo AS
SELECT e.id, e.source_id, s.slug AS source, e.station_id, e.event_time, e.received_at, e.altitude, e.heading, e.speed, e.status, e.kind,
    e.subject, e.payload, ST_SetSRID(ST_MakePoint(e.longitude, e.latitude), 4326) AS geom
FROM telemetry_events e JOIN telemetry_sources s ON s.id = e.source_id
WHERE e.latitude IS NOT NULL AND e.longitude IS NOT NULL;

-- WHERE ST_DWithin(geom::geography, ST_MakePoint(4.5, 52.3)::geography, 5000): within 5 km.
CREATE INDEX IF NOT EXISTS telemetry_events_geography ON telemetry_events
    USING gist ((ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography)) WHERE latitude IS NOT NULL AND longitude IS NOT NULL;

-- The role database's own login (vtoc_ops…) reads it; without that login there is nobody to grant to.
DO $$ BEGIN
    EXECUTE format('GRANT SELECT ON telemetry_events_geo, geometry_columns, geography_columns, spatial_ref_sys TO %I', current_database());
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
