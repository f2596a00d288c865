-- +goose Up

-- Who did what, each line chained to the one before: see package audit.
CREATE TABLE audit (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    role     TEXT NOT NULL,
    origin   TEXT NOT NULL,
    act      TEXT NOT NULL,
    flow     TEXT NOT NULL,
    run      TEXT NOT NULL,
    hash     TEXT NOT NULL,
    person   TEXT NOT NULL,
    note     TEXT NOT NULL,
    previous TEXT NOT NULL,
    sum      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_run ON audit (run, sequence);

-- Who is signed in to the console: see package web/auth.
CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY, -- hash of the cookie
    name       TEXT NOT NULL,
    via        TEXT NOT NULL,
    grants     TEXT NOT NULL,             -- JSON
    basis      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_name ON sessions (via, name);

CREATE TABLE tokens (
    name       TEXT NOT NULL PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,      -- hash of the token
    scope      TEXT NOT NULL,             -- JSON
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
