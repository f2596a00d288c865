package inspect

import (
	"cmp"
	"context"
	"errors"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Named is whom the findings of a run are about: their login, else their address.
type Named struct {
	// Employees is by Lucca's id, for an export, Rows by the row of the file for an import.
	Employees, Rows map[int]string
}

// Names finds out whom the findings of a run are about, as far as that is still kept. It is for
// whoever may see the state, and no document has it.
func Names(ctx context.Context, i Inspector, record run.Run) (Named, error) {
	if i.Store == nil {
		return Named{}, nil
	}
	if record.Kind == run.Export {
		return inSnapshot(ctx, i, record.ID)
	}
	p, kept, err := planOf(ctx, i, record.ID, false)
	if err != nil || !kept {
		return Named{}, err
	}
	n := Named{Rows: make(map[int]string)}
	for item := range p.Items {
		if login := p.Items[item].Login; login != "" {
			n.Rows[p.Items[item].Row] = login
		}
	}
	return n, nil
}

func inSnapshot(ctx context.Context, i Inspector, id string) (Named, error) {
	s, err := snapshotOf(ctx, i, id)
	if errors.Is(err, state.ErrNotFound) {
		return Named{}, nil
	}
	if err != nil {
		return Named{}, err
	}
	n := Named{Employees: make(map[int]string)}
	for _, p := range s.People {
		if name := cmp.Or(p.Login, p.Mail); name != "" {
			n.Employees[p.ID] = name
		}
	}
	return n, nil
}
