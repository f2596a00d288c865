-- +goose Up

-- Which run knows which people, so that a time line reads no whole file or plan: a run that has no
-- row here was before, and is put in by and by.
CREATE TABLE person_indexes (
    run      TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    flow     TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL                       -- of the run
);

CREATE INDEX person_indexes_flow ON person_indexes (flow, sequence);

-- What a run has to say of each person, those of a bucket together; those of one bucket lie side
-- by side, as a time line reads them.
CREATE TABLE person_entries (
    bucket INTEGER NOT NULL,
    run    TEXT COLLATE "C" NOT NULL REFERENCES person_indexes (run) ON DELETE CASCADE,
    data   BYTEA NOT NULL,                        -- gzip
    PRIMARY KEY (bucket, run)
);

CREATE INDEX person_entries_run ON person_entries (run);

-- What people are called, with one row for each way.
CREATE TABLE people (
    flow   TEXT COLLATE "C" NOT NULL,
    person BIGINT NOT NULL,                        -- Lucca id; below 0: none yet
    who    TEXT COLLATE "C" NOT NULL,                        -- as they are shown
    keys   TEXT COLLATE "C" NOT NULL,                        -- as they are looked for, a line each
    seen   BIGINT NOT NULL,                        -- sequence of the newest run that called them so
    PRIMARY KEY (flow, person, who)
);

CREATE INDEX people_person ON people (person);

-- What was found about one row.
CREATE INDEX findings_row ON findings (run, row_number);
