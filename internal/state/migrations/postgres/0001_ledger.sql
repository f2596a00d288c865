-- +goose Up

-- Instants are integers: microseconds since 1970-01-01 UTC.

CREATE TABLE runs (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    flow         TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    slot         TEXT COLLATE "C" NOT NULL, -- RFC 3339 with the offset of the flow's zone; '': started by hand
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'approving', 'ended')),
    outcome      TEXT COLLATE "C" NOT NULL, -- '' until the run first ends
    reason       TEXT COLLATE "C" NOT NULL,
    started_at   BIGINT NOT NULL,
    finished_at  BIGINT,
    active_since BIGINT NOT NULL, -- when its process began it, or claimed it for approval
    pid          BIGINT NOT NULL,
    host         TEXT COLLATE "C" NOT NULL,
    facts        TEXT COLLATE "C" NOT NULL -- JSON: rows, file, changes, limits, requests
);

-- One run per flow at a time: the flow's lock sees to it, this is the net.
CREATE UNIQUE INDEX runs_active ON runs (flow) WHERE state <> 'ended';
CREATE INDEX runs_newest ON runs (started_at, id);
CREATE INDEX runs_flow_newest ON runs (flow, started_at, id);

CREATE TABLE findings (
    run        TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position   BIGINT NOT NULL,
    severity   TEXT COLLATE "C" NOT NULL,
    code       TEXT COLLATE "C" NOT NULL,
    row_number BIGINT NOT NULL,
    column_key TEXT COLLATE "C" NOT NULL,
    cell       TEXT COLLATE "C" NOT NULL,
    message    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (run, position)
);

CREATE TABLE deliveries (
    run           TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    flow          TEXT COLLATE "C" NOT NULL,
    remote        TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    temp          TEXT COLLATE "C" NOT NULL,
    backup        TEXT COLLATE "C" NOT NULL,
    step          TEXT COLLATE "C" NOT NULL, -- delivered and failed are ends
    bytes         BIGINT NOT NULL,
    sha256        TEXT COLLATE "C" NOT NULL,
    peer_address  TEXT COLLATE "C" NOT NULL,
    peer_protocol TEXT COLLATE "C" NOT NULL,
    peer_key      TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL, -- when the step was reached
    PRIMARY KEY (run, remote, name)
);

CREATE INDEX deliveries_newest ON deliveries (flow, step, at, run);

CREATE TABLE snapshots (
    run  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    data BYTEA NOT NULL -- gzip
);
