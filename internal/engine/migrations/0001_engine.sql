-- +goose Up

-- One schema for SQLite and PostgreSQL. Instants are integers: microseconds since
-- 1970-01-01 UTC.

CREATE TABLE engine_flows (
    flow    TEXT   NOT NULL PRIMARY KEY,
    line    TEXT   NOT NULL,                -- the cron line that horizon is about; '': none
    zone    TEXT   NOT NULL,
    since   BIGINT NOT NULL,                -- when a daemon first knew the flow
    horizon BIGINT NOT NULL                 -- slots up to here are settled
);

CREATE TABLE engine_slots (
    flow  TEXT   NOT NULL,
    slot  BIGINT NOT NULL,
    state TEXT   NOT NULL CHECK (state IN ('queued', 'merged', 'missed')),
    run   TEXT   NOT NULL,                  -- '': missed
    at    BIGINT NOT NULL,                  -- when it was settled
    PRIMARY KEY (flow, slot)
);

CREATE TABLE engine_runs (
    id         TEXT    NOT NULL PRIMARY KEY,
    flow       TEXT    NOT NULL,
    slot       BIGINT,                      -- NULL: not by schedule
    reason     TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'canceled', 'abandoned')),
    attempts   INTEGER NOT NULL,            -- starts that count
    node       TEXT    NOT NULL,            -- the process at work, '' unless running
    queued_at  BIGINT  NOT NULL,
    not_before BIGINT  NOT NULL,
    token_at   BIGINT  NOT NULL,            -- when a job was last inserted for it
    started_at BIGINT,
    ended_at   BIGINT,
    cancel_at  BIGINT                       -- when cancellation was asked for
);

-- One run per flow at a time.
CREATE UNIQUE INDEX engine_runs_running ON engine_runs (flow) WHERE state = 'running';
CREATE INDEX engine_runs_open ON engine_runs (flow, queued_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX engine_runs_ended ON engine_runs (ended_at);

-- The processes at work, by the database's clock. Unused on SQLite, where a lock file says
-- that there is one.
CREATE TABLE engine_nodes (
    id      TEXT   NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
