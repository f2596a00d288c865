package apply

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/lucca"
)

// failed settles a job whose first request did not succeed.
func (a *applier) failed(ctx context.Context, j *job, err error) error {
	switch {
	case errors.Is(err, errTaken):
		a.troubles = 0
		message := "somebody else has the login or the address by now: the row is among the rejected ones: drop that file to plan it anew"
		if a.Hires {
			message = "somebody else has the login or the address by now: retry the hire to plan it anew"
		}
		return a.save(ctx, j, Outcome{Step: Skipped, Code: CodeChanged, Message: message})
	case errors.Is(err, lucca.ErrNotKept):
		a.troubles = 0
		return a.save(ctx, j, Outcome{Step: Applied, Code: CodeEnd, Message: endNotKept})
	case refused(err):
		a.troubles = 0
		return a.save(ctx, j, Outcome{Step: Refused, Code: CodeRefused, Message: reason(err)})
	default:
		return a.trouble(ctx, j, err)
	}
}

// trouble records a job without a clear answer, and stops after several of them. What stops
// Apply leaves the journal as it is.
func (a *applier) trouble(ctx context.Context, j *job, err error) error {
	if ctx.Err() != nil || !unclear(err) {
		return err
	}
	if a.troubles++; a.troubles >= maxTroubles {
		return fmt.Errorf("stop after %d rows without a clear answer: %w", a.troubles, err)
	}
	a.Logger.WarnContext(ctx, "item.doubted", "run", a.Run, "row", j.Row, "err", err)
	if j.Step == Partial {
		return nil
	}
	return a.save(ctx, j, Outcome{Step: Doubtful, Code: CodeUnconfirmed, Message: unconfirmed})
}

const endNotKept = "Lucca shows another end of contract than the one sent: look at the employee's contracts in Lucca"

const unconfirmed = "Lucca gave no clear answer: look at the employee in Lucca, or let the file run again"

// reason is why Lucca refused, for a person.
func reason(err error) string {
	text := "Lucca refused the change"
	switch {
	case errors.Is(err, lucca.ErrForbidden):
		text = "the role of the API key may not do this"
	case errors.Is(err, lucca.ErrNotFound):
		text = "Lucca does not know the employee or what the row refers to"
	}
	if message := lucca.Message(err); message != "" {
		return text + ": " + message
	}
	return text
}
