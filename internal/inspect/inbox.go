package inspect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Candidate is a hire that waits for a person, with what they need to decide.
type Candidate struct {
	Hire
	// With is the held run that the hire is part of: who decides on that decides on the hire.
	// It is empty for one that is decided by itself: retried, or dropped.
	With string `json:"with,omitempty"`

	Mail          string      `json:"mail,omitempty"`
	ContractStart roster.Date `json:"contract_start,omitzero"`
	JobTitle      string      `json:"job_title,omitempty"`
	LegalEntity   string      `json:"legal_entity,omitempty"`
	Department    string      `json:"department,omitempty"`
	Manager       string      `json:"manager,omitempty"`
	// Fields are what can be filled in, in the order of a form.
	Fields []HireField `json:"-"`
}

// HireField is one thing that a person may fill in or correct of a hire; see hire.Fields.
type HireField struct{ Name, Value string }

// Inbox lists the hires of all flows that wait for a person, the newest first. It is never nil
// beside a nil error.
func (i Inspector) Inbox(ctx context.Context) ([]Candidate, error) {
	list := []Candidate{}
	if i.Store == nil {
		return list, nil
	}
	stored, err := undecided(ctx, i)
	if err != nil {
		return nil, err
	}
	held := make(map[string]map[string]bool)
	for _, h := range stored {
		if _, known := held[h.Run]; !known {
			if held[h.Run], err = heldWith(ctx, i, h.Run); err != nil {
				return nil, err
			}
		}
		c := candidate(i, h)
		if h.State == state.HireHeld && held[h.Run][h.ID] {
			c.With = h.Run
		}
		list = append(list, c)
	}
	return list, nil
}

// undecided are the hires that wait, the newest first: few of all that there ever were.
func undecided(ctx context.Context, i Inspector) (all []state.Hire, err error) {
	for _, waits := range []string{state.HireHeld, state.HireRefused} {
		some, err := i.Store.Hires(ctx, state.HireFilter{State: waits})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b state.Hire) int {
		return cmp.Or(b.Received.Compare(a.Received), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

func candidate(i Inspector, h state.Hire) Candidate {
	c := Candidate{Hire: i.Hire(h)}
	e, err := i.Event(h)
	if err != nil {
		return c // was purged, or is damaged: its reason says more
	}
	c.Mail, c.ContractStart, c.JobTitle = e.Mail, e.ContractStart, e.JobTitle
	c.LegalEntity, c.Department, c.Manager = e.LegalEntity, e.Department, e.Manager
	for _, name := range hire.Fields() {
		c.Fields = append(c.Fields, HireField{name, e.Value(name)})
	}
	return c
}

// heldWith are the hires that are part of a run, by their id, if it is held.
func heldWith(ctx context.Context, i Inspector, id string) (map[string]bool, error) {
	r, err := i.Store.Run(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil || r.Outcome != run.Held {
		return nil, err
	}
	p, _, err := planOf(ctx, i, id, false)
	if err != nil {
		return nil, err
	}
	with := make(map[string]bool, len(p.Hires))
	for _, hire := range p.Hires {
		with[hire] = true
	}
	return with, nil
}
