-- +goose Up

-- Flows of which nothing runs by itself for a while.
CREATE TABLE pauses (
    flow   TEXT NOT NULL PRIMARY KEY,
    since  BIGINT NOT NULL,
    ends   BIGINT,          -- NULL: until somebody resumes it
    who    TEXT   NOT NULL, -- an account
    reason TEXT   NOT NULL
);
