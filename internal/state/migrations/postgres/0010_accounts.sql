-- +goose Up

-- Who did what, each line chained to the one before: see package audit.
CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    who      TEXT COLLATE "C" NOT NULL,
    role     TEXT COLLATE "C" NOT NULL,
    origin   TEXT COLLATE "C" NOT NULL,
    act      TEXT COLLATE "C" NOT NULL,
    flow     TEXT COLLATE "C" NOT NULL,
    run      TEXT COLLATE "C" NOT NULL,
    hash     TEXT COLLATE "C" NOT NULL,
    person   TEXT COLLATE "C" NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C" NOT NULL,
    sum      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_run ON audit (run, sequence);

-- Who is signed in to the console: see package web/auth.
CREATE TABLE sessions (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- hash of the cookie
    name       TEXT COLLATE "C" NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    grants     TEXT COLLATE "C" NOT NULL,             -- JSON
    basis      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX sessions_name ON sessions (via, name);

CREATE TABLE tokens (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,      -- hash of the token
    scope      TEXT COLLATE "C" NOT NULL,             -- JSON
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
