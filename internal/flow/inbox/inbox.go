// Package inbox takes the files of a flow from its remote or from a person into the spool, and
// puts them away once their run has its outcome.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/wrap"
)

// Store is what is known of files that came, and of their runs.
type Store interface {
	flow.History
	Plans
	Pickups
}

// Plans keeps the plans of runs.
type Plans interface {
	Plan(ctx context.Context, run string) (state.PlanRecord, error)
}

// Pickups keeps the files that were taken.
type Pickups interface {
	PickupJournal() pickup.Journal
	PickupOf(ctx context.Context, run string) (pickup.Record, error)
	LastPickup(ctx context.Context, flow string, until time.Time) (pickup.Record, error)
}

// StoreOf is the part of the state that an inbox needs; nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		flow.History
		Plans
		Pickups
	}{s.History(), s.Plans(), s.Pickups()}
}

// Inbox is where the files of a flow come from.
type Inbox struct {
	Flow string
	From pickup.Source
	// Stores: what a file holds is stored by itself, as hires are, and the plans of runs are not
	// made of files. It may be read again, as what is known already is not stored twice.
	Stores bool
	// Unwrap are the steps from what comes to a plain file.
	Unwrap wrap.UnwrapConfig
	Expect Expectation
	// Known is nil in a dry run before the first run.
	Known Store
	// Journal is Known's; before the first run it knows of nothing.
	Journal pickup.Journal
	// Steady is what the last look found, by flow: all runs of the process share it.
	Steady *sync.Map
	Room   *spool.Room
	// Spool is the folder of all runs.
	Spool  string
	Logger *slog.Logger
	// Language is that of the reports beside a file; empty for English.
	Language message.Language
}

// The folders of a run's spool: what came, and what was unwrapped of it.
const (
	incoming  = "incoming"
	unwrapped = "plain.csv"
)

// File is one that came.
type File struct {
	// File is what came; Plain what was unwrapped of it.
	run.File
	// Folder is that of its run in the spool, Path the plain file, once it was unwrapped.
	Folder, Path string
	// Local: a person gave it.
	Local bool
	// Duplicate is the run that has dealt with the same content, or empty.
	Duplicate string
	// Waiting counts the files behind it.
	Waiting int

	taken   *pickup.Taken
	settled pickup.Settled
}

// ModTime is when it was written, as its remote says; the zero time of one that a person gave.
func (f File) ModTime() time.Time {
	if f.taken == nil {
		return time.Time{}
	}
	return f.taken.ModTime
}

// Picked reports whether it came from a remote, and was not put away before.
func (f File) Picked() bool { return f.taken != nil }

// Arrival is what a look for a file found.
type Arrival struct {
	// File is nil where none came: then Outcome and Reason are those of the run.
	File     *File
	Outcome  run.Outcome
	Reason   string
	Findings []finding.Finding
}

