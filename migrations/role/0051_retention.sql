-- The audit log of a role database, as in migrations/control/0051_retention.sql.

CREATE FUNCTION is_pruning() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT current_setting('vtoc.pruning', true) = 'on'
        AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.audit_log'::regclass)
$$;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND is_pruning() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is only ever appended to';
END $$;

CREATE FUNCTION prune(kind text, older_than timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone integer := 0;
BEGIN
    IF kind <> 'audit' THEN
        RAISE EXCEPTION 'nothing of the kind % is pruned', kind;
    END IF;
    IF now() - interval '90 days' < older_than THEN
        RAISE EXCEPTION 'audit younger than 90 days is not pruned';
    END IF;
    PERFORM set_config('vtoc.pruning', 'on', true);
    DELETE FROM audit_log WHERE id IN (
        SELECT id FROM audit_log
        WHERE id < coalesce((SELECT id FROM audit_log WHERE older_than <= at ORDER BY id LIMIT 1), 9223372036854775807)
        ORDER BY id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('vtoc.pruning', '', true);
    IF 0 < gone THEN
        INSERT INTO audit_log (actor, action, object) VALUES (
            coalesce(nullif(current_setting('vtoc.actor', true), ''), 'database:' || session_user), kind || '.prune',
            gone || ' before ' || to_char(older_than AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    END IF;
    RETURN gone;
END $$;
