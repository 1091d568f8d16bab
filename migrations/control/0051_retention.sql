-- What is old goes, by settings (docs/api.md): in batches, never what an open alert or an unfinished run needs. The central's own login
-- may not delete from the audit log: that is done by a function of the owner's, which keeps at least 90 days whatever it is asked.

-- Within prune() only: the setting alone is not enough, one must be the owner (who the function works as).
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

-- A batch is noted as one change, not each of its rows.
DROP TRIGGER noted ON chat_messages;
DROP TRIGGER noted ON chat_threads;
DROP TRIGGER noted ON chat_reactions;
DROP TRIGGER noted ON agent_runs;
DROP TRIGGER noted ON alerts;
DROP TRIGGER noted ON track_merges;
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON chat_messages  FOR EACH ROW EXECUTE FUNCTION note_change('message', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON chat_threads   FOR EACH ROW EXECUTE FUNCTION note_change('thread', 'id');
CREATE TRIGGER noted AFTER INSERT           ON chat_reactions FOR EACH ROW EXECUTE FUNCTION note_change('reaction', 'message_id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OF state, cancel_asked ON agent_runs FOR EACH ROW EXECUTE FUNCTION note_change('run', 'id');
CREATE TRIGGER noted AFTER UPDATE OF acknowledged_by, resolved_by, note ON alerts FOR EACH ROW EXECUTE FUNCTION note_change('alert', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON track_merges   FOR EACH ROW EXECUTE FUNCTION note_change('track_merge', 'id');
CREATE TRIGGER deleted AFTER DELETE ON chat_messages  FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('message', 'id');
CREATE TRIGGER deleted AFTER DELETE ON chat_threads   FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('thread', 'id');
CREATE TRIGGER deleted AFTER DELETE ON chat_reactions FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('reaction', 'message_id');
CREATE TRIGGER deleted AFTER DELETE ON agent_runs     FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('run', 'id');
CREATE TRIGGER deleted AFTER DELETE ON alerts         FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('alert', 'id');
CREATE TRIGGER deleted AFTER DELETE ON track_merges   FOR EACH ROW WHEN (NOT is_pruning()) EXECUTE FUNCTION note_change('track_merge', 'id');

-- What refers to a message or thread that goes.
CREATE INDEX agent_runs_reply_to ON agent_runs (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX agent_runs_busy     ON agent_runs (id) WHERE finished_at IS NULL;
CREATE INDEX agent_runs_thread   ON agent_runs (thread_id) WHERE thread_id IS NOT NULL;

-- Deletes at most `most` old rows of a kind; how many. Rows are older the lower their id: the search ends at the first young one.
CREATE FUNCTION prune(kind text, older_than timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone integer := 0;
    keep interval := CASE kind WHEN 'audit' THEN interval '90 days' ELSE interval '1 day' END;
BEGIN
    IF now() - keep < older_than THEN
        RAISE EXCEPTION '% younger than % is not pruned', kind, keep;
    END IF;
    PERFORM set_config('vtoc.pruning', 'on', true);
    IF kind = 'messages' THEN
        WITH busy AS MATERIALIZED (SELECT reply_to, thread_id, key FROM agent_runs WHERE finished_at IS NULL),
            unresolved AS MATERIALIZED (SELECT DISTINCT left('alarm:' || subject, 200) AS thread FROM alerts WHERE state <> 'resolved')
        DELETE FROM chat_messages WHERE id IN (
            SELECT m.id FROM chat_messages m LEFT JOIN chat_threads t ON t.id = m.thread_id
            WHERE m.id < coalesce((SELECT id FROM chat_messages WHERE older_than <= created_at ORDER BY id LIMIT 1), 9223372036854775807)
                AND NOT EXISTS (SELECT FROM unresolved WHERE unresolved.thread = t.subject)
                AND NOT EXISTS (SELECT FROM busy b WHERE b.reply_to = m.id OR b.thread_id = m.thread_id OR b.key = 'message:' || m.id)
            ORDER BY m.id LIMIT most);
        GET DIAGNOSTICS gone = ROW_COUNT;
    ELSIF kind = 'threads' THEN
        -- Those in which nothing is left.
        WITH unresolved AS MATERIALIZED (SELECT DISTINCT left('alarm:' || subject, 200) AS thread FROM alerts WHERE state <> 'resolved')
        DELETE FROM chat_threads WHERE id IN (
            SELECT t.id FROM chat_threads t
            WHERE t.id < coalesce((SELECT id FROM chat_threads WHERE older_than <= created_at ORDER BY id LIMIT 1), 9223372036854775807)
                AND NOT EXISTS (SELECT FROM chat_messages m WHERE m.thread_id = t.id)
                AND NOT EXISTS (SELECT FROM unresolved WHERE unresolved.thread = t.subject)
                AND NOT EXISTS (SELECT FROM agent_runs r WHERE r.finished_at IS NULL AND r.thread_id = t.id)
            ORDER BY t.id LIMIT most);
        GET DIAGNOSTICS gone = ROW_COUNT;
    ELSIF kind = 'runs' THEN
        -- Not a mission's last order, which the next one is compared with; not what made a merge that still holds.
        WITH old AS (
            SELECT r.id, r.action_id FROM agent_runs r
            WHERE r.id < coalesce((SELECT id FROM agent_runs WHERE older_than <= created_at ORDER BY id LIMIT 1), 9223372036854775807)
                AND r.finished_at < older_than
                AND NOT (coalesce(r.result ? 'frago', false) AND NOT EXISTS (SELECT FROM agent_runs n WHERE n.result ? 'frago'
                    AND n.result ->> 'mission_id' = r.result ->> 'mission_id' AND r.id < n.id))
                AND NOT EXISTS (SELECT FROM track_merges m WHERE m.made_by_run = r.action_id AND older_than <= coalesce(m.undone_at, m.made_at))
            ORDER BY r.id LIMIT most
        ), merges AS (DELETE FROM track_merges WHERE made_by_run IN (SELECT action_id FROM old))
        DELETE FROM agent_runs WHERE id IN (SELECT id FROM old);
        GET DIAGNOSTICS gone = ROW_COUNT;
    ELSIF kind = 'alerts' THEN
        DELETE FROM alerts WHERE id IN (
            SELECT id FROM alerts
            WHERE id < coalesce((SELECT id FROM alerts WHERE older_than <= raised_at ORDER BY id LIMIT 1), 9223372036854775807)
                AND state = 'resolved' AND resolved_at < older_than AND told_at IS NOT NULL
                AND NOT EXISTS (SELECT FROM alert_stations s WHERE s.alert_id = alerts.id AND s.told_at IS NULL)
            ORDER BY id LIMIT most);
        GET DIAGNOSTICS gone = ROW_COUNT;
    ELSIF kind = 'audit' THEN
        WITH unresolved AS MATERIALIZED (SELECT id::text AS object FROM alerts WHERE state <> 'resolved'),
            busy AS MATERIALIZED (SELECT id::text AS object FROM agent_runs WHERE finished_at IS NULL)
        DELETE FROM audit_log WHERE id IN (
            SELECT l.id FROM audit_log l
            WHERE l.id < coalesce((SELECT id FROM audit_log WHERE older_than <= at ORDER BY id LIMIT 1), 9223372036854775807)
                AND NOT (l.action LIKE 'alert.%' AND l.object IN (SELECT object FROM unresolved))
                AND NOT (l.action LIKE 'run.%' AND l.object IN (SELECT object FROM busy))
            ORDER BY l.id LIMIT most);
        GET DIAGNOSTICS gone = ROW_COUNT;
    ELSE
        RAISE EXCEPTION 'nothing of the kind % is pruned', kind;
    END IF;
    PERFORM set_config('vtoc.pruning', '', true);
    IF 0 < gone THEN
        INSERT INTO audit_log (actor, action, object) VALUES (
            coalesce(nullif(current_setting('vtoc.actor', true), ''), 'database:' || session_user), kind || '.prune',
            gone || ' before ' || to_char(older_than AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    END IF;
    RETURN gone;
END $$;
