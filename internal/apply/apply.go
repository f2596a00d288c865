package apply

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// Request is what Apply needs.
type Request struct {
	// Run names the run in the journal.
	Run     string
	Plan    *plan.Plan
	Lucca   Writer
	Journal Journal
	// Current is the roster as it is now, read with the query of the plan, when the plan was
	// approved later or is resumed: whoever differs from the plan is skipped, and a change
	// that is there already is not sent again. It is nil for a plan that was made just now.
	Current *roster.Roster
	// Hires: the rows are hires, which are retried, and of no file that could be dropped again.
	Hires bool
	// Progress is told after each item how many of those to carry out are done; nil for none.
	Progress func(done, total int)
	// Logger receives item.applied, item.refused, item.skipped and item.doubted, without
	// values; nil for none.
	Logger *slog.Logger
}

// Result is what was done, in this Apply and in those of the same run before it.
type Result struct {
	// Applied counts the changes that were made; Unchanged is the plan's, and Reject all rows
	// that did not pass, in the plan or here.
	Applied  plan.Changes
	Findings []finding.Finding
	// Outcomes are those of the items that were begun or settled, in the order of the plan.
	Outcomes []Outcome
}

// maxTroubles is how many items in a row may end without a clear answer before Apply stops:
// then it is Lucca or the network, and not the items.
const maxTroubles = 5

// Apply carries out a plan, or the rest of it. It returns an error, beside what was done so
// far, when it cannot go on: one wrapping lucca.ErrUnauthorized, lucca.ErrUnavailable or
// another class of package lucca, one of the journal, or context.Cause(ctx). Apply may then
// be called again for the same run and plan, and goes on where it stopped.
func Apply(ctx context.Context, r Request) (Result, error) {
	a, err := newApplier(ctx, r)
	if err != nil {
		return Result{}, err
	}
	err = a.all(ctx)
	return a.result(), err
}

// applier is one Apply on its way.
type applier struct {
	Request
	lucca Writer
	jobs  []*job
	// taken are the logins and addresses of Current, in small letters.
	taken map[string]bool
	// troubles counts the items in a row without a clear answer.
	troubles int
}

func newApplier(ctx context.Context, r Request) (*applier, error) {
	a := &applier{Request: r, lucca: r.Lucca}
	if a.Logger == nil {
		a.Logger = slog.New(slog.DiscardHandler)
	}
	if a.Progress == nil {
		a.Progress = func(int, int) {}
	}
	var err error
	if a.jobs, err = jobs(r.Run, r.Plan); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	before, err := r.Journal.Outcomes(ctx, r.Run)
	if err != nil {
		return nil, fmt.Errorf("read journal of run %q: %w", r.Run, err)
	}
	if err := a.recall(before); err != nil {
		return nil, fmt.Errorf("read journal of run %q: %w", r.Run, err)
	}
	a.taken = takenIn(r.Current)
	return a, nil
}

// recall takes up what the journal knows.
func (a *applier) recall(before []Outcome) error {
	byItem := make(map[int]*job, len(a.jobs))
	for _, j := range a.jobs {
		byItem[j.Item] = j
	}
	for _, o := range before {
		j := byItem[o.Item]
		if j == nil || j.Row != o.Row || j.Action != o.Action {
			return fmt.Errorf("item %d is not one of this plan", o.Item)
		}
		j.Outcome = o
	}
	return nil
}

