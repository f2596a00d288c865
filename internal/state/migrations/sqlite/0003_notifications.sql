-- +goose Up

-- What a target was last told about a flow: once per cause, not per run.
CREATE TABLE notifications (
    target TEXT    NOT NULL,
    flow   TEXT    NOT NULL,
    cause  TEXT    NOT NULL,               -- '' when all is well again
    at     INTEGER NOT NULL,
    PRIMARY KEY (target, flow)
) STRICT;
