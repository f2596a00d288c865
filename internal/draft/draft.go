// Package draft is user files on their way into an import: somebody brings one in a browser, sees
// what would be done of it, mends the cells that are wrong, and has it run. Until then nothing is
// changed and no run is on record, only who brought which file. A draft is for whoever brought it, is
// kept in the state, so that whichever process is asked has it, and is forgotten an hour after somebody
// last looked at it. So are dry runs of a flow. One that a process was at when it ended is forgotten
// within minutes: what was begun is a run on record, or nothing.
package draft

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// Instance is what drafts are made with, of the configuration of now.
type Instance struct {
	Config *config.Config
	// Run rehearses a file, or has it run.
	Run func(ctx context.Context, flow string, q flow.Request) (flow.Report, error)
	// Store keeps drafts, Record puts on record what was refused.
	Store  state.Drafts
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
	// lease is for how long what is worked on is kept without a sign from the process that is at it,
	// which gives one several times in between.
	lease, sign = 3 * time.Minute, 30 * time.Second
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

	kept state.Draft
	// folder is where its file is while a process is at it.
	folder string
}

// Desk has all drafts of a state.
type Desk struct{ options Options }

// NewDesk returns one.
func NewDesk(o Options) *Desk { return &Desk{options: o} }

// The kinds of what is kept. They are stored: never change one.
const (
	kindFile   = "file"
	kindDryRun = "dry run"
)

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
	one := Draft{ID: rand.Text(), Flow: by.Flow, Name: name, Owner: by.Who, Stage: Checking, Mends: len(f.Unwrap) == 0}
	one.kept = state.Draft{ID: one.ID, Kind: kindFile, Owner: one.Owner, Flow: one.Flow}
	d.place(&one)
	defer func() {
		if err != nil {
			d.clear(ctx, one)
		}
	}()
	file, err := spool.Write(one.path(), func(w io.Writer) error { _, err := io.Copy(w, content); return err })
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	whole, err := os.ReadFile(file.Path)
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	one.SHA256, one.Bytes, by.Hash = file.SHA256, file.Bytes, file.SHA256
	one.kept.Expires, one.kept.Working = flow.Now().Add(lease), true
	if one.kept.Data, err = one.encode(); err != nil {
		return "", err
	}
	if err := instance.Store.Add(ctx, one.kept, whole, flow.Now(), by, few); err != nil {
		return "", d.options.refused(ctx, by, err)
	}
	d.check(ctx, one)
	return one.ID, nil
}

// few refuses one more than there may be.
func few(others []state.Draft) error {
	if len(others) >= most {
		return fault.Wrap(run.ErrUsage, ErrMost)
	}
	return nil
}

// place names where the file of a draft is in the spool while a process is at it: nobody else is there.
func (d *Desk) place(one *Draft) {
	one.folder = filepath.Join(d.options.Instance().Config.Spool, flow.RehearsalPrefix+"draft-"+rand.Text())
}

func (one Draft) path() string { return filepath.Join(one.folder, one.Name) }

// clear removes the file of a draft from the spool. What is left is purged with old dry runs.
func (d *Desk) clear(ctx context.Context, one Draft) {
	if err := spool.Remove(one.folder); err != nil {
		d.options.Logger.WarnContext(ctx, "draft.left", "err", err)
	}
}

// check has a draft looked at whose file is in the spool, while an answer is given.
func (d *Desk) check(ctx context.Context, one Draft) {
	instance := d.options.Instance()
	d.options.Background(ctx, func(ctx context.Context) {
		defer d.clear(ctx, one)
		stop := d.options.hold(ctx, one.kept)
		one.Report, one.Fault = instance.Run(ctx, one.Flow, flow.Request{DryRun: true, File: one.path()})
		stop()
		one.Stage = Checked
		d.become(ctx, one)
	})
}

// hold keeps a draft while a process is at it, until stop is called.
func (o Options) hold(ctx context.Context, kept state.Draft) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(sign)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := o.Instance().Store.Keep(ctx, kept, flow.Now().Add(lease)); err != nil {
					o.Logger.WarnContext(ctx, "draft.unkept", "err", err)
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// become keeps what has become of a draft that a process was at.
func (d *Desk) become(ctx context.Context, one Draft) {
	one.Report.Names, one.Report.Plan = namesAtBeginning(one.Report), Beginning(one.Report.Plan)
	kept := one.kept
	var err error
	if kept.Data, err = one.encode(); err == nil {
		err = d.options.keep(ctx, kept)
	}
	if err != nil {
		d.options.Logger.WarnContext(ctx, "draft.lost", "flow", one.Flow, "err", err)
	}
}

// keep holds on to what nobody is at any more, also where that was cut off.
func (o Options) keep(ctx context.Context, kept state.Draft) error {
	kept.Working, kept.Expires = false, flow.Now().Add(Kept)
	_, err := o.Instance().Store.Change(context.WithoutCancel(ctx), kept, nil)
	return err
}

// Get is a draft of an account, as it is now.
func (d *Desk) Get(ctx context.Context, id, who string) (one Draft, err error) {
	kept, err := d.options.find(ctx, kindFile, id, who, ErrGone)
	if err != nil {
		return Draft{}, err
	}
	return decode(kept)
}

// find is what is kept of a kind for an account, an hour longer from now on.
func (o Options) find(ctx context.Context, kind, id, who string, gone error) (state.Draft, error) {
	now, store := flow.Now(), o.Instance().Store
	kept, err := store.Get(ctx, kind, id, now)
	switch {
	case errors.Is(err, state.ErrNotFound) || err == nil && kept.Owner != who:
		return state.Draft{}, fault.Wrap(run.ErrUsage, gone)
	case err != nil:
		return state.Draft{}, err
	case kept.Working || kept.Expires.Sub(now) > Kept-time.Minute:
		return kept, nil
	}
	return kept, store.Keep(ctx, kept, now.Add(Kept))
}

// Of are the drafts of an account.
func (d *Desk) Of(ctx context.Context, who string) (list []Draft, err error) {
	ids, err := d.options.Instance().Store.Of(ctx, kindFile, who, flow.Now())
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		switch one, err := d.Get(ctx, id, who); {
		case errors.Is(err, ErrGone):
		case err != nil:
			return nil, err
		default:
			list = append(list, one)
		}
	}
	return list, nil
}

