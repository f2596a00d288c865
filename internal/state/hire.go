package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// The states of a hire. Received waits for the next run of its flow, Held for a person,
// Refused for a retry; the others are final.
const (
	HireReceived = "received"
	HireHeld     = "held"
	HireApplied  = "applied"
	HireLinked   = "linked"
	HireRefused  = "refused"
	HireDropped  = "dropped"
)

// Hire is one event of an ATS: a candidate was recruited. Flow and EventID identify it.
type Hire struct {
	// ID is our own, short enough to type; AddHires gives one to a hire that has none.
	ID     string
	Flow   string
	Source string
	// EventID is the ATS's own id of the hiring.
	EventID string
	State   string
	Reason  string
	// Run is the run that last dealt with it, if any.
	Run      string
	Received time.Time
	Updated  time.Time
	// Data is the event in whatever form the caller chose; it is compressed here, and nil
	// once retention took it.
	Data []byte
	// EmployeeID is Lucca's, 0 while there is none.
	EmployeeID int
}

// HireFilter chooses hires; its zero value chooses all.
type HireFilter struct {
	Flow  string
	State string
	// After is the id of a hire: only those that come after it, in the order of Hires.
	After string
	// Limit is the largest number of answers; 0 for no limit.
	Limit int
}

const hireColumns = `id, flow, source, event_id, state, reason, run, received_at, updated_at, employee_id, data`

// StoredHire is a hire as it is stored.
type StoredHire struct {
	Hire
	// Added says that the flow did not know the event before.
	Added bool
}

