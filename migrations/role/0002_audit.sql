-- The record of every change in a role database; the same as the control database's (migrations/control/0002_people.sql),
-- kept here so that it is one transaction with what it records. What stations and programs append as telemetry is no change.

CREATE TABLE audit_log (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text        NOT NULL,
    address       text,
    action        text        NOT NULL,
    object        text        NOT NULL,
    before_sha256 bytea,
    after_sha256  bytea
);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    before_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after_row  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    INSERT INTO audit_log (actor, address, action, object, before_sha256, after_sha256) VALUES (
        coalesce(nullif(current_setting('vtoc.actor', true), ''), 'database:' || session_user),
        nullif(current_setting('vtoc.address', true), ''),
        TG_ARGV[0] || '.' || lower(TG_OP),
        coalesce(after_row, before_row) ->> TG_ARGV[1],
        sha256(convert_to(before_row::text, 'UTF8')),
        sha256(convert_to(after_row::text, 'UTF8')));
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever appended to';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Not `last_ingested_at`, which moves with every batch.
CREATE TRIGGER noted AFTER INSERT OR DELETE
    OR UPDATE OF station_id, name, slug, source_type, description, is_active, connection_mode, configuration ON telemetry_sources
    FOR EACH ROW EXECUTE FUNCTION note_change('source', 'id');
-- Not the events that go with their source: its own deletion says so.
CREATE TRIGGER noted AFTER UPDATE OR DELETE ON telemetry_events
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION note_change('event', 'id');
