-- +goose Up

-- A plan as it is looked at, so that a page of it does not read the whole: what is looked for in its
-- items, a line each, and the items, some together. Plans of before have none.
CREATE TABLE plan_searches (
    run  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES plans (run) ON DELETE CASCADE,
    data BYTEA NOT NULL                           -- gzip
);

CREATE TABLE plan_parts (
    run  TEXT COLLATE "C" NOT NULL REFERENCES plans (run) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    data BYTEA NOT NULL,                          -- gzip
    PRIMARY KEY (run, part)
);
