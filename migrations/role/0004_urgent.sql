-- Urgent events that came ahead of what waits before them, until the ordered delivery has stored them in telemetry_events:
-- notes, so that a central restarted in between still shows them. The note goes in the transaction that stores the event; one
-- stays where the station declared the event itself lost: then it is all there is.
CREATE TABLE uplink_urgent (
    station     varchar(64) NOT NULL,
    epoch       bigint      NOT NULL,
    seq         bigint      NOT NULL,
    -- stations.id of the control database.
    station_id  bigint      NOT NULL,
    event_time  timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    payload     jsonb       NOT NULL,
    raw_data    text        NOT NULL,
    PRIMARY KEY (station, epoch, seq)
);
CREATE INDEX uplink_urgent_time ON uplink_urgent (event_time DESC);
