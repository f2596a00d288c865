package inspect

import (
	"context"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// HireDecision is what somebody decides about a hire that they were shown.
type HireDecision struct {
	// ID is the hire's, whole.
	ID string
	// Seen is when it had last changed as it was shown.
	Seen time.Time
	// Employee is Lucca's id of whom it is linked with, and Fill what was filled in, by field.
	Employee int
	Fill     map[string]string
	// By is the line of the audit, whose act says what is decided: RetryHire, DropHire, LinkHire or
	// FillHire.
	By audit.Entry
}

// Hire is a recruited candidate.
type Hire struct {
	ID         string    `json:"id"`
	Flow       string    `json:"flow"`
	Source     string    `json:"source"`
	State      string    `json:"state"`
	Reason     string    `json:"reason,omitempty"`
	Run        string    `json:"run,omitempty"`
	EmployeeID int       `json:"employee_id,omitempty"`
	Received   time.Time `json:"received_at"`
	Updated    time.Time `json:"updated_at"`
	// Name is empty once the event was purged.
	Name string `json:"name,omitempty"`
}

// Hires lists the hires that a filter chooses, the newest first. It is never nil beside a nil error.
// The error is state.ErrNotFound where the hire is gone that they are to come after.
func (i Inspector) Hires(ctx context.Context, which state.HireFilter) ([]Hire, error) {
	if which.Flow != "" {
		f, err := i.Config.Flow(which.Flow)
		if err != nil {
			return nil, err
		}
		if f.Hires == nil {
			return nil, fault.Of(run.ErrUsage, "%s is not a hires flow", which.Flow)
		}
	}
	list := []Hire{}
	if i.Store == nil {
		return list, nil
	}
	stored, err := i.Store.Hires(ctx, which)
	if err != nil {
		return nil, err
	}
	for _, h := range stored {
		list = append(list, i.Hire(h))
	}
	return list, nil
}

// Hire shows one that was kept.
func (i Inspector) Hire(h state.Hire) Hire {
	out := Hire{
		ID: h.ID, Flow: h.Flow, Source: h.Source, State: h.State, Reason: h.Reason, Run: h.Run,
		EmployeeID: h.EmployeeID, Received: h.Received, Updated: h.Updated,
	}
	if e, err := i.Event(h); err == nil {
		out.Name = e.FirstName + " " + e.LastName
	}
	return out
}
