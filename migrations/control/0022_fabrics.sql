-- Other chat systems: up to which message each has what was said (api/src/chat/fabric). And the actions of an outside runner
-- that are still to be asked about.

CREATE TABLE chat_fabrics (
    name       varchar(100) PRIMARY KEY,
    message_id bigint       NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX agent_runs_outside ON agent_runs (updated_at) WHERE runner = 'outside' AND finished_at IS NULL;
