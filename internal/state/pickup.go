package state

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lucca-exchange/internal/pickup"
)

const (
	pickupColumns = `flow, remote, name, size, modified_at, run, step, sha256, place, at`
	pickupKey     = `flow = $1 AND remote = $2 AND name = $3 AND size = $4 AND modified_at = $5`
)

// Claim takes a file for its run, and reports whether it may: no when another run
// has claimed it, or has settled it and left it where it stands. A released file is taken
// over, and one that was settled and moved to a Place: then somebody put back what stands
// under its name; and one that was left where it stands, when p has the hash of other content. A claim that the run itself has made before stays as it is.
func (l Pickups) Claim(ctx context.Context, p pickup.Record) (ok bool, err error) {
	err = l.write(ctx, "claim pickup", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.fence(ctx, tx, p.Run); err != nil {
			return err
		}
		known, err := scanPickup(tx.QueryRowContext(ctx, `SELECT `+pickupColumns+` FROM pickups WHERE `+pickupKey,
			p.Flow, p.Remote, p.Name, p.Size, p.ModTime.UnixMicro()))
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && (free(known) || replaces(p, known)):
			ok = true
			p.SHA256 = ""
			return upsertPickup(ctx, tx, &p)
		case err != nil:
			return err
		}
		ok = known.Run == p.Run && known.Step != pickup.StepSettled
		return nil
	})
	return ok && err == nil, err
}

// free reports whether what stands under the name of a pickup may be taken.
func free(p pickup.Record) bool {
	return p.Step == pickup.StepReleased || p.Step == pickup.StepSettled && p.Place != ""
}

// replaces reports whether a file that looks as before is another: known was dealt with where it
// stands, and had other content.
func replaces(p, known pickup.Record) bool {
	return known.Step == pickup.StepSettled && p.SHA256 != "" && p.SHA256 != known.SHA256
}

