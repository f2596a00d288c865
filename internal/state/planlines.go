package state

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"iter"
)

// PlanLine is an item of a plan as it is looked at.
type PlanLine struct {
	// Search is what is looked for in it, on one line; Data is the item. Neither holds a line break.
	Search, Data []byte
}

// linesPerPart is how many items are read together.
const linesPerPart = 100

// pages is a plan as it is looked at, packed.
type pages struct {
	search []byte
	parts  [][]byte
}

// paginate packs the lines of a plan; nil for none at all.
func paginate(lines iter.Seq[PlanLine]) (*pages, error) {
	if lines == nil {
		return nil, nil
	}
	p := &pages{}
	var search, part bytes.Buffer
	w, packer, n := gzip.NewWriter(&search), newPacker(), 0
	flush := func() error {
		if part.Len() == 0 {
			return nil
		}
		packed, err := packer.pack(part.Bytes())
		p.parts = append(p.parts, packed)
		part.Reset()
		return err
	}
	for l := range lines {
		if n++; n > 1 && n%linesPerPart == 1 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		part.Write(append(l.Data, '\n'))
		if _, err := w.Write(append(l.Search, '\n')); err != nil {
			return nil, fmt.Errorf("compress search of plan: %w", err)
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress search of plan: %w", err)
	}
	p.search = search.Bytes()
	return p, nil
}

// save replaces the pages of a plan that is there.
func (p *pages) save(ctx context.Context, tx *sql.Tx, run string) error {
	for _, old := range []string{`DELETE FROM plan_searches WHERE run = $1`, `DELETE FROM plan_parts WHERE run = $1`} {
		if _, err := tx.ExecContext(ctx, old, run); err != nil {
			return err
		}
	}
	if p == nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO plan_searches (run, data) VALUES ($1, $2)`, run, p.search); err != nil {
		return err
	}
	for n, part := range p.parts {
		if _, err := tx.ExecContext(ctx, `INSERT INTO plan_parts (run, part, data) VALUES ($1, $2, $3)`, run, n, part); err != nil {
			return err
		}
	}
	return nil
}

// PlanSearch returns what is looked for in the items of a run's plan, a line each in their order, or
// ErrNotFound where the plan was kept without, or is not kept.
func (l People) PlanSearch(ctx context.Context, run string) ([]byte, error) {
	packed, err := one(ctx, l.handle, "search plan", named{"plan of run", run}, value[[]byte], `SELECT data FROM plan_searches WHERE run = $1`, run)
	if err != nil {
		return nil, err
	}
	return unpack(packed, "plan of run", run)
}

// PlanLines returns the Data of items of a run's plan, which are named by their places in ascending
// order. It returns ErrNotFound for a place that is not there.
func (l People) PlanLines(ctx context.Context, run string, items []int) (data [][]byte, err error) {
	err = l.read(ctx, "read page of plan", func(ctx context.Context, tx *sql.Tx) error {
		var lines [][]byte
		data = nil
		at := -1
		for _, item := range items {
			if part := item / linesPerPart; part != at {
				var packed []byte
				err := tx.QueryRowContext(ctx, `SELECT data FROM plan_parts WHERE run = $1 AND part = $2`, run, part).Scan(&packed)
				if err != nil {
					return orNotFound(err, "plan of run", run)
				}
				text, err := unpack(packed, "plan of run", run)
				if err != nil {
					return err
				}
				at, lines = part, bytes.Split(text, []byte("\n"))
			}
			if item%linesPerPart >= len(lines)-1 {
				return fmt.Errorf("item %d of the plan of run %q: %w", item, run, ErrNotFound)
			}
			data = append(data, lines[item%linesPerPart])
		}
		return nil
	})
	return data, err
}
