package state

import (
	"errors"
	"fmt"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Record is a run with what was found in it, as the store keeps it. In JSON it is the run
// document.
type Record struct {
	run.Run
	Findings []finding.Finding `json:"findings,omitempty"`
	// Omitted counts the findings that are not listed.
	Omitted []finding.Omitted `json:"omitted,omitempty"`
}

// errIncomplete is a mistake of the caller, not of a user.
var errIncomplete = errors.New("incomplete run")

func (r *Record) checkBegin() error {
	if r.ID == "" || r.Flow == "" || r.Kind == "" || r.StartedAt.IsZero() {
		return fmt.Errorf("begin run: want id, flow, kind and start: %w", errIncomplete)
	}
	if r.Scheduled && r.Slot.IsZero() {
		return fmt.Errorf("begin run: want the slot of a scheduled run: %w", errIncomplete)
	}
	return nil
}

func (r *Record) checkFinish() error {
	if !r.Outcome.Valid() || r.FinishedAt.IsZero() {
		return fmt.Errorf("finish run %q: want an outcome and an end: %w", r.ID, errIncomplete)
	}
	return nil
}
