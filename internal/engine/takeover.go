package engine

import (
	"context"
	"fmt"
	"time"
)

// lostRuns is the condition of runs whose process is not alive. Of this process's own, the
// present one is no node on SQLite, where there is only one.
const lostRuns = `state = 'running' AND node <> $1 AND node NOT IN (SELECT id FROM engine_nodes)`

// takeOver returns the runs of dead processes to the queue, and gives a token to those
// that seem to have lost theirs.
func (e *Engine) takeOver(ctx context.Context) error {
	now, err := e.db.now(ctx)
	if err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	tokens, err := collect(ctx, e.db, one[int64], `SELECT id FROM river_job WHERE `+e.lostTokens(), e.node)
	if err != nil {
		return fmt.Errorf("look for lost jobs: %w", err)
	}
	lost, err := collect(ctx, e.db, one[string], `SELECT id FROM engine_runs WHERE `+lostRuns+`
		UNION ALL SELECT id FROM engine_runs o WHERE state = 'queued' AND not_before < $2 AND token_at < $2
			AND NOT EXISTS (SELECT 1 FROM engine_runs r WHERE r.flow = o.flow AND r.state = 'running')`,
		e.node, micros(now.Add(-tokenLost)))
	if err != nil {
		return fmt.Errorf("look for lost runs: %w", err)
	}
	if len(tokens)+len(lost) == 0 {
		return nil
	}
	err = e.db.write(ctx, func(tx tx) error {
		if _, err := tx.exec(ctx, `UPDATE river_job SET state = 'available' WHERE `+e.lostTokens(), e.node); err != nil {
			return err
		}
		return e.requeue(ctx, tx, lost, now)
	})
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	return nil
}

// lostTokens is the condition of tokens that dead processes had in hand.
func (e *Engine) lostTokens() string {
	return `state = 'running' AND kind = '` + tokenKind + `' AND ` + e.db.lostToken()
}

// requeue looks again at each run before it changes it: another process may do the same.
func (e *Engine) requeue(ctx context.Context, tx tx, lost []string, now time.Time) error {
	for _, id := range lost {
		taken, err := tx.exec(ctx, `UPDATE engine_runs SET state = 'queued', node = '', not_before = $2, token_at = $2
			WHERE id = $3 AND `+lostRuns, e.node, micros(now), id)
		if err != nil {
			return err
		}
		late := int64(0)
		if taken > 0 {
			e.log.WarnContext(ctx, "run.taken-over", "run", id)
		} else if late, err = tx.exec(ctx, `UPDATE engine_runs SET token_at = $1 WHERE id = $2 AND state = 'queued' AND token_at < $3`,
			micros(now), id, micros(now.Add(-tokenLost))); err != nil {
			return err
		}
		if taken+late == 0 {
			continue
		}
		if err := tx.insert(ctx, id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