// seen is a draft of who does something that was looked at, if it is as it was shown.
func (d *Desk) seen(ctx context.Context, id string, by audit.Entry) (Draft, error) {
	one, err := d.Get(ctx, id, by.Who)
	switch {
	case err != nil:
	case one.Stage != Checked:
		err = fault.Wrap(run.ErrUsage, ErrWorking)
	case one.SHA256 != by.Hash:
		err = fault.Wrap(run.ErrUsage, ErrChanged)
	}
	return one, err
}

// begin has this process be at a draft, in the stage that it has come to, unless another was faster.
func (d *Desk) begin(ctx context.Context, one Draft, file []byte, acts ...audit.Entry) (Draft, error) {
	kept := one.kept
	kept.Working, kept.Expires = true, flow.Now().Add(lease)
	var err error
	if kept.Data, err = one.encode(); err != nil {
		return one, err
	}
	one.kept, err = d.options.Instance().Store.Change(ctx, kept, file, acts...)
	if errors.Is(err, state.ErrBusy) {
		err = fault.Wrap(run.ErrUsage, ErrWorking)
	}
	return one, err
}

// refused puts on record that something was not done with a draft or dry run, and why: not with one
// that is gone, of which nobody knows any more whose it was.
func (o Options) refused(ctx context.Context, by audit.Entry, why error) error {
	for _, known := range []struct {
		err  error
		code string
	}{{ErrChanged, "changed since"}, {ErrWorking, "busy"}, {ErrWrapped, "not possible"}, {ErrMost, "too many"}, {userfile.ErrNoCell, "no such cell"}} {
		if errors.Is(why, known.err) {
			return errors.Join(why, o.Instance().Record(ctx, by.Refused(known.code)))
		}
	}
	return why
}

// Run has the file run that was shown: the flow applies it, or holds it for whoever decides. By is
// who brought it, with the hash that they saw.
func (d *Desk) Run(ctx context.Context, id string, by audit.Entry) error {
	one, err := d.seen(ctx, id, by)
	if err == nil {
		one.Stage = Running
		one, err = d.begin(ctx, one, nil)
	}
	if err != nil {
		return d.options.refused(ctx, by, err)
	}
	instance := d.options.Instance()
	by.Flow = one.Flow
	d.place(&one)
	d.options.Background(ctx, func(ctx context.Context) {
		defer d.clear(ctx, one)
		stop := d.options.hold(ctx, one.kept)
		report, err := flow.Report{}, d.fetch(ctx, one)
		if err == nil {
			report, err = instance.Run(ctx, one.Flow, flow.Request{File: one.path(), By: by})
		}
		stop()
		if report.Run.ID == "" || report.Run.StartedAt.IsZero() || err != nil && report.Run.Outcome == "" {
			d.options.Logger.WarnContext(ctx, "draft.failed", "flow", one.Flow, "err", err)
			one.Stage, one.Fault = Checked, err
		} else {
			one.Stage, one.Report, one.Fault = Ran, report, nil
		}
		d.become(ctx, one)
	})
	return nil
}

// content is the file of a draft as it is now.
func (d *Desk) content(ctx context.Context, one Draft) (*bytes.Reader, error) {
	file, err := d.options.Instance().Store.File(ctx, one.kept)
	if errors.Is(err, state.ErrNotFound) {
		err = fault.Wrap(run.ErrUsage, ErrWorking)
	}
	return bytes.NewReader(file), err
}

// fetch puts the file of a draft into the spool.
func (d *Desk) fetch(ctx context.Context, one Draft) error {
	file, err := d.content(ctx, one)
	if err == nil {
		_, err = spool.Write(one.path(), func(w io.Writer) error { _, err := file.WriteTo(w); return err })
	}
	return err
}

// Drop forgets a draft.
func (d *Desk) Drop(ctx context.Context, id, who string) error {
	one, err := d.Get(ctx, id, who)
	if err != nil {
		return err
	}
	if one.Stage != Checking && one.Stage != Running {
		err = d.options.Instance().Store.Remove(ctx, one.kept)
	}
	if one.Stage == Checking || one.Stage == Running || errors.Is(err, state.ErrBusy) {
		return fault.Wrap(run.ErrUsage, ErrWorking)
	}
	return err
}
