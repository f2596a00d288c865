package hires

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Stored is what the store keeps of an event.
type Stored struct {
	Event hire.Event `json:"event"`
	// Forced: a person looked at it and wants the employee created.
	Forced bool `json:"forced,omitempty"`
	// Filled is what a person filled in or corrected of the event, which stays as it came: so it
	// is seen when the ATS sends something else.
	Filled hire.Fill `json:"filled,omitempty"`
}

// Hire is the event as a person completed it.
func (s Stored) Hire() hire.Event { return s.Event.With(s.Filled) }

// Decode reads what the store has kept of a hire.
func Decode(h state.Hire) (Stored, error) {
	var s Stored
	if err := json.Unmarshal(h.Data, &s); err != nil {
		return s, fmt.Errorf("decode hire %s: %w", h.ID, errDamaged)
	}
	return s, nil
}

// errDamaged does not repeat what the decoder says: it may hold a value.
var errDamaged = errors.New("the stored event is damaged or was purged")

// Book is what keeps hires, beside what records new ones.
type Book interface {
	Plans
	SaveHires(ctx context.Context, hires ...state.Hire) error
}

// Batch is what is to be stored at once.
type Batch struct {
	Flow   string
	Events []hire.Event
	// Add records events that are new, as state.AddHires does.
	Add func(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error)
}

// Add stores events, unless they are known, all or none of them. One that was refused, or
// held by itself, waits again when the ATS sends it with something mended. Fresh counts those
// that wait now.
func Add(ctx context.Context, book Book, logger *slog.Logger, b Batch) (fresh int, err error) {
	at := flow.Now()
	hires := make([]state.Hire, len(b.Events))
	for i, e := range b.Events {
		if err := e.Check(); err != nil {
			return 0, err
		}
		e.Row = 0 // of a file that is put away
		data, err := encode(Stored{Event: e})
		if err != nil {
			return 0, err
		}
		hires[i] = state.Hire{
			Flow: b.Flow, Source: e.Source, EventID: e.ExternalID, State: state.HireReceived, Updated: at, Data: data,
			Received: at.Add(time.Duration(i) * time.Microsecond), // so that they wait in the order of the file
		}
		b.Events[i] = e
	}
	stored, err := b.Add(ctx, hires)
	if err != nil {
		return 0, err
	}
	again, err := waitAgain(ctx, book, stored, b.Events)
	if err != nil {
		return 0, err
	}
	for i, h := range stored {
		if h.Added || again[i] {
			fresh++
			logger.InfoContext(ctx, "hire.received", "flow", b.Flow, "hire", h.ID, "source", h.Source)
		}
	}
	return fresh, nil
}

// waitAgain has those that are known, open and mended wait, and says which they are. What was
// mended is looked at first: of a list that an ATS sends again and again, it is hardly any.
func waitAgain(ctx context.Context, book Book, stored []state.StoredHire, events []hire.Event) (map[int]bool, error) {
	again, holds := make(map[int]bool), NewHolds(book)
	var changed []state.Hire
	for i, s := range stored {
		before, err := Decode(s.Hire)
		if err != nil || !mended(before.Event, events[i]) { // one that is damaged or was purged stays so
			continue
		}
		open, err := holds.open(ctx, s.Hire)
		if err == nil && open {
			s.Hire, err = received(s.Hire, Stored{Event: events[i], Filled: before.Filled.Kept(before.Event, events[i])})
			changed, again[i] = append(changed, s.Hire), true
		}
		if err != nil {
			return nil, err
		}
	}
	return again, book.SaveHires(ctx, changed...)
}

// mended reports whether the ATS says something else of a hire than before, apart from when.
func mended(before, now hire.Event) bool {
	before.HiredAt = now.HiredAt
	return !reflect.DeepEqual(before, now)
}

// received is a hire that waits for the next run, with what is known of it now.
func received(h state.Hire, known Stored) (state.Hire, error) {
	h.State, h.Reason, h.Updated = state.HireReceived, "", flow.Now()
	var err error
	h.Data, err = encode(known)
	return h, err
}

func encode(s Stored) ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode hire: %w", err)
	}
	return data, nil
}

// Plans is what is known of runs and their plans.
type Plans interface {
	Run(ctx context.Context, id string) (state.Record, error)
	Plan(ctx context.Context, run string) (state.PlanRecord, error)
}

// Holds looks up the runs with which hires are held, each once: a held run has one plan for
// thousands of hires.
type Holds struct {
	plans Plans
	runs  map[string]heldPlan
}

// heldPlan is a run, and which hires its plan is about.
type heldPlan struct {
	run   state.Record
	hires map[string]bool
}

// NewHolds returns one that has looked up nothing yet.
func NewHolds(p Plans) *Holds { return &Holds{plans: p, runs: make(map[string]heldPlan)} }

// With returns the run that last dealt with a held hire, and whether the hire is part of its
// plan, and so held with it and not by itself.
func (s *Holds) With(ctx context.Context, h state.Hire) (with bool, record state.Record, err error) {
	known, ok := s.runs[h.Run]
	if !ok {
		if known, err = s.load(ctx, h.Run); err != nil {
			return false, state.Record{}, err
		}
		s.runs[h.Run] = known
	}
	return known.hires[h.ID], known.run, nil
}

// load is empty for a run that is gone, and without hires for one that has no plan.
func (s *Holds) load(ctx context.Context, id string) (p heldPlan, err error) {
	var record state.PlanRecord
	if p.run, err = s.plans.Run(ctx, id); err == nil {
		record, err = s.plans.Plan(ctx, id)
	}
	if errors.Is(err, state.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	stored, _, err := change.ReadHead(record)
	if err != nil {
		return p, err
	}
	p.hires = make(map[string]bool, len(stored.Hires))
	for _, hire := range stored.Hires {
		p.hires[hire] = true
	}
	return p, nil
}

// open reports whether a hire came to no end, and is not part of a held run.
func (s *Holds) open(ctx context.Context, h state.Hire) (bool, error) {
	if h.State != state.HireHeld {
		return h.State == state.HireRefused, nil
	}
	with, record, err := s.With(ctx, h)
	return !with || record.Outcome != run.Held, err
}

// HeldBook is a book whose hires can be listed.
type HeldBook interface {
	Book
	Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error)
}

// Rejected leaves the hires of a rejected run to a person.
func Rejected(ctx context.Context, book HeldBook, r state.Record) error {
	return changeHeld(ctx, book, r, func(h *state.Hire) { h.Reason = "its run was rejected: retry or drop it" })
}

// Expired has the hires of an expired run wait for the next one.
func Expired(ctx context.Context, book HeldBook, r state.Record) error {
	return changeHeld(ctx, book, r, func(h *state.Hire) { h.State, h.Reason = state.HireReceived, "" })
}

// changeHeld changes the hires that are held with a run.
func changeHeld(ctx context.Context, book HeldBook, r state.Record, change func(*state.Hire)) error {
	held, err := book.Hires(ctx, state.HireFilter{Flow: r.Flow, State: state.HireHeld})
	if err != nil {
		return err
	}
	at, holds := flow.Now(), NewHolds(book)
	var changed []state.Hire
	for _, h := range held {
		with, of, err := holds.With(ctx, h)
		if err != nil {
			return err
		}
		if !with || of.ID != r.ID {
			continue
		}
		h.Updated, h.Data = at, nil
		change(&h)
		changed = append(changed, h)
	}
	return book.SaveHires(ctx, changed...)
}