// AddHires records events unless their flows know them already, all or none of them, on disk
// before it returns: in one transaction, whose cost is about that of one hire. It returns the
// hires as they are stored now, in the same order.
func (l HireBook) AddHires(ctx context.Context, hires []Hire) (stored []StoredHire, err error) {
	packed, packer := make([][]byte, len(hires)), newPacker()
	for i, h := range hires {
		if packed[i], err = packer.pack(h.Data); err != nil {
			return nil, err
		}
	}
	err = l.write(ctx, "add hires", func(ctx context.Context, tx *sql.Tx) (err error) {
		// Without a target, so that an id of ours that is taken is one more reason.
		insert, err := tx.PrepareContext(ctx, `INSERT INTO hires (`+hireColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		stored = make([]StoredHire, len(hires))
		for i, h := range hires {
			if stored[i], err = addHire(ctx, tx, insert, h, packed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// addHire gives a hire without ID one that no other has.
func addHire(ctx context.Context, tx *sql.Tx, insert *sql.Stmt, h Hire, packed []byte) (StoredHire, error) {
	given := h.ID != ""
	for {
		if !given {
			h.ID = newHireID()
		}
		n, err := affected(insert.ExecContext(ctx, h.ID, h.Flow, h.Source, h.EventID, h.State, plain(h.Reason), h.Run,
			h.Received.UnixMicro(), h.Updated.UnixMicro(), h.EmployeeID, packed))
		if err != nil || n > 0 {
			return StoredHire{Hire: h, Added: n > 0}, err
		}
		known, err := scanHire(tx.QueryRowContext(ctx, `SELECT `+hireColumns+` FROM hires WHERE flow = $1 AND event_id = $2`, h.Flow, h.EventID))
		if errors.Is(err, sql.ErrNoRows) && !given {
			continue // the id is that of another
		}
		return StoredHire{Hire: known}, err
	}
}

func newHireID() string {
	var b [4]byte
	// crypto/rand.Read never returns an error: it ends the program instead.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// SaveHires records what became of hires, by their ID, all or none of them, in one transaction
// and whatever becomes of ctx: State, Reason, Run, Updated and EmployeeID, and Data unless it
// is nil. It returns ErrNotFound.
func (l HireBook) SaveHires(ctx context.Context, hires ...Hire) error {
	if len(hires) == 0 {
		return nil
	}
	return l.write(context.WithoutCancel(ctx), "save hires", func(ctx context.Context, tx *sql.Tx) (err error) {
		update, err := tx.PrepareContext(ctx, `UPDATE hires SET state = $2, reason = $3, run = $4, updated_at = $5, employee_id = $6,
			data = COALESCE($7, data) WHERE id = $1`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, update.Close()) }()
		for _, h := range hires {
			if err := saveHire(ctx, update, h); err != nil {
				return err
			}
		}
		return nil
	})
}

func saveHire(ctx context.Context, update *sql.Stmt, h Hire) error {
	var packed any
	if h.Data != nil {
		b, err := pack(h.Data)
		if err != nil {
			return err
		}
		packed = b
	}
	n, err := affected(update.ExecContext(ctx, h.ID, h.State, plain(h.Reason), h.Run, h.Updated.UnixMicro(), h.EmployeeID, packed))
	return noneNotFound(n, err, "hire", h.ID)
}

// Hire returns the one hire whose ID is or starts with part. It returns ErrNotFound, or
// ErrAmbiguous when part fits several.
func (l HireBook) Hire(ctx context.Context, part string) (Hire, error) {
	part = strings.ToLower(strings.TrimSpace(part))
	// LIKE would take % and _ for wildcards.
	if part == "" || strings.ContainsAny(part, `%_\`) {
		return Hire{}, fmt.Errorf("find hire %q: %w", part, ErrNotFound)
	}
	return get(ctx, l.handle, "find hire", func(ctx context.Context, tx *sql.Tx) (Hire, error) {
		found, err := selectAll(ctx, tx, scanHire, `SELECT `+hireColumns+` FROM hires WHERE id LIKE $1 ORDER BY id LIMIT 2`, part+"%")
		switch {
		case err != nil:
			return Hire{}, err
		case len(found) == 0:
			return Hire{}, fmt.Errorf("hire %q: %w", part, ErrNotFound)
		case len(found) > 1 && found[0].ID != part:
			return Hire{}, fmt.Errorf("%q (such as %s and %s): %w", part, found[0].ID, found[1].ID, ErrAmbiguous)
		}
		return found[0], nil
	})
}

// Hires returns hires, the newest first. It returns ErrNotFound where the one that they are to
// come after is gone.
func (l HireBook) Hires(ctx context.Context, filter HireFilter) ([]Hire, error) {
	most := int64(math.MaxInt64)
	if filter.Limit > 0 {
		most = int64(filter.Limit)
	}
	return get(ctx, l.handle, "list hires", func(ctx context.Context, tx *sql.Tx) ([]Hire, error) {
		before := int64(math.MaxInt64)
		if filter.After != "" {
			err := tx.QueryRowContext(ctx, `SELECT received_at FROM hires WHERE id = $1`, filter.After).Scan(&before)
			if err != nil {
				return nil, orNotFound(err, "hire", filter.After)
			}
		}
		return selectAll(ctx, tx, scanHire, `SELECT `+hireColumns+` FROM hires WHERE ($1 = '' OR flow = $1) AND ($2 = '' OR state = $2)
			AND (received_at < $3 OR received_at = $3 AND id > $4) ORDER BY received_at DESC, id LIMIT $5`,
			filter.Flow, filter.State, before, filter.After, most)
	})
}

// HiresAfter returns so many hires of a flow at most, the oldest first: those that come after
// one, or the first of all after the zero Hire.
func (l HireBook) HiresAfter(ctx context.Context, flow string, after Hire, most int) ([]Hire, error) {
	var received int64
	if !after.Received.IsZero() {
		received = after.Received.UnixMicro()
	}
	return list(ctx, l.handle, "list hires", scanHire, `SELECT `+hireColumns+` FROM hires
		WHERE flow = $1 AND (received_at, id) > ($2, $3) ORDER BY received_at, id LIMIT $4`, flow, received, after.ID, most)
}

// PendingHires returns the hires of a flow that wait for its next run, the oldest first.
func (l HireBook) PendingHires(ctx context.Context, flow string) ([]Hire, error) {
	return list(ctx, l.handle, "list pending hires", scanHire, `SELECT `+hireColumns+` FROM hires WHERE flow = $1 AND state = 'received' ORDER BY received_at, id`, flow)
}

func scanHire(row scanner) (h Hire, err error) {
	var received, updated int64
	var packed []byte
	if err := row.Scan(&h.ID, &h.Flow, &h.Source, &h.EventID, &h.State, &h.Reason, &h.Run, &received, &updated, &h.EmployeeID, &packed); err != nil {
		return Hire{}, err
	}
	h.Received, h.Updated = time.UnixMicro(received).UTC(), time.UnixMicro(updated).UTC()
	if len(packed) > 0 {
		h.Data, err = unpack(packed, "hire", h.ID)
	}
	return h, err
}
