-- +goose Up

-- What somebody has in the works in a browser, or a program: a file that was brought, a dry run. It
-- is gone an hour after somebody last looked at it, or soon after the process ended that was at it.
CREATE TABLE drafts (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    flow       TEXT NOT NULL,
    working    INTEGER NOT NULL, -- 1: a process is at it
    version    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    data       BLOB NOT NULL,    -- gzip
    file       BLOB              -- gzip
) STRICT;
