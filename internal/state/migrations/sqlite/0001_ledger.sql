-- +goose Up

-- Instants are integers: microseconds since 1970-01-01 UTC.

CREATE TABLE runs (
    id           TEXT    NOT NULL PRIMARY KEY,
    flow         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    slot         TEXT    NOT NULL,                -- RFC 3339 with the offset of the flow's zone; '': started by hand
    state        TEXT    NOT NULL CHECK (state IN ('running', 'approving', 'ended')),
    outcome      TEXT    NOT NULL,                -- '' until the run first ends
    reason       TEXT    NOT NULL,
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    active_since INTEGER NOT NULL,                -- when its process began it, or claimed it for approval
    pid          INTEGER NOT NULL,
    host         TEXT    NOT NULL,
    facts        TEXT    NOT NULL                 -- JSON: rows, file, changes, limits, requests
) STRICT;

-- One run per flow at a time: the flow's lock sees to it, this is the net.
CREATE UNIQUE INDEX runs_active ON runs (flow) WHERE state <> 'ended';
CREATE INDEX runs_newest ON runs (started_at, id);
CREATE INDEX runs_flow_newest ON runs (flow, started_at, id);

CREATE TABLE findings (
    run        TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    severity   TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    row_number INTEGER NOT NULL,
    column_key TEXT    NOT NULL,
    cell       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    PRIMARY KEY (run, position)
) STRICT;

CREATE TABLE deliveries (
    run           TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    flow          TEXT    NOT NULL,
    remote        TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    temp          TEXT    NOT NULL,
    backup        TEXT    NOT NULL,
    step          TEXT    NOT NULL,               -- delivered and failed are ends
    bytes         INTEGER NOT NULL,
    sha256        TEXT    NOT NULL,
    peer_address  TEXT    NOT NULL,
    peer_protocol TEXT    NOT NULL,
    peer_key      TEXT    NOT NULL,
    at            INTEGER NOT NULL,               -- when the step was reached
    PRIMARY KEY (run, remote, name)
) STRICT;

CREATE INDEX deliveries_newest ON deliveries (flow, step, at, run);

CREATE TABLE snapshots (
    run  TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    data BLOB NOT NULL                            -- gzip
) STRICT;
