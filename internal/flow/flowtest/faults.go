package flowtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// ErrFault is what an operation fails with that was made to fail.
var ErrFault = errors.New("injected fault")

// Faults makes one of the operations of a World fail: those on remotes, on Lucca, and those
// that write the store. The zero value lets all of them pass.
type Faults struct {
	// At is the operation that fails, counting from 1; 0 is none.
	At int
	// Late: it is done, and nobody hears of it.
	Late bool
	// Dead: all later ones fail too, as when the process is killed there.
	Dead bool
	// Always is the name of an operation of which each one fails.
	Always string
	// Reads: what is asked of the store is an operation too.
	Reads bool

	mu    sync.Mutex
	count int
	names []string
}

// Count is how many operations there were.
func (f *Faults) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// Name is what the n-th operation was, counting from 1.
func (f *Faults) Name(n int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names[n-1]
}

// Reset forgets the operations so far, and sets what is to fail.
func (f *Faults) Reset(at int, late, dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.At, f.Late, f.Dead, f.Always, f.Reads, f.count, f.names = at, late, dead, "", false, 0, nil
}

// do is one operation. An error of its own comes before ours.
func (f *Faults) do(name string, op func() error) error {
	f.mu.Lock()
	f.count++
	f.names = append(f.names, name)
	hit, dead, late := f.count == f.At || name == f.Always, f.Dead && f.At > 0 && f.count > f.At, f.Late
	f.mu.Unlock()
	if dead || hit && !late {
		return fmt.Errorf("%s: %w", name, ErrFault)
	}
	if err := op(); err != nil || !hit {
		return err
	}
	return fmt.Errorf("%s, without an answer: %w", name, ErrFault)
}

// Lucca is a client of the tenant with faults.
type Lucca struct {
	*lucca.Client
	faults *Faults
}

// unavailable is how the client tells of a fault; after a creation, it is in doubt.
func unavailable(err error, creates bool) error {
	switch {
	case !errors.Is(err, ErrFault):
		return err
	case creates:
		return fault.Wrap(lucca.ErrDoubt, fault.Wrap(lucca.ErrUnavailable, err))
	}
	return fault.Wrap(lucca.ErrUnavailable, err)
}

// Snapshot reads the tenant.
func (l *Lucca) Snapshot(ctx context.Context, q roster.Query) (s roster.Snapshot, err error) {
	err = l.faults.do("read Lucca", func() (err error) { s, err = l.Client.Snapshot(ctx, q); return err })
	return s, unavailable(err, false)
}

// Me asks whose the key is.
func (l *Lucca) Me(ctx context.Context) (id int, err error) {
	id, err = ask(l.faults, "ask whose the key is", func() (int, error) { return l.Client.Me(ctx) })
	return id, unavailable(err, false)
}

// Status asks what became of people.
func (l *Lucca) Status(ctx context.Context, ids []int) (ends map[int]roster.Date, err error) {
	err = l.faults.do("ask for status", func() (err error) { ends, err = l.Client.Status(ctx, ids); return err })
	return ends, unavailable(err, false)
}

// Create creates a user.
func (l *Lucca) Create(ctx context.Context, p lucca.Properties) (id int, err error) {
	err = l.faults.do("create", func() (err error) { id, err = l.Client.Create(ctx, p); return err })
	return id, unavailable(err, true)
}

// Update changes a user.
func (l *Lucca) Update(ctx context.Context, id int, p lucca.Properties) error {
	return unavailable(l.faults.do("update", func() error { return l.Client.Update(ctx, id, p) }), false)
}

// Rehire creates a contract.
func (l *Lucca) Rehire(ctx context.Context, w lucca.WorkContract) (id int, err error) {
	err = l.faults.do("rehire", func() (err error) { id, err = l.Client.Rehire(ctx, w); return err })
	return id, unavailable(err, true)
}

// ChangeContract changes a contract.
func (l *Lucca) ChangeContract(ctx context.Context, id int, w lucca.ContractChange) error {
	return unavailable(l.faults.do("change contract", func() error { return l.Client.ChangeContract(ctx, id, w) }), false)
}

// FindUsers looks for users.
func (l *Lucca) FindUsers(ctx context.Context, login, mail string) (found []roster.Employee, err error) {
	err = l.faults.do("find users", func() (err error) { found, err = l.Client.FindUsers(ctx, login, mail); return err })
	return found, unavailable(err, false)
}

// faulty is a remote with faults.
type faulty struct {
	remote.Remote
	faults *Faults
}

// Open begins a session.
func (r faulty) Open(ctx context.Context) (s remote.Session, err error) {
	err = r.faults.do("connect", func() (err error) { s, err = r.Remote.Open(ctx); return err })
	if err != nil {
		return nil, temporary(err)
	}
	return session{s, r.faults}, nil
}

