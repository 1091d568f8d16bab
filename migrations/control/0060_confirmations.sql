-- Playbooks that ask before they do something: such a run waits until an operator says so.

ALTER TABLE agent_runs
    ADD COLUMN asks       boolean NOT NULL DEFAULT false,
    -- Who said so.
    ADD COLUMN decided_by varchar(300);
CREATE INDEX agent_runs_asking ON agent_runs (created_at) WHERE asks AND state = 'queued';
