// Package draft is user files on their way into an import: somebody brings one in a browser, sees
// what would be done of it, mends the cells that are wrong, and has it run. Until then nothing is
// changed and no run is on record, only who brought which file. A draft is for whoever brought it,
// is forgotten after an hour, and is in this process only: it does not outlive it, and another daemon
// on the same state does not have it, which is said to whoever asks there. So are dry runs of a flow.
package draft

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/userfile"
)

// Instance is what drafts are made with, of the configuration of now.
type Instance struct {
	Config *config.Config
	// Run rehearses a file, or has it run.
	Run func(ctx context.Context, flow string, q flow.Request) (flow.Report, error)
	// Record puts on record what somebody does.
	Record func(ctx context.Context, act audit.Entry) error
}

// Options say what a Desk works with.
type Options struct {
	Instance func() Instance
	// Background does work that goes on while an answer is given.
	Background func(ctx context.Context, work func(ctx context.Context))
	Logger     *slog.Logger
}

// The bounds of a desk.
const (
	// MaxBytes is how large a file may be.
	MaxBytes = 32 << 20
	// Kept is for how long a draft is, after somebody last did something with it.
	Kept = time.Hour
	// most is how many there may be at once: of each the whole file is planned.
	most = 16
)

// The errors, each also a run.ErrUsage.
var (
	// ErrGone says that there is no such draft, any more or for this account.
	ErrGone = errors.New("the file is no longer here: bring it again")
	// ErrChanged says that the draft is not as it was shown.
	ErrChanged = errors.New("the file has changed since it was shown")
	// ErrWorking says that the file is being looked at, or has begun to run.
	ErrWorking = errors.New("the file is being worked on: wait until that has ended")
	// ErrWrapped says that cells cannot be mended: what is mended could not be wrapped again.
	ErrWrapped = errors.New("the flow unwraps its files first: mend the file where it comes from, and bring it again")
	// ErrMost says that there are too many drafts, or dry runs.
	ErrMost = errors.New("too many files are being looked at: drop one, or try again later")
	// ErrNoDryRun says that there is no such dry run, any more or for this account.
	ErrNoDryRun = errors.New("the dry run is no longer here: make another one")
)

// Stage is how far a draft has come.
type Stage string

// The stages.
const (
	// Checking: the file is read and planned.
	Checking Stage = "checking"
	// Checked: Report says what would be done.
	Checked Stage = "checked"
	// Running: the file runs; it is gone from here when that has begun and ended.
	Running Stage = "running"
	// Ran: Report is that of the run.
	Ran Stage = "ran"
)

// Draft is a file as somebody brought it, or mended it since.
type Draft struct {
	ID, Flow, Name string
	// Owner is the account whose it is, as in the audit.
	Owner string
	Bytes int64
	// SHA256 is of the file as it is now, Mended how many cells are not as they came.
	SHA256 string
	Mended int
	Stage  Stage
	// Report is what was found, Fault why nothing could be.
	Report flow.Report
	Fault  error
	// Mends reports whether cells can be mended here: not in a file that is unwrapped first.
	Mends bool

	used time.Time
}

// Desk has all drafts of a process.
type Desk struct {
	options Options

	mu     sync.Mutex
	drafts map[string]*Draft
}

// NewDesk returns one without a draft.
func NewDesk(o Options) *Desk { return &Desk{options: o, drafts: make(map[string]*Draft)} }

// Bring takes a file for an import, and has it looked at. What is on record is its hash.
func (d *Desk) Bring(ctx context.Context, name string, content io.Reader, by audit.Entry) (id string, err error) {
	instance := d.options.Instance()
	f, err := instance.Config.Flow(by.Flow)
	if err != nil {
		return "", err
	}
	if f.Kind() != run.Import {
		return "", fault.Of(run.ErrUsage, "flow %s is no import", by.Flow)
	}
	if err := remote.CheckName(name); err != nil {
		return "", fault.Of(run.ErrUsage, "the name of the file cannot be used: call it users.csv")
	}
	one := &Draft{ID: rand.Text(), Flow: by.Flow, Name: name, Owner: by.Who, Stage: Checking, Mends: len(f.Unwrap) == 0, used: flow.Now()}
	if err := d.add(one); err != nil {
		return "", d.options.refused(ctx, by, err)
	}
	defer func() {
		if err != nil {
			d.forget(one.ID)
		}
	}()
	file, err := spool.Write(d.path(one), func(w io.Writer) error { _, err := io.Copy(w, content); return err })
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	d.become(one.ID, func(now *Draft) { now.SHA256, now.Bytes = file.SHA256, file.Bytes })
	by.Hash = file.SHA256
	if err := instance.Record(ctx, by); err != nil {
		return "", err
	}
	d.check(ctx, *one)
	return one.ID, nil
}

func (d *Desk) add(one *Draft) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, old := range d.drafts {
		if old.Stage != Checking && old.Stage != Running && flow.Now().Sub(old.used) > Kept {
			d.remove(id)
		}
	}
	if len(d.drafts) >= most {
		return fmt.Errorf("%w: %w", run.ErrUsage, ErrMost)
	}
	d.drafts[one.ID] = one
	return nil
}

