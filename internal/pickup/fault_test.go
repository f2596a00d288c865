package pickup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
)

// once does what a flow does in one run, with the journal as the memory of what was applied.
func (s *site) once(applied map[string]int) error {
	ctx := s.t.Context()
	left, err := pickup.Recover(ctx, s.from, s.journal, flow)
	if err != nil {
		return err
	}
	for _, r := range left.Fetched {
		taken := pickup.Resume(s.from, s.journal, r)
		if s.journal.applied[r.SHA256] != r.Run {
			if err := taken.GiveBack(ctx); err != nil {
				return err
			}
			continue
		}
		if _, err := taken.Settle(ctx, pickup.Processed, nil); err != nil {
			return err
		}
	}
	found, err := pickup.Look(ctx, s.from, s.journal, flow)
	if err != nil || len(found.Files) == 0 {
		return err
	}
	taken, err := pickup.Take(ctx, s.request(found.Files[0]))
	if err != nil {
		return err
	}
	if taken.Duplicate == "" {
		applied[taken.SHA256]++
		s.journal.apply("r"+string(rune('0'+s.runs)), taken.SHA256)
	}
	_, err = taken.Settle(ctx, pickup.Processed, []pickup.Attachment{s.attachment(pickup.ReportSuffix, "report")})
	return err
}

// untilQuiet runs the flow until it has nothing to do, and checks I3: the file was applied
// once, and is still there, once.
func (s *site) untilQuiet(what, content string, applied map[string]int) {
	s.t.Helper()
	for range 4 {
		if err := s.once(applied); err != nil {
			s.t.Errorf("%s: a run without a fault: %v", what, err)
		}
	}
	if n := applied[hash(content)]; n != 1 {
		s.t.Errorf("%s: applied %d times", what, n)
	}
	copies := 0
	files := filesOf(s.t, s.folder)
	for _, have := range files {
		if have == content {
			copies++
		}
	}
	if copies != 1 {
		s.t.Errorf("%s: the folder holds %.200q", what, files)
	}
	left, err := pickup.Recover(s.t.Context(), s.from, s.journal, flow)
	if err != nil || len(left.Fetched)+len(left.Released) > 0 {
		s.t.Errorf("%s: left over: %+v, %v", what, left, err)
	}
}

// flaky is a remote of which one operation fails, or all from one on: before they are
// carried out, or after, so that only their answer is lost.
type flaky struct {
	remote.Remote
	from, to int
	after    bool
	fault    error

	count int
}

func (f *flaky) strike(op func() error) error {
	f.count++
	if f.count < f.from || f.count > f.to {
		return op()
	}
	if f.after {
		_ = op() // whatever came of it is lost
	}
	return f.fault
}

func (f *flaky) Open(ctx context.Context) (s remote.Session, err error) {
	err = f.strike(func() (err error) {
		s, err = f.Remote.Open(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &flakySession{s, f}, nil
}

type flakySession struct {
	remote.Session
	flaky *flaky
}

func (s *flakySession) List(ctx context.Context, sub string) (entries []remote.Entry, err error) {
	err = s.flaky.strike(func() (err error) {
		entries, err = s.Session.List(ctx, sub)
		return err
	})
	return entries, err
}

func (s *flakySession) Stat(ctx context.Context, name string) (entry remote.Entry, err error) {
	err = s.flaky.strike(func() (err error) {
		entry, err = s.Session.Stat(ctx, name)
		return err
	})
	return entry, err
}

func (s *flakySession) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	return s.flaky.strike(func() error { return s.Session.Upload(ctx, name, src, size) })
}

func (s *flakySession) Download(ctx context.Context, name string, dst io.Writer) (n int64, err error) {
	err = s.flaky.strike(func() (err error) {
		n, err = s.Session.Download(ctx, name, dst)
		return err
	})
	return n, err
}

func (s *flakySession) Replace(ctx context.Context, from, to string) error {
	return s.flaky.strike(func() error { return s.Session.Replace(ctx, from, to) })
}

func (s *flakySession) Rename(ctx context.Context, from, to string) error {
	return s.flaky.strike(func() error { return s.Session.Rename(ctx, from, to) })
}

func (s *flakySession) Remove(ctx context.Context, name string) error {
	return s.flaky.strike(func() error { return s.Session.Remove(ctx, name) })
}

func (s *flakySession) MakeFolder(ctx context.Context, sub string) error {
	return s.flaky.strike(func() error { return s.Session.MakeFolder(ctx, sub) })
}

// TestEveryOperationFails fails the k-th operation on the remote, for each k until a run needs
// no more than k operations: T36.
func TestEveryOperationFails(t *testing.T) {
	t.Parallel()
	opaque := errors.New("failure")
	for _, f := range []flaky{
		{fault: remote.ErrTemporary},
		{fault: remote.ErrTemporary, after: true},
		{fault: remote.ErrPermission},
		{fault: opaque},
		{fault: opaque, after: true},
	} {
		for _, keep := range []bool{false, true} {
			for _, forGood := range []bool{false, true} {
				f := f
				t.Run(fmt.Sprintf("%v, after %t, keep %t, for good %t", f.fault, f.after, keep, forGood), func(t *testing.T) {
					t.Parallel()
					for k := 1; failKth(t, f, k, keep, forGood); k++ {
						if k > 100 {
							t.Fatal("a run takes more than 100 operations")
						}
					}
				})
			}
		}
	}
}

// failKth reports whether the run came to its k-th operation.
func failKth(t *testing.T, f flaky, k int, keep, forGood bool) bool {
	t.Helper()
	s := newSite(t)
	s.plant("users.csv", "one")
	f.Remote, f.from, f.to = s.from.Remote, k, k
	if forGood {
		f.to = 1 << 30
	}
	s.from.Remote, s.from.Options.Keep = &f, keep
	applied := map[string]int{}
	err := s.once(applied)
	reached := f.count >= k
	f.from = 1 << 30 // all is well again
	if err != nil && errors.Is(f.fault, remote.ErrTemporary) && !forGood {
		t.Errorf("operation %d: a failure that passes stopped the run: %v", k, err)
	}
	s.untilQuiet(fmt.Sprintf("operation %d", k), "one", applied)
	return reached
}

// TestEveryCallOfTheJournalFails: T36 for the store, once and for good, with the record
// stored and without.
func TestEveryCallOfTheJournalFails(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for _, forGood := range []bool{false, true} {
				t.Run(fmt.Sprintf("keep %t, after %t, for good %t", keep, after, forGood), func(t *testing.T) {
					t.Parallel()
					for k := 1; failKthCall(t, k, keep, after, forGood); k++ {
						if k > 100 {
							t.Fatal("a run takes more than 100 calls")
						}
					}
				})
			}
		}
	}
}

func failKthCall(t *testing.T, k int, keep, after, forGood bool) bool {
	t.Helper()
	s := newSite(t)
	s.from.Options.Keep = keep
	s.plant("users.csv", "one")
	s.journal = &journal{fail: k, after: after, forGood: forGood}
	applied := map[string]int{}
	err := s.once(applied)
	reached := s.journal.calls >= k
	s.journal.heal()
	if reached && !errors.Is(err, errLedger) {
		t.Errorf("call %d: a run without its store returned %v", k, err)
	}
	s.untilQuiet(fmt.Sprintf("call %d", k), "one", applied)
	return reached
}
