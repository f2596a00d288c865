-- +goose Up

ALTER TABLE runs ADD COLUMN due_at BIGINT;                              -- the instant of the slot, of a run that the schedule began
ALTER TABLE runs ADD COLUMN resumable BOOLEAN NOT NULL DEFAULT FALSE; -- a job of the queue: continued after the death of its process
ALTER TABLE runs ADD COLUMN attempt BIGINT NOT NULL DEFAULT 1; -- how often a process has taken the run
ALTER TABLE runs ADD COLUMN cancel_requested BOOLEAN NOT NULL DEFAULT FALSE;

-- One run per slot: the schedule sees to it, this is the net.
CREATE UNIQUE INDEX runs_due ON runs (flow, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE plans (
    run        TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    flow       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL, -- '' until it is applied
    expires_at BIGINT,
    data       BYTEA NOT NULL                   -- gzip
);

CREATE INDEX plans_state ON plans (flow, state);

CREATE TABLE row_outcomes (
    run         TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    item        BIGINT NOT NULL, -- position in the plan
    row_number  BIGINT NOT NULL,
    employee_id BIGINT NOT NULL, -- 0: none yet
    action      TEXT COLLATE "C" NOT NULL,
    step        TEXT COLLATE "C" NOT NULL,
    code        TEXT COLLATE "C" NOT NULL,
    message     TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (run, item)
);

-- They outlive their runs: what was taken once must not be taken for new.
CREATE TABLE pickups (
    flow        TEXT COLLATE "C" NOT NULL,
    remote      TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    run         TEXT COLLATE "C" NOT NULL,
    step        TEXT COLLATE "C" NOT NULL, -- settled and released are ends
    sha256      TEXT COLLATE "C" NOT NULL, -- '' until it is fetched
    place       TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL, -- when the step was reached
    PRIMARY KEY (flow, remote, name, size, modified_at)
);

CREATE INDEX pickups_run ON pickups (run);
CREATE INDEX pickups_newest ON pickups (flow, at);

-- What the pickups held. The same file may come again, and takes its record over.
CREATE TABLE contents (
    flow   TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    run    TEXT COLLATE "C" NOT NULL,
    step   TEXT COLLATE "C" NOT NULL, -- of the pickup
    at     BIGINT NOT NULL,
    PRIMARY KEY (flow, sha256, run)
);

CREATE TABLE hires (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    flow        TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    event_id    TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    run         TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    employee_id BIGINT NOT NULL, -- 0: none yet
    data        BYTEA, -- gzip; NULL once retention took it
    UNIQUE (flow, event_id)
);

CREATE INDEX hires_state ON hires (flow, state, received_at);
