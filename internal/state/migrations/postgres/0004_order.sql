-- +goose Up

-- What came after what, whatever the clocks said.
ALTER TABLE runs ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;       -- in which the runs began
ALTER TABLE deliveries ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0; -- in which files arrived; 0: not yet

UPDATE runs SET sequence = n.place FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY started_at, id) AS place FROM runs) AS n WHERE n.id = runs.id;
UPDATE deliveries SET sequence = n.place FROM (
    SELECT run, remote, name, ROW_NUMBER() OVER (ORDER BY at, run) AS place FROM deliveries WHERE step = 'delivered'
) AS n WHERE n.run = deliveries.run AND n.remote = deliveries.remote AND n.name = deliveries.name;

DROP INDEX runs_newest;
DROP INDEX runs_flow_newest;
DROP INDEX deliveries_newest;
CREATE UNIQUE INDEX runs_newest ON runs (sequence);
CREATE INDEX runs_flow_newest ON runs (flow, sequence);
CREATE INDEX deliveries_newest ON deliveries (flow, step, sequence);

-- Single numbers: the sequence last given, what the clock showed, and others of marks.go.
CREATE TABLE marks (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO marks (name, value) SELECT 'sequence', (SELECT COUNT(*) FROM runs) + (SELECT COUNT(*) FROM deliveries);
INSERT INTO marks (name, value) SELECT 'clock', MAX(started_at) FROM runs HAVING COUNT(*) > 0;
