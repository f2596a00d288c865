-- +goose Up

-- What the files that were sent, or wait for a person, have in their cells, as keyed hashes.
CREATE TABLE cells (
    run  TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    data BLOB NOT NULL
) STRICT;
