package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"lucca-exchange/internal/audit"
)

// Draft is what somebody has in the works: whichever process is asked has it, until it expires.
type Draft struct {
	ID, Kind, Owner, Flow string
	// Working says that a process is at it, which keeps it from expiring by Drafts.Keep.
	Working bool
	// Version counts its changes: see Drafts.Change.
	Version int64
	Expires time.Time
	// Data is what its kind makes of it.
	Data []byte
}

// Drafts keeps what people have in the works. They hold values of people, and so not for long.
type Drafts struct{ *handle }

// Drafts returns what people have in the works.
func (l *Store) Drafts() Drafts { return Drafts{shared(l)} }

const draftColumns = `id, kind, owner, flow, working, version, expires_at`

// Add keeps a new draft with its file, if it has one, and puts the act on record, unless admit refuses
// it for those of its kind that there are, which come without their data.
func (l Drafts) Add(ctx context.Context, d Draft, file []byte, at time.Time, act audit.Entry, admit func(others []Draft) error) error {
	data, packed, err := d.pack(file)
	if err != nil {
		return err
	}
	return l.write(ctx, "keep draft", func(ctx context.Context, tx *sql.Tx) error {
		if err := purgeDrafts(ctx, tx, at); err != nil {
			return err
		}
		others, err := selectAll(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM drafts WHERE kind = $1`, d.Kind)
		if err != nil {
			return err
		}
		if err := admit(others); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO drafts (`+draftColumns+`, data, file) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			d.ID, d.Kind, d.Owner, d.Flow, d.Working, d.Version, d.Expires.UnixMicro(), data, packed)
		if err != nil {
			return err
		}
		return record(ctx, tx, act)
	})
}

func (d Draft) pack(file []byte) (data, packed []byte, err error) {
	if data, err = pack(d.Data); err == nil && file != nil {
		packed, err = pack(file)
	}
	return data, packed, err
}

// Get returns a draft of a kind that has not expired, or ErrNotFound.
func (l Drafts) Get(ctx context.Context, kind, id string, at time.Time) (d Draft, err error) {
	err = l.read(ctx, "read draft", func(ctx context.Context, tx *sql.Tx) error {
		var packed []byte
		err := tx.QueryRowContext(ctx, `SELECT `+draftColumns+`, data FROM drafts WHERE id = $1 AND kind = $2 AND expires_at > $3`, id, kind, at.UnixMicro()).
			Scan(d.into(&packed)...)
		if err := orNotFound(err, "draft", id); err != nil {
			return err
		}
		d.Data, err = unpack(packed, "draft", id)
		return err
	})
	return d, err
}

// into is where its columns go, and what comes after them.
func (d *Draft) into(more ...any) []any {
	return append([]any{&d.ID, &d.Kind, &d.Owner, &d.Flow, &d.Working, &d.Version, (*instantOf)(&d.Expires)}, more...)
}

func scanDraft(row scanner) (d Draft, err error) {
	err = row.Scan(d.into()...)
	return d, err
}

// instantOf scans an instant that is always there.
type instantOf time.Time

// Scan implements sql.Scanner.
func (i *instantOf) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%T: %w", value, ErrDamaged)
	}
	*i = instantOf(time.UnixMicro(micros).UTC())
	return nil
}

// Of returns the ids of those of a kind that an account has.
func (l Drafts) Of(ctx context.Context, kind, owner string, at time.Time) ([]string, error) {
	return list(ctx, l.handle, "list drafts", value[string], `SELECT id FROM drafts WHERE kind = $1 AND owner = $2 AND expires_at > $3 ORDER BY id`, kind, owner, at.UnixMicro())
}

// File returns the file of a draft, or ErrNotFound where it has changed since.
func (l Drafts) File(ctx context.Context, d Draft) (file []byte, err error) {
	packed, err := one(ctx, l.handle, "read draft", named{"draft", d.ID}, value[[]byte], `SELECT file FROM drafts WHERE id = $1 AND version = $2`, d.ID, d.Version)
	if err != nil {
		return nil, err
	}
	return unpack(packed, "draft", d.ID)
}

// Change keeps what has become of a draft, with another file unless that is nil, and puts the acts on
// record. It returns ErrBusy, and does nothing, where the draft is no longer of this version, and
// otherwise its next one.
func (l Drafts) Change(ctx context.Context, d Draft, file []byte, acts ...audit.Entry) (Draft, error) {
	data, packed, err := d.pack(file)
	if err != nil {
		return d, err
	}
	err = l.write(ctx, "change draft", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `UPDATE drafts SET working = $3, version = version + 1, expires_at = $4, data = $5, file = COALESCE($6, file)
			WHERE id = $1 AND version = $2`, d.ID, d.Version, d.Working, d.Expires.UnixMicro(), data, packed))
		if err := oneOrBusy(n, err, d.ID); err != nil {
			return err
		}
		return recordAll(ctx, tx, acts)
	})
	d.Version++
	return d, err
}

func oneOrBusy(n int64, err error, id string) error {
	if err == nil && n == 0 {
		err = fmt.Errorf("draft %q: %w", id, ErrBusy)
	}
	return err
}

// Keep moves the instant at which a draft of this version expires. It does not matter if that is gone.
func (l Drafts) Keep(ctx context.Context, d Draft, until time.Time) error {
	return exec(ctx, l.handle, "keep draft", `UPDATE drafts SET expires_at = $3 WHERE id = $1 AND version = $2`, d.ID, d.Version, until.UnixMicro())
}

// Remove forgets a draft. It returns ErrBusy where that is no longer of this version.
func (l Drafts) Remove(ctx context.Context, d Draft) error {
	return l.write(ctx, "remove draft", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `DELETE FROM drafts WHERE id = $1 AND version = $2`, d.ID, d.Version))
		return oneOrBusy(n, err, d.ID)
	})
}

// purgeDrafts forgets those that have expired.
func purgeDrafts(ctx context.Context, tx *sql.Tx, at time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM drafts WHERE expires_at <= $1`, at.UnixMicro())
	return err
}
