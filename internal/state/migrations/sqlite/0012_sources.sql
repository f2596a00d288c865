-- +goose Up

-- Whom the files of a source have ever brought: only they can be absent from its full files.
CREATE TABLE brought (
    source      TEXT    NOT NULL, -- with the tenant before it, where there are several
    employee_id INTEGER NOT NULL,
    PRIMARY KEY (source, employee_id)
) STRICT, WITHOUT ROWID;
