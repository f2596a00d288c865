-- +goose Up

-- Which run knows which people, so that a time line reads no whole file or plan: a run that has no
-- row here was before, and is put in by and by.
CREATE TABLE person_indexes (
    run      TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    flow     TEXT NOT NULL,
    sequence INTEGER NOT NULL                       -- of the run
) STRICT, WITHOUT ROWID;

CREATE INDEX person_indexes_flow ON person_indexes (flow, sequence);

-- What a run has to say of each person, those of a bucket together; those of one bucket lie side
-- by side, as a time line reads them.
CREATE TABLE person_entries (
    bucket INTEGER NOT NULL,
    run    TEXT NOT NULL REFERENCES person_indexes (run) ON DELETE CASCADE,
    data   BLOB NOT NULL,                        -- gzip
    PRIMARY KEY (bucket, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX person_entries_run ON person_entries (run);

-- What people are called, with one row for each way.
CREATE TABLE people (
    flow   TEXT NOT NULL,
    person INTEGER NOT NULL,                        -- Lucca id; below 0: none yet
    who    TEXT NOT NULL,                        -- as they are shown
    keys   TEXT NOT NULL,                        -- as they are looked for, a line each
    seen   INTEGER NOT NULL,                        -- sequence of the newest run that called them so
    PRIMARY KEY (flow, person, who)
) STRICT, WITHOUT ROWID;

CREATE INDEX people_person ON people (person);

-- What was found about one row.
CREATE INDEX findings_row ON findings (run, row_number);