// Save records a pickup's step, on disk before it returns, whatever becomes of ctx.
// It returns ErrLost when the run is no longer this process's.
func (l Pickups) Save(ctx context.Context, p pickup.Record) error {
	return saveOf(ctx, l.handle, p.Run, "save pickup", func(ctx context.Context, tx *sql.Tx) error {
		if err := upsertPickup(ctx, tx, &p); err != nil {
			return err
		}
		switch {
		case p.SHA256 == "" && (p.Step == pickup.StepReleased || p.Step == pickup.StepSettled):
			// It was given back, or is gone: its run has not dealt with what it held.
			_, err := tx.ExecContext(ctx, `UPDATE contents SET step = $3, at = $4 WHERE flow = $1 AND run = $2`,
				p.Flow, p.Run, pickup.StepReleased, p.At.UnixMicro())
			return err
		case p.SHA256 == "":
			return nil
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO contents (flow, sha256, run, step, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (flow, sha256, run) DO UPDATE SET step = excluded.step, at = excluded.at`,
			p.Flow, p.SHA256, p.Run, p.Step, p.At.UnixMicro())
		return err
	})
}

func upsertPickup(ctx context.Context, tx *sql.Tx, p *pickup.Record) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO pickups (`+pickupColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (flow, remote, name, size, modified_at) DO UPDATE SET
			run = excluded.run, step = excluded.step, sha256 = excluded.sha256, place = excluded.place, at = excluded.at`,
		p.Flow, p.Remote, p.Name, p.Size, p.ModTime.UnixMicro(), p.Run, p.Step, p.SHA256, p.Place, p.At.UnixMicro())
	return err
}

// Unfinished returns the pickups of a flow that are neither settled nor released,
// the oldest first.
func (l Pickups) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	if l.handle == nil {
		return nil, nil
	}
	return list(ctx, l.handle, "list unfinished pickups", scanPickup, `SELECT `+pickupColumns+` FROM pickups
		WHERE flow = $1 AND step NOT IN ('settled', 'released') ORDER BY at, name`, flow)
}

// Settled reports whether a run has dealt with this file and left it where it
// stands, and the hash of what it held, if that is known.
func (l Pickups) Settled(ctx context.Context, flow, remote, name string, size int64, modTime time.Time) (sha256 string, settled bool, err error) {
	return maybe(ctx, l.handle, "read pickup", value[string], `SELECT sha256 FROM pickups WHERE `+pickupKey+` AND step = 'settled' AND place = ''`,
		flow, remote, name, size, modTime.UnixMicro())
}

// Seen reports whether a run of the flow has dealt with this content under any
// name, so that it need not be planned again, and which run (the newest): one that ended
// as done, so that every row of it ended well, that forwarded what it did not reject, that
// waits for approval, or that failed or was
// interrupted when its plan was being applied (see Interrupted), as long as no run of the flow
// has applied anything since: after A and B, A says something new. A file may come again after
// a run with rejections, after one that failed before its plan was applied, that was rejected,
// canceled or expired, or that is itself at work; and one that ended as nothing had no say
// of its own. A settled pickup whose run was purged counts as dealt with, as long as there is
// no later one.
func (l Pickups) Seen(ctx context.Context, flow, sha256 string) (run string, ok bool, err error) {
	return maybe(ctx, l.handle, "look for content", value[string], `SELECT c.run FROM contents c LEFT JOIN runs r ON r.id = c.run LEFT JOIN plans p ON p.run = c.run
			WHERE c.flow = $1 AND c.sha256 = $2 AND c.step <> 'released' AND (
				r.outcome IN ('done', 'held')
				OR (r.outcome = 'rejections' AND EXISTS (SELECT 1 FROM deliveries d WHERE d.run = r.id AND d.step = 'delivered'))
				OR ((r.outcome = 'failed' OR r.outcome = 'canceled' AND NOT r.cancel_requested) AND p.state IN ('applying', 'applied'))
				OR (r.id IS NULL AND c.step = 'settled'))
			AND NOT EXISTS (SELECT 1 FROM runs n LEFT JOIN plans q ON q.run = n.id
				WHERE n.flow = $1 AND n.id <> c.run AND (n.outcome IN ('done', 'rejections') OR n.outcome IN ('failed', 'canceled') AND q.state IN ('applying', 'applied'))
				AND (n.sequence > r.sequence OR r.id IS NULL AND n.started_at >= c.at))
			ORDER BY c.at DESC, c.run DESC LIMIT 1`, flow, sha256)
}

// PickupOf returns the newest pickup of a run, or ErrNotFound.
func (l Pickups) PickupOf(ctx context.Context, run string) (pickup.Record, error) {
	return one(ctx, l.handle, "read pickup", named{"pickup of run", run}, scanPickup, `SELECT `+pickupColumns+` FROM pickups
		WHERE run = $1 ORDER BY at DESC, name LIMIT 1`, run)
}

// LastPickup returns the file of a flow that was settled last, or whose run waits for
// approval: when the flow last had one, of those that are no later than until. It returns
// ErrNotFound before the first.
func (l Pickups) LastPickup(ctx context.Context, flow string, until time.Time) (pickup.Record, error) {
	return one(ctx, l.handle, "read last pickup", named{"flow", flow}, scanPickup, `SELECT `+pickupColumns+` FROM pickups
		WHERE flow = $1 AND at <= $2 AND (step = 'settled' OR step <> 'released' AND run IN (SELECT id FROM runs WHERE outcome = 'held'))
		ORDER BY at DESC, name LIMIT 1`, flow, until.UnixMicro())
}

// LastApplied returns the run of an import or hires flow that last applied a file: the
// newest that is done, or done but for rejections, and knows its file, which is
// a whole one, and has rows. It comes without findings. ErrNotFound: this is the flow's first.
func (l Plans) LastApplied(ctx context.Context, flow string) (Record, error) {
	return get(ctx, l.handle, "read last applied run", func(ctx context.Context, tx *sql.Tx) (Record, error) {
		rows, err := tx.QueryContext(ctx, `SELECT `+runColumns+` FROM runs
			WHERE flow = $1 AND kind IN ('import', 'hires') AND state = 'ended' AND outcome IN ('done', 'rejections')
			ORDER BY sequence DESC`, flow)
		if err != nil {
			return Record{}, err
		}
		last, err := firstWithFile(rows)
		return last, orNotFound(err, "applied run of flow", flow)
	})
}

// firstWithFile reads a result of runs as far as it must, and closes it.
func firstWithFile(rows *sql.Rows) (_ Record, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		record, err := scanRun(rows)
		if err != nil || record.File != nil && !record.File.Partial && record.Rows != nil && record.Rows.Read > 0 {
			return record, err
		}
	}
	if err := rows.Err(); err != nil {
		return Record{}, err
	}
	return Record{}, sql.ErrNoRows
}

func scanPickup(row scanner) (p pickup.Record, err error) {
	var modified, at int64
	err = row.Scan(&p.Flow, &p.Remote, &p.Name, &p.Size, &modified, &p.Run, &p.Step, &p.SHA256, &p.Place, &at)
	p.ModTime, p.At = time.UnixMicro(modified).UTC(), time.UnixMicro(at).UTC()
	return p, err
}