// all carries out every item that has no end, then the managers of those in cycles.
func (a *applier) all(ctx context.Context) error {
	for i, j := range a.jobs {
		if err := a.first(ctx, j); err != nil {
			return err
		}
		a.Progress(i+1, len(a.jobs))
	}
	for _, j := range a.jobs {
		if j.Step == Partial {
			if err := a.second(ctx, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// first sends the first request of a job, and that of a rehire's properties.
func (a *applier) first(ctx context.Context, j *job) error {
	switch {
	case j.Step.final() || j.Step == Partial && j.managerLater:
		return nil
	case j.Step == Partial:
		return a.second(ctx, j)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	if verdict, stop := a.verdict(j); stop {
		return a.save(ctx, j, verdict)
	}
	if j.manager != nil && !j.managerLater {
		j.body.ID(managerProperty, j.manager.EmployeeID)
	}
	begun := *j
	if err := a.save(ctx, j, Outcome{Step: Sending}); err != nil {
		return err
	}
	id, err := a.send(ctx, &begun)
	if errors.Is(err, lucca.ErrNotKept) && j.needsSecond() {
		// What is left is none the less due.
		if err := a.save(ctx, j, Outcome{Step: Partial}); err != nil {
			return err
		}
		if err := a.second(ctx, j); err != nil || j.Step != Applied || j.Code != "" {
			return err
		}
	}
	if err != nil {
		return a.failed(ctx, j, err)
	}
	a.troubles = 0
	j.EmployeeID = id
	if !j.needsSecond() {
		return a.save(ctx, j, Outcome{Step: Applied})
	}
	if err := a.save(ctx, j, Outcome{Step: Partial}); err != nil || j.managerLater {
		return err
	}
	return a.second(ctx, j)
}

// send sends the first request of a job, as the journal had it before.
func (a *applier) send(ctx context.Context, j *job) (id int, err error) {
	switch j.Action {
	case plan.Create:
		return a.create(ctx, j)
	default:
		switch {
		case j.signs():
			return a.rehire(ctx, j)
		case j.amends():
			return j.EmployeeID, a.lucca.ChangeContract(ctx, j.item.Contract.ID, j.change)
		}
		return j.EmployeeID, a.lucca.Update(ctx, j.EmployeeID, j.body)
	}
}

// second sends what follows the first request: it is idempotent, and the journal says
// Partial until it is done.
func (a *applier) second(ctx context.Context, j *job) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	body := j.body
	if !j.twoParts() {
		body = make(lucca.Properties, 1)
	}
	if err := a.giveType(ctx, j); err != nil {
		return a.settleSecond(ctx, j, err)
	}
	if j.manager != nil {
		switch {
		case j.manager.Step == Refused || j.manager.Step == Skipped:
			return a.save(ctx, j, Outcome{Step: Applied, Code: CodeManager, Message: managerMissing})
		case j.manager.EmployeeID == 0:
			return nil // the manager is in doubt: Partial remains
		}
		body.ID(managerProperty, j.manager.EmployeeID)
	}
	if len(body) == 0 {
		return a.settleSecond(ctx, j, nil)
	}
	return a.settleSecond(ctx, j, a.lucca.Update(ctx, j.EmployeeID, body))
}

// giveType gives the contract that a creation made the type of its row.
func (a *applier) giveType(ctx context.Context, j *job) error {
	if j.Action != plan.Create || j.change.TypeID == 0 {
		return nil
	}
	start, err := roster.ParseDate(j.item.Set.Get(plan.ContractStart).To)
	if err != nil {
		return fmt.Errorf("write %q: %w", plan.ContractStart, err)
	}
	id, err := a.lucca.FindContract(ctx, j.EmployeeID, start)
	if err != nil {
		return err
	}
	return a.lucca.ChangeContract(ctx, id, j.change)
}

// settleSecond records what came of the second part of a job.
func (a *applier) settleSecond(ctx context.Context, j *job, err error) error {
	switch {
	case err == nil:
		a.troubles = 0
		return a.save(ctx, j, Outcome{Step: Applied})
	case errors.Is(err, lucca.ErrNotKept):
		a.troubles = 0
		return a.save(ctx, j, Outcome{Step: Applied, Code: CodeEnd, Message: endNotKept})
	case refused(err):
		a.troubles = 0
		return a.save(ctx, j, Outcome{Step: Applied, Code: CodeRefused, Message: reason(err)})
	default:
		return a.trouble(ctx, j, err)
	}
}

// save records where a job is. What was sent is recorded even when the run is being
// canceled.
func (a *applier) save(ctx context.Context, j *job, to Outcome) error {
	j.Step, j.Code, j.Message, j.At = to.Step, to.Code, to.Message, time.Now()
	if err := a.Journal.Save(context.WithoutCancel(ctx), j.Outcome); err != nil {
		return fmt.Errorf("record row %d as %s: %w", j.Row, j.Step, err)
	}
	switch j.Step {
	case Applied:
		a.Logger.DebugContext(ctx, "item.applied", "run", a.Run, "row", j.Row, "action", string(j.Action))
	case Refused:
		a.Logger.InfoContext(ctx, "item.refused", "run", a.Run, "row", j.Row, "code", j.Code)
	case Skipped:
		a.Logger.InfoContext(ctx, "item.skipped", "run", a.Run, "row", j.Row, "code", j.Code)
	}
	return nil
}
