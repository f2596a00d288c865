-- +goose Up

ALTER TABLE runs ADD COLUMN due_at INTEGER;                              -- the instant of the slot, of a run that the schedule began
ALTER TABLE runs ADD COLUMN resumable INTEGER NOT NULL DEFAULT 0;        -- a job of the queue: continued after the death of its process
ALTER TABLE runs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;          -- how often a process has taken the run
ALTER TABLE runs ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0;

-- One run per slot: the schedule sees to it, this is the net.
CREATE UNIQUE INDEX runs_due ON runs (flow, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE plans (
    run        TEXT    NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    flow       TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    state      TEXT    NOT NULL,                  -- '' until it is applied
    expires_at INTEGER,
    data       BLOB    NOT NULL                   -- gzip
) STRICT;

CREATE INDEX plans_state ON plans (flow, state);

CREATE TABLE row_outcomes (
    run         TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    item        INTEGER NOT NULL,                 -- position in the plan
    row_number  INTEGER NOT NULL,
    employee_id INTEGER NOT NULL,                 -- 0: none yet
    action      TEXT    NOT NULL,
    step        TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (run, item)
) STRICT;

-- They outlive their runs: what was taken once must not be taken for new.
CREATE TABLE pickups (
    flow        TEXT    NOT NULL,
    remote      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    size        INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    run         TEXT    NOT NULL,
    step        TEXT    NOT NULL,                 -- settled and released are ends
    sha256      TEXT    NOT NULL,                 -- '' until it is fetched
    place       TEXT    NOT NULL,
    at          INTEGER NOT NULL,                 -- when the step was reached
    PRIMARY KEY (flow, remote, name, size, modified_at)
) STRICT;

CREATE INDEX pickups_run ON pickups (run);
CREATE INDEX pickups_newest ON pickups (flow, at);

-- What the pickups held. The same file may come again, and takes its record over.
CREATE TABLE contents (
    flow   TEXT    NOT NULL,
    sha256 TEXT    NOT NULL,
    run    TEXT    NOT NULL,
    step   TEXT    NOT NULL,                      -- of the pickup
    at     INTEGER NOT NULL,
    PRIMARY KEY (flow, sha256, run)
) STRICT;

CREATE TABLE hires (
    id          TEXT    NOT NULL PRIMARY KEY,
    flow        TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    run         TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    employee_id INTEGER NOT NULL,                 -- 0: none yet
    data        BLOB,                             -- gzip; NULL once retention took it
    UNIQUE (flow, event_id)
) STRICT;

CREATE INDEX hires_state ON hires (flow, state, received_at);
