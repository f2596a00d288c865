package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"lucca-exchange/internal/finding"
)

// Kind is what a flow does.
type Kind string

// The kinds of flows.
const (
	Export Kind = "export"
	Import Kind = "import"
	Hires  Kind = "hires"
)

// Outcome is how a run ended; empty while it has not.
type Outcome string

// The outcomes. All but Held are final.
const (
	// Done: everything that was to be done is done.
	Done Outcome = "done"
	// Nothing: there was nothing to do.
	Nothing Outcome = "nothing"
	// Rejections: done, but for rows that were rejected.
	Rejections Outcome = "rejections"
	// Held: nothing was sent or applied; a person approves or rejects the run.
	Held Outcome = "held"
	// Failed: the run stopped on a fault.
	Failed Outcome = "failed"
	// Canceled: the run was interrupted on request, or rejected while it was held.
	Canceled Outcome = "canceled"
)

func outcomes() []Outcome {
	return []Outcome{Done, Nothing, Rejections, Held, Failed, Canceled}
}

// ExitCode is the exit code of a command that executed the run: 0 done or nothing, 3
// rejections, 4 held, 1 anything else. A command that rejects a held run itself exits
// with 0, and one that a signal interrupts with 130: those are theirs to say.
func (o Outcome) ExitCode() int {
	switch o {
	case Done, Nothing:
		return 0
	case Rejections:
		return 3
	case Held:
		return 4
	default:
		return 1
	}
}

// Run is one execution of a flow, and in JSON the run document. What does not apply is
// zero, and absent from the document.
type Run struct {
	ID   string `json:"id"`
	Flow string `json:"flow"`
	Kind Kind   `json:"kind"`
	// Slot is the instant at which the flow was due, in the flow's zone, whose offset is
	// kept; for a run that a person started, the instant at which they did.
	Slot time.Time `json:"slot,omitzero"`
	// Scheduled says that the schedule began the run, for Slot, which has no second one.
	Scheduled bool `json:"-"`
	// Resumable says that a queue continues the run after the death of its process, so
	// that Recover leaves it alone.
	Resumable bool `json:"-"`
	// Attempt is how often a process has taken the run: 1 by Begin, one more by each
	// Resume and Claim. It is the store's to set.
	Attempt int `json:"-"`
	// Sequence orders runs by when they began, also when the clock was set in between. It is
	// the store's to set.
	Sequence int64 `json:"-"`
	// StartedAt and FinishedAt are read back in UTC, to the microsecond. FinishedAt is
	// when the present outcome was reached.
	StartedAt  time.Time         `json:"started_at"`
	FinishedAt time.Time         `json:"finished_at,omitzero"`
	Outcome    Outcome           `json:"outcome,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Rows       *Rows             `json:"rows,omitempty"`
	File       *File             `json:"file,omitempty"`
	Changes    *Changes          `json:"changes,omitempty"`
	Limits     []Limit           `json:"limits,omitempty"`
	Requests   *Requests         `json:"requests,omitempty"`
	Findings   []finding.Finding `json:"findings,omitempty"`
	// Omitted counts the findings that are not listed.
	Omitted []finding.Omitted `json:"omitted,omitempty"`
}

// Rows counts the rows of a run: read from the source, sent on, and rejected.
type Rows struct {
	Read     int `json:"read"`
	Sent     int `json:"sent"`
	Rejected int `json:"rejected"`
}

// File is the file that a run sent or read.
type File struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	// SHA256 is in lower-case hexadecimal.
	SHA256 string `json:"sha256"`
	// Plain is what the file was made of, where it was wrapped: encryption gives other
	// bytes each time, so that only the plain hash tells whether two runs sent the same.
	Plain *File `json:"plain,omitempty"`
	// Partial: the file has some rows of another one, such as those that were rejected from
	// it and then mended. It is no measure for the next.
	Partial bool `json:"partial,omitempty"`
}

// Changes counts what an import does to employees.
type Changes struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	End       int `json:"end"`
	Rehire    int `json:"rehire"`
	Unchanged int `json:"unchanged"`
	Reject    int `json:"reject"`
}

// Limit is one bound that a run was held against. Value and Bound carry their unit, as a
// person writes them: "12.5%" against "10%", or "0" against "1".
type Limit struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Bound string `json:"bound"`
	// Held says that this limit held the run.
	Held bool `json:"held"`
}

// Requests counts the requests that a run made.
type Requests struct {
	Lucca int `json:"lucca"`
	// Polled tells that the ATS of a hires flow was asked for hires, and answered.
	Polled bool `json:"polled,omitempty"`
}

// NewRunID returns an identifier for a run that starts at t: the instant in UTC and six
// random hexadecimal digits, 20261122-215900-7f3a2c. Identifiers sort by time, are safe as
// file names, and short enough to type.
func NewRunID(t time.Time) string {
	var b [3]byte
	// crypto/rand.Read never returns an error: it ends the program instead.
	_, _ = rand.Read(b[:])
	return t.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

// facts is the part of a run that is stored as one JSON text: nothing is searched by it.
type facts struct {
	Rows     *Rows     `json:"rows,omitempty"`
	File     *File     `json:"file,omitempty"`
	Changes  *Changes  `json:"changes,omitempty"`
	Limits   []Limit   `json:"limits,omitempty"`
	Requests *Requests `json:"requests,omitempty"`

	Omitted []finding.Omitted `json:"omitted,omitempty"`
}

func (r *Run) facts() facts {
	return facts{Rows: r.Rows, File: r.File, Changes: r.Changes, Limits: r.Limits, Requests: r.Requests, Omitted: r.Omitted}
}

func (r *Run) setFacts(f facts) {
	r.Rows, r.File, r.Changes, r.Limits, r.Requests = f.Rows, f.File, f.Changes, f.Limits, f.Requests
	r.Omitted = f.Omitted
}

// errIncomplete is a mistake of the caller, not of a user.
var errIncomplete = errors.New("incomplete run")

func (r *Run) checkBegin() error {
	if r.ID == "" || r.Flow == "" || r.Kind == "" || r.StartedAt.IsZero() {
		return fmt.Errorf("begin run: want id, flow, kind and start: %w", errIncomplete)
	}
	if r.Scheduled && r.Slot.IsZero() {
		return fmt.Errorf("begin run: want the slot of a scheduled run: %w", errIncomplete)
	}
	return nil
}

func (r *Run) checkFinish() error {
	if !slices.Contains(outcomes(), r.Outcome) || r.FinishedAt.IsZero() {
		return fmt.Errorf("finish run %q: want an outcome and an end: %w", r.ID, errIncomplete)
	}
	return nil
}
