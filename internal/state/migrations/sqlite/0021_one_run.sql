-- +goose Up

-- The queue was apart, with a table of its own for the runs in it. Now a run has one row and
-- one state: queued, running, held or ended. River has the jobs: see 0020.

-- Where no daemon has ever run there is no queue yet.
CREATE TABLE IF NOT EXISTS engine_flows (
    flow TEXT NOT NULL PRIMARY KEY, line TEXT NOT NULL, zone TEXT NOT NULL, since BIGINT NOT NULL, horizon BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS engine_slots (
    flow TEXT NOT NULL, slot BIGINT NOT NULL, state TEXT NOT NULL CHECK (state IN ('queued', 'merged', 'missed')),
    run TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (flow, slot)
);
CREATE TABLE IF NOT EXISTS engine_runs (
    id TEXT NOT NULL PRIMARY KEY, flow TEXT NOT NULL, slot BIGINT, reason TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, node TEXT NOT NULL, queued_at BIGINT NOT NULL, not_before BIGINT NOT NULL,
    token_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, cancel_at BIGINT
);

-- A column with a check cannot be given another one: it is made anew.
DROP INDEX runs_active;
ALTER TABLE runs RENAME COLUMN state TO former;
ALTER TABLE runs ADD COLUMN state TEXT NOT NULL DEFAULT 'ended' CHECK (state IN ('queued', 'running', 'held', 'ended'));
ALTER TABLE runs ADD COLUMN queued_at INTEGER; -- NULL: no queue has had it
ALTER TABLE runs ADD COLUMN job INTEGER;       -- the id of its job in river_job; of any other job nothing comes
UPDATE runs SET state = CASE
    WHEN former IN ('running', 'approving') THEN 'running'
    WHEN outcome = 'held' THEN 'held'
    ELSE 'ended' END;
ALTER TABLE runs DROP COLUMN former;

-- What a daemon had begun is continued when its job comes round, of which there is a new one.
UPDATE runs SET queued_at = (SELECT q.queued_at FROM engine_runs q WHERE q.id = runs.id);
UPDATE runs SET state = 'queued' WHERE state = 'running' AND outcome = '' AND resumable
    AND id IN (SELECT id FROM engine_runs WHERE state = 'queued');
UPDATE runs SET cancel_requested = 1 WHERE state IN ('queued', 'running')
    AND id IN (SELECT id FROM engine_runs WHERE state IN ('queued', 'running') AND cancel_at IS NOT NULL);

-- Those in the queue that were never begun, and those that never will be. The kind is the
-- daemon's to set, when it begins one. Their place is after all that were begun.
INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, finished_at, active_since, pid, host, facts,
        due_at, resumable, attempt, cancel_requested, queued_at, sequence)
    SELECT q.id, q.flow, coalesce((SELECT max(r.kind) FROM runs r WHERE r.flow = q.flow), ''), '',
        CASE WHEN q.state IN ('queued', 'running') THEN 'queued' ELSE 'ended' END,
        CASE q.state WHEN 'canceled' THEN 'canceled' WHEN 'abandoned' THEN 'failed' ELSE '' END,
        CASE q.state WHEN 'canceled' THEN 'canceled on request' WHEN 'abandoned' THEN 'given up' ELSE '' END,
        q.queued_at, q.ended_at, q.queued_at, 0, '', '{}',
        CASE WHEN EXISTS (SELECT 1 FROM runs r WHERE r.flow = q.flow AND r.due_at = q.slot) THEN NULL ELSE q.slot END,
        1, 0, 0, q.queued_at,
        (SELECT value FROM marks WHERE name = 'sequence')
            + (SELECT count(*) FROM engine_runs o WHERE (o.queued_at, o.id) <= (q.queued_at, q.id))
    FROM engine_runs q
    WHERE q.state IN ('queued', 'running', 'canceled', 'abandoned') AND q.id NOT IN (SELECT id FROM runs);
UPDATE marks SET value = value + (SELECT count(*) FROM engine_runs) WHERE name = 'sequence';

-- One run per flow at a time: the flow's lock sees to it, this is the net.
CREATE UNIQUE INDEX runs_active ON runs (flow) WHERE state = 'running';
CREATE INDEX runs_queued ON runs (flow, queued_at, id) WHERE state = 'queued';

DROP TABLE engine_runs;
DROP TABLE IF EXISTS engine_nodes;
DROP TABLE IF EXISTS engine_versions;

ALTER TABLE engine_flows RENAME TO schedules; -- line is what horizon is about, up to which slots are settled; '': none
ALTER TABLE engine_slots RENAME TO slots;     -- run is '' when it was missed
