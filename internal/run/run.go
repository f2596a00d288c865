// Package run holds the words for one execution of a flow: what it is, what it counted and
// how it ended. Flows return them, the store keeps them, and everybody else shows them.
//
// The verbs of a run, each with this one meaning: a held run is approved or rejected by a
// person; a run that can go on later is requeued; one at work is canceled; a lock is
// unlocked; a file that was taken is given back, or put away; what was cut off is settled. A file
// or a plan is judged by its limits.
//
// The JSON of these types is the run document (run --json, runs --json, API): a public
// interface, which the store does not use for what it keeps.
package run

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"time"
)

// ErrUsage is wrapped by errors about what was asked for, such as a flow that does not
// exist: a command ends with exit code 2.
var ErrUsage = errors.New("wrong request")

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

// Unstarted begins the reason of a run that failed before it could do anything, since this machine
// lets it not: a file of another account, a secret that cannot be read. It comes again until
// somebody mends that.
const Unstarted = "the flow cannot start: "

// Valid reports whether o is one of the outcomes, which the empty one is not.
func (o Outcome) Valid() bool {
	switch o {
	case Done, Nothing, Rejections, Held, Failed, Canceled:
		return true
	}
	return false
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

// Run is one execution of a flow. What does not apply is zero, and absent from the document.
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
	// that nobody else calls it failed.
	Resumable bool `json:"-"`
	// Attempt is how often a process has taken the run. It is the store's to set.
	Attempt int `json:"-"`
	// Sequence orders runs by when they began, also when the clock was set in between. It is
	// the store's to set.
	Sequence int64 `json:"-"`
	// StartedAt and FinishedAt are read back in UTC, to the microsecond. FinishedAt is
	// when the present outcome was reached.
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	Result
}

// Result is what a run came to.
type Result struct {
	Outcome Outcome `json:"outcome,omitempty"`
	// Reason is one sentence, for whoever wonders about the outcome.
	Reason   string    `json:"reason,omitempty"`
	Rows     *Rows     `json:"rows,omitempty"`
	File     *File     `json:"file,omitempty"`
	Changes  *Changes  `json:"changes,omitempty"`
	Limits   []Limit   `json:"limits,omitempty"`
	Requests *Requests `json:"requests,omitempty"`
	// People are those whom the file of an export has otherwise than the last one; nil before that.
	People *People `json:"people,omitempty"`
	// Durations are what the run did, and for how long.
	Durations []Step `json:"durations,omitempty"`
}

// Took is how long the run was at work: not for as long as it waited for a person, and not less than
// nothing where the clock was set back meanwhile.
func (r Run) Took() (d time.Duration) {
	for _, s := range r.Durations {
		d += time.Duration(s.Seconds * float64(time.Second))
	}
	lasted := max(r.FinishedAt.Sub(r.StartedAt), 0)
	if len(r.Durations) == 0 || lasted > 0 && d > lasted {
		return lasted
	}
	return d
}

// Step is a part of a run, such as send, and how long it took.
type Step struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// Sum adds steps to others. What was done several times is one step.
func Sum(steps []Step, more ...Step) []Step {
	out := slices.Clone(steps)
	for _, s := range more {
		if at := slices.IndexFunc(out, func(o Step) bool { return o.Name == s.Name }); at >= 0 {
			out[at].Seconds += s.Seconds
		} else {
			out = append(out, s)
		}
	}
	return out
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
	// Unclosed: no line end closes the last row. One that follows files with a line end was cut.
	Unclosed bool `json:"unclosed,omitempty"`
	// Descriptor is the file that is sent beside it and says what is in it, if any.
	Descriptor *File `json:"descriptor,omitempty"`
	// Parts are what the file is sent as, where that is more than one: the file itself then
	// stays here.
	Parts []Part `json:"parts,omitempty"`
}

// Part is one of the files that a file is sent as.
type Part struct {
	File
	// Establishment is the one whose people are in it, by name, and EstablishmentID by Lucca id.
	Establishment   string `json:"establishment,omitempty"`
	EstablishmentID int    `json:"establishment_id,omitempty"`
	// Rows counts the people in it.
	Rows int `json:"rows"`
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

// People counts those of a partner's file who were not in the last one, those of the last one who
// are not in it, and those of both of whom some value is another.
type People struct {
	Joined  int `json:"joined"`
	Left    int `json:"left"`
	Changed int `json:"changed"`
}

// Limit is a bound within which a run goes through by itself, and how much of it the run used.
// Value and Bound carry their unit, as a person writes them: "12.5%" against "10%", or "0" against
// "1".
type Limit struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Bound string `json:"bound"`
	// Held says that this limit held the run.
	Held bool `json:"held"`
	// Reason says why in a sentence. The reason of the run keeps it.
	Reason string `json:"-"`
}

// Requests counts the requests that a run made.
type Requests struct {
	Lucca int `json:"lucca"`
	// Polled tells that the ATS of a hires flow was asked for hires, and answered.
	Polled bool `json:"polled,omitempty"`
}

// NewID returns an identifier for a run that starts at t: the instant in UTC and six
// random hexadecimal digits, 20261122-215900-7f3a2c. Identifiers sort by time, are safe as
// file names, and short enough to type.
func NewID(t time.Time) string {
	var b [3]byte
	// crypto/rand.Read never returns an error: it ends the program instead.
	_, _ = rand.Read(b[:])
	return t.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}
