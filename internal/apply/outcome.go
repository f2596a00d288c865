package apply

import (
	"context"
	"fmt"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
)

// Step is how far an item has come.
type Step string

// The steps. Applied, Refused and Skipped are ends: the item is not touched again.
const (
	// Sending: a request is about to be sent, or was sent and its answer is not recorded.
	Sending Step = "sending"
	// Partial: the first of two requests was applied, the second is still due: the manager
	// of somebody in a cycle, or what a rehire changes beside the contract.
	Partial Step = "partial"
	// Applied: Lucca has made the change. With a code, a second request was refused, or the
	// end of a contract is not the one that was sent.
	Applied Step = "applied"
	// Refused: nothing was changed, because Lucca refused it or the manager is missing.
	Refused Step = "refused"
	// Skipped: nothing was sent, because the employee changed since the plan was made.
	Skipped Step = "skipped"
	// Doubtful: Lucca gave no clear answer, also when asked again. Another Apply of the same
	// run settles it first.
	Doubtful Step = "doubtful"
)

// final reports whether the item is not to be touched again.
func (s Step) final() bool { return s == Applied || s == Refused || s == Skipped }

// begun reports whether a request may have been sent.
func (s Step) begun() bool { return s == Sending || s == Partial || s == Doubtful }

// The codes of an Outcome, and of the finding that it becomes.
const (
	// CodeRefused: Lucca refused the change; the message has Lucca's reason.
	CodeRefused = "refused_by_lucca"
	// CodeChanged: the employee is not as the plan saw them.
	CodeChanged = "changed_since_plan"
	// CodeManager: the row that was to create the manager did not.
	CodeManager = "manager_not_created"
	// CodeUnconfirmed: Lucca gave no clear answer.
	CodeUnconfirmed = "unconfirmed"
	// CodeEnd: Lucca took the change and shows another end of contract.
	CodeEnd = "end_not_kept"
	// CodeEstablishment: a rehire without an establishment.
	CodeEstablishment = "establishment_missing"
)

// Outcome is what the journal holds about one item.
type Outcome struct {
	Run string
	// Item is the index in Plan.Items, Row the row in the file, 0 for none.
	Item, Row int
	// EmployeeID is the Lucca id; that of a creation once it is known.
	EmployeeID int
	Action     plan.Action
	Step       Step
	// Code and Message say why, for a person; empty when there is nothing to say. They hold
	// no cell values.
	Code, Message string
	At            time.Time
}

// Journal is the durable memory of a run.
type Journal interface {
	// Outcomes returns what was saved for a run, in the order of saving; of several
	// outcomes of one item the last counts, and the others may be left out.
	Outcomes(ctx context.Context, run string) ([]Outcome, error)
	// Save keeps an outcome. It is durable when Save returns.
	Save(ctx context.Context, o Outcome) error
}

// finding says what an outcome means for its row.
func (o Outcome) finding() finding.Finding {
	f := finding.Finding{Severity: finding.Error, Code: o.Code, Row: o.Row, Message: o.Message}
	switch o.Code {
	case CodeManager:
		f.Column = plan.Manager
	case CodeEnd:
		f.Column = plan.ContractEnd
	case CodeEstablishment:
		f.Column = plan.Establishment
	}
	if o.Row == 0 {
		f.Message = fmt.Sprintf("employee %d: %s", o.EmployeeID, f.Message)
	}
	return f
}
