package acts

import (
	"context"
	"errors"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// DecideHire is the act on hires that the decision is about.
func DecideHire(ctx context.Context, a Acts, d inspect.HireDecision) (inspect.Hire, error) {
	decision := hires.Decision{ID: d.ID, Seen: d.Seen, By: d.By}
	switch d.By.Act {
	case audit.RetryHire:
		return a.RetryHire(ctx, decision)
	case audit.LinkHire:
		return a.LinkHire(ctx, decision, d.Employee)
	case audit.FillHire:
		return a.FillHire(ctx, decision, d.Fill)
	default:
		return a.DropHire(ctx, decision)
	}
}

// RetryHire is hires.Retry.
func (a Acts) RetryHire(ctx context.Context, d hires.Decision) (inspect.Hire, error) {
	d.By.Act = audit.RetryHire
	return decideHire(ctx, a, d, hires.Retry)
}

// DropHire is hires.Drop.
func (a Acts) DropHire(ctx context.Context, d hires.Decision) (inspect.Hire, error) {
	d.By.Act = audit.DropHire
	return decideHire(ctx, a, d, hires.Drop)
}

// LinkHire is hires.Link, with an employee whom Lucca knows.
func (a Acts) LinkHire(ctx context.Context, d hires.Decision, employee int) (inspect.Hire, error) {
	d.By.Act = audit.LinkHire
	return decideHire(ctx, a, d, func(ctx context.Context, book hires.Decisions, d hires.Decision) (state.Hire, error) {
		h, err := book.Hire(ctx, d.ID)
		if err == nil {
			err = employed(ctx, a.Runs, h.Flow, employee)
		}
		if err != nil && !errors.Is(err, state.ErrNotFound) && !errors.Is(err, state.ErrAmbiguous) {
			return h, err
		}
		return hires.Link(ctx, book, d, employee) // says what is wrong with the id of the hire
	})
}

// employed says whom Lucca does not know.
func employed(ctx context.Context, r Runs, name string, employee int) error {
	if employee < 1 {
		return fault.Of(run.ErrUsage, "want Lucca's id of the employee: the number at the end of their page's address")
	}
	known, err := r.Employs(ctx, name, employee)
	if err != nil {
		return fault.Of(run.ErrUsage, "Lucca could not be asked for employee %d: %s", employee, flow.Sentence(err))
	}
	if !known {
		return fault.Of(run.ErrUsage, "Lucca has no employee %d, or not for this key: take the number at the end of their page's address", employee)
	}
	return nil
}

// FillHire is hires.Fill.
func (a Acts) FillHire(ctx context.Context, d hires.Decision, fill hire.Fill) (inspect.Hire, error) {
	d.By.Act = audit.FillHire
	return decideHire(ctx, a, d, func(ctx context.Context, book hires.Decisions, d hires.Decision) (state.Hire, error) {
		return hires.Fill(ctx, book, d, fill)
	})
}

func decideHire(ctx context.Context, a Acts, d hires.Decision, decide func(context.Context, hires.Decisions, hires.Decision) (state.Hire, error)) (inspect.Hire, error) {
	h, err := decide(ctx, hires.StoreOf(a.Store), d)
	about := state.Record{Run: run.Run{ID: h.Run, Flow: h.Flow}}
	return a.Inspector.Hire(h), a.Refused(ctx, d.By, about, err)
}
