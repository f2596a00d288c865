package state

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// PurgeOptions says how far back to remember, by the end of a run. A zero instant keeps
// everything.
type PurgeOptions struct {
	// RunsBefore: runs that ended before are forgotten with all that belongs to them,
	// and hires that came to an end before. Pickups stay: a file that was taken must not
	// be taken for new.
	RunsBefore time.Time
	// FilesBefore: of runs that ended before, the snapshots, the plans, the messages about
	// rows and the spooled files go; of hires, the event and the reason.
	FilesBefore time.Time
}

// purges takes the data about people; $1 is an instant.
func purges() []string {
	return []string{
		`DELETE FROM snapshots WHERE run IN (SELECT id FROM runs WHERE ` + oldRuns + `)`,
		`DELETE FROM cells WHERE run IN (SELECT id FROM runs WHERE ` + oldRuns + `)`,
		`DELETE FROM plans WHERE run IN (SELECT id FROM runs WHERE ` + oldRuns + `)`,
		`UPDATE row_outcomes SET message = '' WHERE message <> '' AND run IN (SELECT id FROM runs WHERE ` + oldRuns + `)`,
		`UPDATE hires SET data = NULL, reason = '' WHERE ` + oldHires,
	}
}

// oldHires leaves alone what waits for a run or a person.
const oldHires = `updated_at < $1 AND state NOT IN ('received', 'held')`

// oldContents lets go of what runs held that did not deal with it, by Seen: once such a run is
// forgotten nothing tells it from one that was done, and the same content could never come again.
const oldContents = `DELETE FROM contents WHERE run IN (SELECT id FROM runs WHERE ` + oldRuns + ` AND outcome <> 'done'
	AND NOT (outcome = 'rejections' AND EXISTS (SELECT 1 FROM deliveries d WHERE d.run = runs.id AND d.step = 'delivered')))`

// keptRuns selects the runs that no retention touches: at work, held, with a delivery
// whose end is not known, and the last one delivered of each flow, which the next export is
// compared with.
const keptRuns = `
	SELECT id FROM runs WHERE state <> 'ended'
	UNION SELECT run FROM deliveries WHERE step NOT IN ('delivered', 'failed')
	UNION SELECT d.run FROM deliveries d WHERE d.step = 'delivered' AND NOT EXISTS (
		SELECT 1 FROM deliveries n WHERE n.flow = d.flow AND n.step = 'delivered'
			AND n.sequence > d.sequence)`

const oldRuns = `finished_at < $1 AND id NOT IN (` + keptRuns + `)`

// spareRuns selects the runs whose files nobody needs any more: those that no retention touches
// are needed, and so is a file that was not put away yet or whose rows are half applied.
const spareRuns = `state = 'ended' AND id NOT IN (` + keptRuns + `
	UNION SELECT run FROM pickups WHERE step NOT IN ('settled', 'released')
	UNION SELECT run FROM plans WHERE state = 'applying')`

// SpareSpools returns the ids of the runs whose spooled files can go where there is no room for
// others, those that ended first at the beginning.
func (l Upkeep) SpareSpools(ctx context.Context) ([]string, error) {
	return list(ctx, l.handle, "list spare files", value[string], `SELECT id FROM runs WHERE `+spareRuns+` ORDER BY finished_at, sequence`)
}

// Purge forgets what is older than the options allow, and returns the ids of the runs
// whose spooled files can go, oldest first. A run is among them at every purge until it
// is forgotten itself, so that a crash before the files are removed leaves none behind.
func (l Upkeep) Purge(ctx context.Context, opts PurgeOptions) (spools []string, err error) {
	files := opts.FilesBefore
	if opts.RunsBefore.After(files) {
		files = opts.RunsBefore
	}
	err = l.write(ctx, "purge", func(ctx context.Context, tx *sql.Tx) error {
		spools, err = selectAll(ctx, tx, value[string], `SELECT id FROM runs WHERE `+oldRuns, micros(files))
		if err != nil {
			return err
		}
		for _, purge := range purges() {
			if _, err := tx.ExecContext(ctx, purge, micros(files)); err != nil {
				return err
			}
		}
		if err := purgePeople(ctx, tx); err != nil {
			return err
		}
		for _, purge := range []string{`DELETE FROM hires WHERE ` + oldHires, oldContents, `DELETE FROM runs WHERE ` + oldRuns} {
			if _, err := tx.ExecContext(ctx, purge, micros(opts.RunsBefore)); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM slots WHERE slot < $1`, micros(opts.RunsBefore)); err != nil {
			return err
		}
		if err := purgeDrafts(ctx, tx, time.Now()); err != nil {
			return err
		}
		return purgeAudit(ctx, tx, opts.RunsBefore, time.Now())
	})
	slices.Sort(spools)
	return spools, err
}
