-- +goose Up

-- A plan as it is looked at, so that a page of it does not read the whole: what is looked for in its
-- items, a line each, and the items, some together. Plans of before have none.
CREATE TABLE plan_searches (
    run  TEXT NOT NULL PRIMARY KEY REFERENCES plans (run) ON DELETE CASCADE,
    data BLOB NOT NULL                           -- gzip
) STRICT;

CREATE TABLE plan_parts (
    run  TEXT NOT NULL REFERENCES plans (run) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    data BLOB NOT NULL,                          -- gzip
    PRIMARY KEY (run, part)
) STRICT;