// temporary is how a transport tells of a fault.
func temporary(err error) error {
	if errors.Is(err, ErrFault) {
		return fault.Wrap(remote.ErrTemporary, err)
	}
	return err
}

// session is one with faults.
type session struct {
	remote.Session
	faults *Faults
}

func (s session) do(name string, op func() error) error { return temporary(s.faults.do(name, op)) }

func (s session) List(ctx context.Context, sub string) (entries []remote.Entry, err error) {
	err = s.do(strings.TrimSpace("list "+sub), func() (err error) { entries, err = s.Session.List(ctx, sub); return err })
	return entries, err
}

func (s session) Stat(ctx context.Context, name string) (e remote.Entry, err error) {
	err = s.do("stat "+name, func() (err error) { e, err = s.Session.Stat(ctx, name); return err })
	return e, err
}

func (s session) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	return s.do("upload "+name, func() error { return s.Session.Upload(ctx, name, src, size) })
}

func (s session) Download(ctx context.Context, name string, dst io.Writer) (n int64, err error) {
	err = s.do("download "+name, func() (err error) { n, err = s.Session.Download(ctx, name, dst); return err })
	return n, err
}

func (s session) Replace(ctx context.Context, from, to string) error {
	return s.do("replace "+to, func() error { return s.Session.Replace(ctx, from, to) })
}

func (s session) Rename(ctx context.Context, from, to string) error {
	return s.do("rename to "+to, func() error { return s.Session.Rename(ctx, from, to) })
}

func (s session) Remove(ctx context.Context, name string) error {
	return s.do("remove "+name, func() error { return s.Session.Remove(ctx, name) })
}

func (s session) MakeFolder(ctx context.Context, sub string) error {
	return s.do("make folder "+sub, func() error { return s.Session.MakeFolder(ctx, sub) })
}

// Heard has each operation of what act does fail once, in a world of its own that start makes, and
// wants somebody to be told of it: a fault that is swallowed is one nobody mends. Silent are the
// beginnings of those that are tried again by themselves, or told of in other words.
func Heard(t *testing.T, start func(t *testing.T) (w *World, act func() (state.Record, flow.Result, error)), silent ...string) {
	t.Helper()
	for at := 1; ; at += Step {
		w, act := start(t)
		w.Faults.Reset(at, false, false)
		w.Faults.Reads = true
		record, result, err := act()
		if w.Faults.Count() < at {
			if at == 1 {
				t.Error("nothing was done")
			}
			return
		}
		name := w.Faults.Name(at)
		w.Faults.Reset(0, false, false)
		said := record.Reason
		if err != nil {
			said += err.Error()
		}
		for _, f := range slices.Concat(record.Findings, result.Log.Listed) {
			said += f.Message
		}
		if !strings.Contains(said, ErrFault.Error()) && !slices.ContainsFunc(silent, func(begins string) bool { return strings.HasPrefix(name, begins) }) {
			t.Errorf("operation %d, %q, failed, and the run ended as %q: %s", at, name, record.Outcome, record.Reason)
		}
	}
}

// Cramped has act run out of room in the spool, in a world of its own each time and each time a
// little later, and wants that to be said. After is told whether it had enough.
func Cramped(t *testing.T, start func(t *testing.T) (w *World, act func() (state.Record, flow.Result, error), after func(enough bool))) {
	t.Helper()
	const steps = 16
	total, ran := int64(0), 0
	for i := int64(-1); i < steps; i += Step {
		w, act, after := start(t)
		used, err := spool.Size(w.Spool())
		if err != nil {
			t.Fatal(err)
		}
		if i >= 0 {
			w.Room.Max = used + total*i/steps
			w.Room.Measure()
		}
		record, _, err := act()
		said := err != nil && errors.Is(err, spool.ErrFull) || strings.Contains(record.Reason, spool.ErrFull.Error())
		if i < 0 {
			now, err := spool.Size(w.Spool())
			if total = now - used; err != nil || said || total <= 0 {
				t.Fatalf("with room enough %d bytes were written, and the run ended as %s: %s, %v", total, record.Outcome, record.Reason, err)
			}
		}
		if said {
			ran++
		}
		if said && record.Outcome != run.Failed && record.Outcome != run.Held {
			t.Errorf("%d bytes of room: the run ended as %q: %s", total*i/steps, record.Outcome, record.Reason)
		}
		w.Room.Max = 1 << 30
		w.Room.Measure()
		after(!said)
	}
	if ran == 0 {
		t.Error("there was always room")
	}
}
