package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Kind is what an event says of a run.
type Kind string

// The kinds of events. Only those of BadEnds can be listed in on:.
const (
	Started    Kind = "started"
	Done       Kind = "done"
	Nothing    Kind = "nothing"
	Failed     Kind = "failed"
	Held       Kind = "held"
	Rejections Kind = "rejections"
	Missing    Kind = "missing" // no file was found by expect_by
	Canceled   Kind = "canceled"
	// Warned is Done, with a warning that somebody has to see in time.
	Warned Kind = "warning"
	// Summary is about no run: it is the digest of all of them.
	Summary Kind = "digest"
	// Trial is about no run: somebody tries whether a message arrives.
	Trial Kind = "test"
)

// Event is one thing that happened to a flow. Its texts are sent as they are: none may hold
// a secret, the value of a cell, or a name or an address of an employee.
type Event struct {
	Kind Kind
	Flow string
	// Run is empty when the event is about no run.
	Run string
	// Again: nothing new has happened, and what was told may be told again.
	Again bool
	// Slots is how many passed without a run, of an event that is about them.
	Slots int
	// Ends is when something ends that Flow names, of an event that is about no run.
	Ends time.Time
	// Digest is set in a Summary.
	Digest *Digest
	// Outcome is the run's, as the store has it; Reason is one sentence.
	Outcome, Reason string
	Rows            run.Rows
	Findings        Findings
	// Approve holds the command lines that release or drop a held run, one per line.
	Approve string
	// Expires is when they cease to work, in the zone to show it in; zero for never.
	Expires time.Time
	// Page is the address of the console's page about it, where the console has an address that
	// others reach: the run, the plan of one that is held, or the hires that wait.
	Page string
}

// Findings sums up what there is to say about rows.
type Findings struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	// First are at most the first ten, one line each, errors first.
	First []string `json:"first,omitempty"`
}

// Summarize counts findings, those that are not listed too, and lists the first ten of them,
// errors before warnings.
func Summarize(all []finding.Finding, omitted []finding.Omitted) Findings {
	f := Findings{Errors: finding.Total(all, omitted, finding.Error), Warnings: finding.Total(all, omitted, finding.Warning)}
	for _, severity := range []finding.Severity{finding.Error, finding.Warning} {
		for _, one := range all {
			if one.Severity == severity && len(f.First) < maxListed {
				f.First = append(f.First, one.String())
			}
		}
	}
	return f
}

// verdict is what an event means to a target.
type verdict int

const (
	silence verdict = iota
	alarm
	recovery
)

// told is what a target was last told of a flow: the cause of an alarm, or an empty one when
// all was well.
type told struct {
	cause string
	at    time.Time
}

// judge decides whether an event is news to a target that was told this before, and what it
// then knows. Only the kinds in wanted raise an alarm.
func (t told) judge(e Event, wanted []Kind, now time.Time) (news verdict, cause string) {
	switch {
	case slices.Contains(wanted, e.Kind) && (e.Kind != Warned || !heals(e.Kind, kindOf(t.cause))):
		cause = e.cause()
		// A clock that was set back is no reason for silence.
		age := now.Sub(t.at)
		if cause == t.cause && age >= 0 && age < remindAfter {
			return silence, cause
		}
		return alarm, cause
	case heals(e.Kind, kindOf(t.cause)):
		return recovery, ""
	default:
		return silence, t.cause
	}
}

// heals tells whether a run that ended like this shows that what was wrong is over. A run
// that found nothing to do reached everything it needs, but the missing file is still
// missing, the rejected rows are still rejected and the held run still waits. Rejections,
// for a target that does not want to know of them, are a run that was done.
func heals(kind, earlier Kind) bool {
	switch kind {
	case Done:
		return earlier != ""
	case Warned:
		return earlier != "" && earlier != Warned
	case Nothing:
		return earlier == Failed
	case Rejections:
		return earlier == Failed || earlier == Missing
	default:
		return false
	}
}

// volatile is what differs between two runs that fail alike: days, and numbers of five and
// more digits such as the port of our end of a connection, a time or the date in a file's
// name. Smaller numbers are part of the reason: a status, a count, a limit.
var volatile = regexp.MustCompile(`\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?|\d{5,}`)

// cause identifies the reason of an event, so that the same one is told once. Every held
// run is a cause of its own, since each waits for a decision. It begins with the kind, and
// what follows is a digest.
func (e Event) cause() string {
	parts := []string{e.Reason}
	if e.Run != "" {
		parts[0] = strings.ReplaceAll(parts[0], e.Run, "")
	}
	parts[0] = volatile.ReplaceAllString(parts[0], "#")
	if e.Kind == Held {
		parts = append(parts, e.Run)
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Concat(parts, e.Findings.First), "\x00")))
	return string(e.Kind) + ":" + hex.EncodeToString(sum[:8])
}

// kindOf returns the kind that a cause began with; empty for an empty cause.
func kindOf(cause string) Kind {
	kind, _, _ := strings.Cut(cause, ":")
	return Kind(kind)
}

// BadEnds are the kinds that a target may ask for.
func BadEnds() []Kind { return []Kind{Failed, Held, Rejections, Missing, Warned} }
