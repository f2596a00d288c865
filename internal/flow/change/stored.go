package change

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// planKept is how long a held plan can be approved.
const planKept = 7 * 24 * time.Hour

// Keep keeps a plan before anything is sent, as that of a run, and lets go of what it was made of.
func Keep(ctx context.Context, s Store, set Settings, p *Planned, r state.Record) error {
	stored := Stored{
		Query: p.Query, Partial: p.Partial, Hires: p.Hires, Tenant: set.Tenant, Settings: set.Approved, Relayed: p.Relayed,
		Plan: p.Plan, People: explain.People(p.Table, p.Plan, p.People),
	}
	p.Table, p.People = plan.Table{}, nil // of 200,000 rows they are as large as the plan
	return s.SavePlan(ctx, state.PlanRecord{
		Run: r.ID, Flow: r.Flow, Hash: p.Plan.Hash(), Write: stored.Write, Expires: flow.Now().Add(planKept),
		People: flow.Known(explain.InPlan(stored.Plan, stored.People)),
		Lines:  flow.Lines(explain.Lines(stored.Plan, stored.People)),
	})
}

// Recall loads the plan of a run. One that is approved must be for the flow as it is
// configured now; one that was interrupted must at least be for the same Lucca.
func Recall(ctx context.Context, s Store, set Settings, origin string, approved bool) (Planned, error) {
	record, err := s.Plan(ctx, origin)
	if err != nil {
		return Planned{}, err
	}
	stored, err := ReadPlan(record, false)
	if err != nil {
		return Planned{}, err
	}
	if hash := stored.Plan.Hash(); hash != record.Hash {
		return Planned{}, fmt.Errorf("plan of run %s is not the one that was kept: its hash differs", origin)
	}
	switch {
	case stored.Tenant != set.Tenant:
		return Planned{}, fault.Of(run.ErrUsage, "the plan of run %s is for %s: %w", origin, stored.Tenant, flow.ErrChanged)
	case approved:
		if err := stored.Settings.Differ(set.Approved, origin); err != nil {
			return Planned{}, err
		}
	}
	return Planned{
		Plan: stored.Plan, Query: stored.Query, Origin: origin,
		Partial: stored.Partial, Hires: stored.Hires, Relayed: stored.Relayed,
	}, nil
}

// PeopleOf returns the Lucca ids of those who were in the file of a run, none where its plan is
// no longer kept, or is of another version of the program.
func PeopleOf(ctx context.Context, s Store, id string) ([]int, error) {
	record, err := s.Plan(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stored, err := ReadPlan(record, false)
	if errors.Is(err, plan.ErrDamaged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return stored.Plan.InFile(), nil
}

// Stored is what the store keeps of a plan: a JSON object with all of it but the plan and the
// people, then the plan, then the people, so that neither is ever held as one text. An earlier
// version had both in the object.
type Stored struct {
	Query roster.Query `json:"query"`
	// Partial is that of the file, which a run that was killed has not told.
	Partial bool           `json:"partial,omitempty"`
	Hires   map[int]string `json:"hires,omitempty"`
	// Tenant is the address of the Lucca that the plan is for, and Settings what the flow was
	// configured to do.
	Tenant   string        `json:"tenant"`
	Settings flow.Settings `json:"configured"`
	Relayed  *Relayed      `json:"relayed,omitempty"`

	EarlierPlan   json.RawMessage  `json:"plan,omitempty"`
	EarlierPeople []explain.Person `json:"people,omitempty"`

	Plan *plan.Plan `json:"-"`
	// People tells whom each item is about, for explain.
	People []explain.Person `json:"-"`
}

// Write writes what the store keeps.
func (s *Stored) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	if err := s.Plan.Encode(w); err != nil {
		return err
	}
	for i := range s.People {
		if err := enc.Encode(&s.People[i]); err != nil {
			return fmt.Errorf("encode people of the plan: %w", err)
		}
	}
	return nil
}

// ReadHead reads what the store has kept, but for the plan and the people.
func ReadHead(record state.PlanRecord) (s Stored, rest *json.Decoder, err error) {
	r, err := record.Open()
	if err != nil {
		return s, nil, err
	}
	rest = json.NewDecoder(r)
	if err := rest.Decode(&s); err != nil {
		return s, nil, fmt.Errorf("decode plan of run %s: %w", record.Run, err)
	}
	return s, rest, nil
}

// ReadPlan reads what the store has kept. The people are read where they are asked for.
func ReadPlan(record state.PlanRecord, withPeople bool) (Stored, error) {
	s, dec, err := ReadHead(record)
	if err != nil {
		return s, err
	}
	if s.EarlierPlan != nil {
		s.People = s.EarlierPeople
		s.Plan, err = plan.Decode(json.NewDecoder(bytes.NewReader(s.EarlierPlan)))
		return s, err
	}
	if s.Plan, err = plan.Decode(dec); err != nil || !withPeople {
		return s, err
	}
	for {
		var p explain.Person
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return s, nil
		case err != nil:
			return s, fmt.Errorf("decode people of the plan of run %s: %w", record.Run, err)
		}
		s.People = append(s.People, p)
	}
}
