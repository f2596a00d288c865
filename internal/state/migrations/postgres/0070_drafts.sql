-- +goose Up

-- What somebody has in the works in a browser, or a program: a file that was brought, a dry run. It
-- is gone an hour after somebody last looked at it, or soon after the process ended that was at it.
CREATE TABLE drafts (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    flow       TEXT NOT NULL,
    working    BOOLEAN NOT NULL, -- a process is at it
    version    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    data       BYTEA NOT NULL,   -- gzip
    file       BYTEA             -- gzip
);
