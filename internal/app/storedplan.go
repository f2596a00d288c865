package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/state"
)

// storedPlan is what the store keeps of a plan: a JSON object with all of it but the plan
// and the people, then the plan, then the people, so that neither is ever held as one text. An
// earlier version had both in the object.
type storedPlan struct {
	Query roster.Query `json:"query"`
	// Partial is that of the file, which a run that was killed has not told.
	Partial bool           `json:"partial,omitempty"`
	Hires   map[int]string `json:"hires,omitempty"`
	// Tenant is the address of the Lucca that the plan is for, and Settings what the flow was
	// configured to do.
	Tenant   string        `json:"tenant"`
	Settings flow.Settings `json:"configured"`
	Relayed  *relayed      `json:"relayed,omitempty"`

	EarlierPlan   json.RawMessage  `json:"plan,omitempty"`
	EarlierPeople []explain.Person `json:"people,omitempty"`

	plan *plan.Plan
	// people tells whom each item is about, for explain.
	people []explain.Person
}

// write writes what the store keeps.
func (s *storedPlan) write(w io.Writer) error {
	enc := json.NewEncoder(w)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	if err := s.plan.Encode(w); err != nil {
		return err
	}
	for i := range s.people {
		if err := enc.Encode(&s.people[i]); err != nil {
			return fmt.Errorf("encode people of the plan: %w", err)
		}
	}
	return nil
}

// readHead reads what the store has kept, but for the plan and the people.
func readHead(record state.PlanRecord) (s storedPlan, rest *json.Decoder, err error) {
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

// readPlan reads what the store has kept. The people are read where they are asked for.
func readPlan(record state.PlanRecord, withPeople bool) (storedPlan, error) {
	s, dec, err := readHead(record)
	if err != nil {
		return s, err
	}
	if s.EarlierPlan != nil {
		s.people = s.EarlierPeople
		s.plan, err = plan.Decode(json.NewDecoder(bytes.NewReader(s.EarlierPlan)))
		return s, err
	}
	if s.plan, err = plan.Decode(dec); err != nil || !withPeople {
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
		s.people = append(s.people, p)
	}
}
