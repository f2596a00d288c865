package hires

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Decisions is a book in which a person decides on hires.
type Decisions interface {
	Plans
	Hire(ctx context.Context, id string) (state.Hire, error)
	DecideHire(ctx context.Context, seen, decided state.Hire, act audit.Entry) error
	Runs(ctx context.Context, f state.Filter) ([]state.Record, error)
}

// Decision is what somebody decides about one hire.
type Decision struct {
	// ID is the hire's, or a unique beginning of it.
	ID string
	// Seen is when the hire had last changed as they saw it; zero: they decide on it as it is.
	Seen time.Time
	By   audit.Entry
}

// Retry has the next run of its flow deal with a hire again. One that was held because of who
// is in Lucca is then created all the same: a person has looked. The error is state.ErrChanged
// where the hire is no longer as it was seen.
func Retry(ctx context.Context, book Decisions, d Decision) (state.Hire, error) {
	return decide(ctx, book, d, audit.RetryHire, func(h *state.Hire) error {
		held := h.State == state.HireHeld
		return again(h, func(s *Stored) { s.Forced = s.Forced || held })
	})
}

// Drop forgets a hire: nobody is created for it, also when the ATS tells of it again.
func Drop(ctx context.Context, book Decisions, d Decision) (state.Hire, error) {
	return decide(ctx, book, d, audit.DropHire, func(h *state.Hire) error {
		h.State, h.Reason = state.HireDropped, ""
		return nil
	})
}

// Link says that a hire is an employee of Lucca already: nobody is created for it. That there is
// such an employee is for the caller to know.
func Link(ctx context.Context, book Decisions, d Decision, employee int) (state.Hire, error) {
	d.By.Note = flow.JoinReasons("employee "+strconv.Itoa(employee), d.By.Note)
	return decide(ctx, book, d, audit.LinkHire, func(h *state.Hire) error {
		h.State, h.Reason, h.EmployeeID = state.HireLinked, "linked by a person", employee
		return nil
	})
}

// Fill fills in what a hire lacks or has wrong, beside what was filled in before, and has the
// next run of its flow deal with it again. An ATS that sends something else later knows better.
func Fill(ctx context.Context, book Decisions, d Decision, fill hire.Fill) (state.Hire, error) {
	if err := fill.Check(); err != nil {
		return state.Hire{}, fault.Wrap(run.ErrUsage, err)
	}
	if len(fill) == 0 {
		return state.Hire{}, fault.Of(run.ErrUsage, "nothing was filled in: %s can be", strings.Join(hire.Fields(), ", "))
	}
	d.By.Note = flow.JoinReasons("filled in "+strings.Join(slices.Sorted(maps.Keys(fill)), ", "), d.By.Note)
	return decide(ctx, book, d, audit.FillHire, func(h *state.Hire) error {
		return again(h, func(s *Stored) {
			filled := hire.Fill{}
			maps.Copy(filled, s.Filled)
			maps.Copy(filled, fill)
			s.Filled = filled
		})
	})
}

// decide records what a person decides about a hire that is still to be decided on.
func decide(ctx context.Context, book Decisions, d Decision, act audit.Act, change func(h *state.Hire) error) (state.Hire, error) {
	seen, err := undecided(ctx, book, d)
	if err != nil {
		return seen, err
	}
	h := seen
	h.Updated = flow.Now()
	if err := change(&h); err != nil {
		return seen, err
	}
	return h, book.DecideHire(ctx, seen, h, d.about(h, act))
}

// again has a hire wait for the next run, with what a person says of it.
func again(h *state.Hire, say func(s *Stored)) error {
	s, err := Decode(*h)
	if err != nil {
		return err
	}
	say(&s)
	*h, err = received(*h, s)
	return err
}

// about is the line of the audit. The hire is named by our own id, which says nothing of whom.
func (d Decision) about(h state.Hire, act audit.Act) audit.Entry {
	by := d.By
	by.Act, by.Flow, by.Run = act, h.Flow, h.Run // the run that held it
	if by.Note = "hire " + h.ID; d.By.Note != "" {
		by.Note += ": " + d.By.Note
	}
	return by
}

// undecided finds a hire that a person can still decide on.
func undecided(ctx context.Context, book Decisions, d Decision) (state.Hire, error) {
	h, err := book.Hire(ctx, d.ID)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrAmbiguous) {
		return h, fault.Hint(fault.Wrap(run.ErrUsage, err), "lucca-exchange hires lists them")
	}
	if err != nil {
		return h, err
	}
	if !d.Seen.IsZero() && !d.Seen.Equal(h.Updated) {
		return h, fmt.Errorf("hire %s: %w", h.ID, state.ErrChanged)
	}
	switch h.State {
	case state.HireApplied, state.HireLinked, state.HireDropped:
		return h, fault.Of(run.ErrUsage, "hire %s is %s: there is nothing left to decide", h.ID, h.State)
	}
	if h.State != state.HireHeld {
		return h, atWork(ctx, book, h.Flow)
	}
	with, record, err := NewHolds(book).With(ctx, h)
	switch {
	case err != nil || !with:
	case record.Outcome == "":
		err = busy(record)
	case record.Outcome == run.Held:
		err = fault.Of(run.ErrUsage, "hire %s is part of the held run %s: approve or reject that", h.ID, record.ID)
	case record.Outcome == run.Failed:
		err = fault.Of(run.ErrUsage, "hire %s is part of run %s, which was approved and may have reached Lucca: run %s, which goes on with it", h.ID, record.ID, h.Flow)
	}
	return h, err
}

// atWork refuses a decision on hires while a run of their flow deals with them.
func atWork(ctx context.Context, book Decisions, name string) error {
	runs, err := book.Runs(ctx, state.Filter{Flow: name, Limit: 1})
	if len(runs) > 0 && runs[0].Outcome == "" {
		return busy(runs[0])
	}
	return err
}

func busy(r state.Record) error {
	return fault.Of(run.ErrUsage, "run %s deals with the hires of %s just now: try again when it has ended", r.ID, r.Flow)
}
