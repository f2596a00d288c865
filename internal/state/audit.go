package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"lucca-exchange/internal/audit"
)

// Audit is the record of acts. What is written with an act of the store's is written in the
// same transaction: there is no act without its line, and no line without its act.
type Audit struct{ store *Store }

// Audit returns the record of acts.
func (l *Store) Audit() Audit { return Audit{l} }

// Append records an act that changes nothing in the store.
func (a Audit) Append(ctx context.Context, e audit.Entry) error {
	return a.store.write(ctx, "record act", func(ctx context.Context, tx *sql.Tx) error { return record(ctx, tx, e) })
}

const auditColumns = `sequence, at, who, role, origin, act, flow, run, hash, person, note, previous, sum`

// record puts an entry after the last line. The store has one writer at a time, so that
// nobody comes between.
func record(ctx context.Context, tx *sql.Tx, e audit.Entry) error {
	last, err := scanLine(tx.QueryRowContext(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY sequence DESC LIMIT 1`))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, text := range []*string{&e.Who, &e.Role, &e.From, &e.Flow, &e.Run, &e.Hash, &e.Person, &e.Note} {
		*text = plain(*text)
	}
	line := audit.Next(last, e)
	_, err = tx.ExecContext(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		line.Sequence, line.At.UnixMicro(), line.Who, line.Role, line.From, line.Act, line.Flow, line.Run, line.Hash, line.Person, line.Note, line.Previous, line.Sum)
	return err
}

func recordAll(ctx context.Context, tx *sql.Tx, acts []audit.Entry) error {
	for _, e := range acts {
		if err := record(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func scanLine(row scanner) (line audit.Line, err error) {
	var at int64
	err = row.Scan(&line.Sequence, &at, &line.Who, &line.Role, &line.From, &line.Act, &line.Flow, &line.Run, &line.Hash, &line.Person, &line.Note, &line.Previous, &line.Sum)
	line.At = time.UnixMicro(at).UTC()
	return line, err
}

// auditPage is how many lines are read at once.
const auditPage = 1000

// Lines are all from a sequence on, in their order. They are read in pages, so that nobody
// who writes waits for whoever reads.
func (a Audit) Lines(ctx context.Context, from int64) iter.Seq2[audit.Line, error] {
	return func(yield func(audit.Line, error) bool) {
		for {
			page, err := a.query(ctx, `SELECT `+auditColumns+` FROM audit WHERE sequence >= $1 ORDER BY sequence LIMIT $2`, from, auditPage)
			if err != nil {
				yield(audit.Line{}, err)
				return
			}
			for _, line := range page {
				if !yield(line, nil) {
					return
				}
				from = line.Sequence + 1
			}
			if len(page) < auditPage {
				return
			}
		}
	}
}

// Of returns the lines about a run, in their order.
func (a Audit) Of(ctx context.Context, run string) ([]audit.Line, error) {
	return a.query(ctx, `SELECT `+auditColumns+` FROM audit WHERE run = $1 ORDER BY sequence`, run)
}

// Latest returns the last n lines, the newest first.
func (a Audit) Latest(ctx context.Context, n int) ([]audit.Line, error) {
	return a.query(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY sequence DESC LIMIT $1`, n)
}

func (a Audit) query(ctx context.Context, query string, args ...any) ([]audit.Line, error) {
	return list(ctx, a.store.handle, "read audit", scanLine, query, args...)
}

// Verify goes through the whole record: see audit.Verify.
func (a Audit) Verify(ctx context.Context, kept ...audit.Anchor) (audit.Anchor, error) {
	return audit.Verify(a.Lines(ctx, 0), kept...)
}

// purgeAudit removes the lines from before an instant, but the last of all, and says so in
// one more: see audit.Verify.
func purgeAudit(ctx context.Context, tx *sql.Tx, before, now time.Time) error {
	last, err := scanLine(tx.QueryRowContext(ctx, `SELECT `+auditColumns+` FROM audit
		WHERE at < $1 AND sequence < (SELECT MAX(sequence) FROM audit) ORDER BY sequence DESC LIMIT 1`, before.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, `DELETE FROM audit WHERE sequence <= $1`, last.Sequence))
	if err != nil {
		return err
	}
	return record(ctx, tx, audit.Entry{At: now, Who: "retention", From: "daemon", Act: audit.Purge, Hash: last.Sum, Note: fmt.Sprintf("%d lines of the audit", n)})
}