// folder is that of a draft in the spool. One that is left behind is removed like that of a dry run.
func (d *Desk) folder(id string) string {
	return filepath.Join(d.options.Instance().Config.Spool, flow.RehearsalPrefix+"draft-"+id)
}

// path is where a draft is, each mended one beside the one before.
func (d *Desk) path(one *Draft) string {
	return filepath.Join(d.folder(one.ID), strconv.Itoa(one.Mended), one.Name)
}

// check has a draft looked at, while an answer is given.
func (d *Desk) check(ctx context.Context, one Draft) {
	instance := d.options.Instance()
	d.options.Background(ctx, func(ctx context.Context) {
		report, err := instance.Run(ctx, one.Flow, flow.Request{DryRun: true, File: d.path(&one)})
		d.become(one.ID, func(now *Draft) { now.Stage, now.Report, now.Fault = Checked, report, err })
	})
}

// become changes a draft that is still there.
func (d *Desk) become(id string, change func(*Draft)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, ok := d.drafts[id]; ok {
		change(one)
		one.used = flow.Now()
	}
}

// Get is a draft of an account, as it is now.
func (d *Desk) Get(id, who string) (Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, ok := d.drafts[id]
	if !ok || one.Owner != who {
		return Draft{}, fmt.Errorf("%w: %w", run.ErrUsage, ErrGone)
	}
	one.used = flow.Now()
	return *one, nil
}

// Of are the drafts of an account.
func (d *Desk) Of(who string) (list []Draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.drafts {
		if one.Owner == who {
			list = append(list, *one)
		}
	}
	return list
}

// begin takes a draft that was looked at, as it was shown, into another stage.
func (d *Desk) begin(id, seen string, by audit.Entry, next Stage) (Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, ok := d.drafts[id]
	switch {
	case !ok || one.Owner != by.Who:
		return Draft{}, fmt.Errorf("%w: %w", run.ErrUsage, ErrGone)
	case one.Stage != Checked:
		return Draft{}, fmt.Errorf("%w: %w", run.ErrUsage, ErrWorking)
	case one.SHA256 != seen:
		return Draft{}, fmt.Errorf("%w: %w", run.ErrUsage, ErrChanged)
	}
	one.Stage, one.used = next, flow.Now()
	return *one, nil
}

// refused puts on record that something was not done with a draft or dry run, and why: not with one
// that is gone, of which nobody knows any more whose it was.
func (o Options) refused(ctx context.Context, by audit.Entry, why error) error {
	for _, known := range []struct {
		err  error
		code string
	}{{ErrChanged, "changed since"}, {ErrWorking, "busy"}, {ErrWrapped, "not possible"}, {ErrMost, "too many"}, {userfile.ErrNoCell, "no such cell"}} {
		if errors.Is(why, known.err) {
			by.Note, by.Act = fmt.Sprintf("%s: %s", by.Act, known.code), audit.Refused
			return errors.Join(why, o.Instance().Record(ctx, by))
		}
	}
	return why
}

// Run has the file run that was shown: the flow applies it, or holds it for whoever decides. By is
// who brought it, with the hash that they saw.
func (d *Desk) Run(ctx context.Context, id string, by audit.Entry) error {
	one, err := d.begin(id, by.Hash, by, Running)
	if err != nil {
		return d.options.refused(ctx, by, err)
	}
	instance := d.options.Instance()
	by.Flow = one.Flow
	d.options.Background(ctx, func(ctx context.Context) {
		report, err := instance.Run(ctx, one.Flow, flow.Request{File: d.path(&one), By: by})
		if report.Run.ID == "" || report.Run.StartedAt.IsZero() || err != nil && report.Run.Outcome == "" {
			d.options.Logger.WarnContext(ctx, "draft.failed", "flow", one.Flow, "err", err)
			d.become(id, func(now *Draft) { now.Stage, now.Fault = Checked, err })
			return
		}
		d.become(id, func(now *Draft) { now.Stage, now.Report, now.Fault = Ran, report, nil })
		if err := spool.Remove(d.folder(id)); err != nil {
			d.options.Logger.WarnContext(ctx, "draft.left", "err", err)
		}
	})
	return nil
}

// Drop forgets a draft.
func (d *Desk) Drop(id, who string) error {
	one, err := d.Get(id, who)
	if err != nil {
		return err
	}
	if one.Stage == Checking || one.Stage == Running {
		return fmt.Errorf("%w: %w", run.ErrUsage, ErrWorking)
	}
	d.forget(id)
	return nil
}

func (d *Desk) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(id)
}

// remove forgets a draft and its file; what cannot be removed is purged with old dry runs.
func (d *Desk) remove(id string) {
	delete(d.drafts, id)
	if err := spool.Remove(d.folder(id)); err != nil {
		d.options.Logger.Warn("draft.left", "err", err)
	}
}