// AtFault reports whether a file is at fault, and not what it goes through.
func AtFault(err error) bool {
	if errors.Is(err, spool.ErrFull) {
		return false // whatever the format made of a write that failed
	}
	for _, fault := range []error{tabular.ErrRefused, wrap.ErrFormat, wrap.ErrTooLarge, wrap.ErrSignature} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// Take brings the oldest file of the remote into the spool of a run, or before that what was kept of
// one that the remote has no more. What was found counts beside an error, too.
func (b Inbox) Take(ctx context.Context, r state.Record, folder string) (Arrival, error) {
	ctx, end := step.Begin(ctx, step.Pickup)
	defer end()
	if a, err := b.takeKept(ctx, Arrival{}, r.ID, folder); a.File != nil || err != nil {
		return a, err
	}
	from := b.source()
	seen, _ := b.Steady.Load(b.Flow)
	from.Steady, _ = seen.(pickup.Steady)
	found, err := pickup.Look(ctx, from, b.Journal, b.Flow)
	if err != nil {
		return Arrival{}, err
	}
	b.Steady.Store(b.Flow, pickup.Steady{At: flow.Now(), Files: found.Files})
	a := Arrival{Findings: aboutFound(found, b.From.Pattern)}
	if a, err = b.takeKept(ctx, a, r.ID, folder); a.File != nil || err != nil {
		return a, err // its server took it away when it was looked at
	}
	var refused error
	for i, file := range found.Files {
		taken, err := pickup.Take(ctx, request(b, b.source(), r.ID, folder, file))
		if errors.Is(err, pickup.ErrTaken) || errors.Is(err, pickup.ErrChanged) {
			a.Findings = append(a.Findings, flow.Warning("skipped_taken", err.Error()+": the next run looks again"))
			continue
		}
		if errors.Is(err, pickup.ErrRefused) {
			refused = errors.Join(refused, err)
			continue
		}
		if err != nil {
			return a, err
		}
		if refused != nil { // what nobody may read must not stop the others for ever
			a.Findings = append(a.Findings, flow.Warning("pickup", flow.Sentence(refused)))
		}
		return b.accept(ctx, a, r.ID, File{Folder: folder, taken: taken, Waiting: len(found.Files) - i - 1}), nil
	}
	if refused != nil {
		return a, refused
	}
	return b.none(ctx, a, r.StartedAt)
}

// accept notes the file that was taken.
func (b Inbox) accept(ctx context.Context, a Arrival, id string, f File) Arrival {
	t := f.taken
	f.File, f.Duplicate = run.File{Name: t.Name, Bytes: t.Bytes, SHA256: t.SHA256}, t.Duplicate
	b.Logger.InfoContext(ctx, "file.fetched", "flow", b.Flow, "run", id, "remote", b.From.Name,
		"file", remote.Line(t.Name), "bytes", t.Bytes, "sha256", t.SHA256)
	if t.Warning != nil {
		a.Findings = append(a.Findings, flow.Warning("pickup", flow.Sentence(t.Warning)))
	}
	if f.Waiting > 0 {
		a.Findings = append(a.Findings, flow.Warning("files_waiting", fmt.Sprintf("%d more files wait: each run takes one, the oldest first", f.Waiting)))
	}
	a.File = &f
	if f.Duplicate != "" {
		a.Outcome, a.Reason = run.Nothing, DealtWith(f.Duplicate)
	}
	return a
}

// DealtWith is the reason of a run that found the content of an earlier one.
func DealtWith(earlier string) string {
	return fmt.Sprintf("the file has the content that run %s dealt with", earlier)
}

// Peek copies the file that the next run would take.
func (b Inbox) Peek(ctx context.Context, folder string) (a Arrival, err error) {
	ctx, end := step.Begin(ctx, step.Pickup)
	defer end()
	if a, err = peekKept(b, folder); a.File == nil && err == nil {
		a, err = peekRemote(ctx, b, folder)
	}
	if a.File == nil {
		return a, err
	}
	earlier, seen, err := b.Journal.Seen(ctx, b.Flow, a.File.SHA256)
	if seen {
		a.Outcome, a.Reason, a.File.Duplicate = run.Nothing, DealtWith(earlier), earlier
	}
	return a, err
}

// Copy takes a file that a person gave.
func (b Inbox) Copy(path, folder string) (*File, error) {
	name := filepath.Base(path)
	if err := remote.CheckName(name); err != nil {
		return nil, fault.Of(run.ErrUsage, "--file: %w", err)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, fault.Of(run.ErrUsage, "--file: %w", err)
	}
	defer in.Close()
	file, err := b.Room.Replace(filepath.Join(folder, incoming, name), func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("copy %q: %w", name, err)
	}
	return &File{File: *flow.FileOf(file), Folder: folder, Local: true}, nil
}

// Plain undoes the wrapping of a file that came. The file is returned beside an error, too.
func (b Inbox) Plain(ctx context.Context, f File) (File, error) {
	ctx, end := step.Begin(ctx, step.Read)
	defer end()
	came := filepath.Join(f.Folder, incoming, f.Name)
	if len(b.Unwrap) == 0 {
		f.Path = came
		return f, nil
	}
	u, err := wrap.NewUnwrapper(b.Unwrap)
	if err != nil {
		return f, err
	}
	in, err := spool.Open(came)
	if err != nil {
		return f, err
	}
	defer in.Close()
	// The name inside is only known at the end, and is a stranger's.
	f.Path = filepath.Join(f.Folder, unwrapped)
	name := ""
	plain, err := b.Room.Replace(f.Path, func(w io.Writer) error {
		name, err = u.Unwrap(ctx, w, wrap.File{Content: in, Size: f.Bytes, Name: f.Name}, wrap.Caps{TempDir: f.Folder})
		return err
	})
	if err != nil {
		return f, err
	}
	f.Plain = flow.FileOf(plain)
	f.Plain.Name = remote.Line(name)
	return f, nil
}

// Again returns the file of a run that goes on. It has no name where none is known any more.
func (b Inbox) Again(ctx context.Context, r state.Record) (File, error) {
	f := File{Folder: filepath.Join(b.Spool, r.ID)}
	var err error
	if f.taken, err = b.takenBy(ctx, r.ID); err != nil {
		return f, err
	}
	switch {
	case r.File != nil:
		f.File = *r.File
	case f.taken != nil:
		f.File = run.File{Name: f.taken.Name, Bytes: f.taken.Bytes, SHA256: f.taken.SHA256}
	}
	f.Path = filepath.Join(f.Folder, unwrapped)
	if len(b.Unwrap) == 0 && f.Name != "" {
		f.Path = filepath.Join(f.Folder, incoming, f.Name)
	}
	return f, nil
}

// takenBy returns the file that a run has and has not put away; nil when there is none.
func (b Inbox) takenBy(ctx context.Context, run string) (*pickup.Taken, error) {
	p, err := b.Known.PickupOf(ctx, run)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil || p.Step != pickup.StepFetched {
		return nil, err
	}
	return pickup.Resume(b.source(), b.Journal, p), nil
}
