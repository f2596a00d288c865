-- +goose Up

-- Who could not be told of a flow, since when, and why; gone once somebody was.
CREATE TABLE notification_faults (
    target   TEXT NOT NULL,
    flow     TEXT NOT NULL,
    place    TEXT NOT NULL, -- where the target stands in the configuration
    since    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (target, flow)
) STRICT;
