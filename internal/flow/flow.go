// Package flow carries a run from its beginning to its end, whichever kind of flow it is of
// and whoever began it: a command, a person who approves, or a queue. What the run does is a
// function of packages export, imports and hires below it, from values to a Result.
package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// Why a held run cannot be approved any more. Each is a run.ErrUsage, too.
var (
	// ErrChanged: the flow is not configured as it was when the run was held.
	ErrChanged = errors.New("the configuration of the flow changed since the plan was made")
	// ErrSuperseded: a newer file of the flow was delivered or applied since.
	ErrSuperseded = errors.New("a newer file was delivered since")
	// ErrFileGone: the file of the run is not in the spool any more, or another one is.
	ErrFileGone = errors.New("the held file is not in the spool as it was made, or in that of another node, which can approve it")
	// ErrExpired: a held plan can be approved for seven days.
	ErrExpired = errors.New("the approval came too late")
	// ErrRestored: the state is an older copy that was put back after the run was held.
	ErrRestored = errors.New("the state was put back from an older copy since")
)

// Work does what a kind of flow does in a run. What is known of the Result counts also beside
// an error, which is why the run stopped.
type Work func(ctx context.Context) (Result, error)

// Result is what a run came to, with what a command shows of it.
type Result struct {
	run.Result
	// Log is what was found; Omitted counts what an earlier attempt of the same run found and
	// did not list.
	Log     finding.Log
	Omitted []finding.Omitted
	// Earlier is what a person should know of the deliveries of earlier runs, whatever becomes
	// of this one.
	Earlier []finding.Finding
	// Sent: something has left, or the file was given back, so that a run that was held cannot
	// wait any longer.
	Sent bool

	// Path is the plain file in the spool that an export made, Preview its header and first rows.
	Path    string
	Preview [][]string
	// Receipt is set when a file was delivered.
	Receipt *delivery.Receipt
	// Plan is what a change of Lucca would be, or was.
	Plan *plan.Plan
	// Names are those of whom the items of Plan are about, in their order; nil but in a dry run.
	Names []string
	// Waiting counts the files that wait for another run.
	Waiting int
	// Place is where the file was put on its remote, Reports what was put beside it.
	Place   string
	Reports []string
	// Only is set when one employee was asked for in a dry run.
	Only []explain.Explanation
	// Difference is set when a dry run was asked what is otherwise than in the last file.
	Difference *export.Difference
}

// From is the Result that a run has so far, with what was found in it.
func From(r state.Record) Result {
	out := Result{Result: r.Result, Omitted: r.Omitted}
	out.Log.Add(r.Findings...)
	return out
}

// record puts the result into the record of its run.
func (r *Result) record(to *state.Record) {
	to.Result, to.Findings = r.Result, r.Log.Listed
	to.Omitted = append(r.Omitted[:len(r.Omitted):len(r.Omitted)], finding.Tally(r.Log.Rest())...)
}

// Warn adds a warning to what was found.
func (r *Result) Warn(code, message string) { r.Log.Add(Warning(code, message)) }

// Warning is a finding that is about no row.
func Warning(code, message string) finding.Finding {
	return finding.Finding{Severity: finding.Warning, Code: code, Message: message}
}

// Now is the time as the store keeps it, so that a run is shown the same right away and later.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// FileOf is what the store keeps of a file of the spool.
func FileOf(f spool.File) *run.File {
	return &run.File{Name: filepath.Base(f.Path), Bytes: f.Bytes, SHA256: f.SHA256}
}

// MakeFolder makes a run's folder of working files.
func MakeFolder(room *spool.Room, path string) error {
	room.Measure()
	return spool.MakeFolder(path)
}

// WriteReport writes what was found, if anything was, as a file that a spreadsheet opens, in a
// language.
func WriteReport(room *spool.Room, l message.Language, path string, log *finding.Log) error {
	if len(log.Listed) == 0 {
		return nil
	}
	_, err := room.Replace(path, func(w io.Writer) error { return userfile.WriteReport(w, Words(l), log.Listed, log.Rest()) })
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Words are the texts of a language for what is about days and not about instants.
func Words(l message.Language) message.Printer { return message.In(l, time.UTC) }

// RejectedRows is the reason of a run that had some.
func RejectedRows(n int) string {
	if n == 1 {
		return "1 row was rejected: see the findings"
	}
	return fmt.Sprintf("%d rows were rejected: see the findings", n)
}

// JoinReasons makes one sentence of those that are not empty.
func JoinReasons(reasons ...string) string {
	text := ""
	for _, r := range reasons {
		switch {
		case r == "":
		case text == "":
			text = r
		default:
			text += "; " + r
		}
	}
	return text
}

// NotFromBefore refuses a decision on a run that is known from a copy of the state.
func NotFromBefore(ctx context.Context, store interface {
	BeforeRestore(ctx context.Context, run string) (bool, error)
}, id string,
) error {
	before, err := store.BeforeRestore(ctx, id)
	if err != nil || !before {
		return err
	}
	return fault.Of(run.ErrUsage, "what came after run %s is not known any more: reject run %s, and run the flow again: %w", id, id, ErrRestored)
}

// Errors reports whether a finding that is listed is an error.
func (r *Result) Errors() bool { return finding.Count(r.Log.Listed, finding.Error) > 0 }
