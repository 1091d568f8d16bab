-- Which stations heard what an alert is about, and whether those who read a station's channel were told: each once.

CREATE TABLE alert_stations (
    alert_id bigint      NOT NULL REFERENCES alerts ON DELETE CASCADE,
    -- Its slug.
    station  varchar(64) NOT NULL,
    told_at  timestamptz,
    PRIMARY KEY (alert_id, station)
);
CREATE INDEX alert_stations_untold ON alert_stations (alert_id) WHERE told_at IS NULL;

INSERT INTO alert_stations (alert_id, station, told_at) SELECT id, station, told_at FROM alerts WHERE station IS NOT NULL;
