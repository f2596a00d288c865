package state

import (
	"errors"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
)

// TestADraftIsOfOneVersionAndForAWhile: whoever saw an older one changes nothing, a change without a
// file keeps the file, and what has expired is not there.
func TestADraftIsOfOneVersionAndForAWhile(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		store, err := Open(t.Context(), dsn)
		must(err)
		defer func() { must(store.Close()) }()
		now := time.Now().UTC().Truncate(time.Microsecond)
		l, act := store.Drafts(), audit.Entry{At: now, Who: "anna", Act: audit.Upload}
		all := func([]Draft) error { return nil }
		d := Draft{ID: "A", Kind: "file", Owner: "anna", Flow: "users", Working: true, Expires: now.Add(time.Minute), Data: []byte("{}")}
		must(l.Add(t.Context(), d, []byte("a;b"), now, act, all))
		must(l.Add(t.Context(), Draft{ID: "B", Kind: "dry run", Owner: "anna", Expires: now.Add(time.Minute)}, nil, now, act, all))
		next := d
		next.Working, next.Expires, next.Data = false, now.Add(time.Hour), []byte(`{"x":1}`)
		changed, err := l.Change(t.Context(), next, nil, act)
		must(err)
		if _, err := l.Change(t.Context(), d, []byte("late"), act); !errors.Is(err, ErrBusy) {
			t.Errorf("of an older version: %v", err)
		}
		must(l.Keep(t.Context(), d, now)) // of an older version too
		got, err := l.Get(t.Context(), "file", "A", now.Add(time.Minute))
		must(err)
		file, err := l.File(t.Context(), got)
		if err != nil || string(file) != "a;b" || string(got.Data) != `{"x":1}` || got.Working || got.Version != changed.Version {
			t.Errorf("is %+v, %q %v", got, file, err)
		}
		if _, err := l.Get(t.Context(), "file", "A", now.Add(time.Hour)); !errors.Is(err, ErrNotFound) {
			t.Errorf("after an hour: %v", err)
		}
		full := errors.New("full")
		if err := l.Add(t.Context(), Draft{ID: "C", Kind: "dry run"}, nil, now.Add(time.Minute), act, func(others []Draft) error {
			if len(others) > 0 {
				t.Errorf("what has expired is still there: %v", others)
			}
			return full
		}); !errors.Is(err, full) {
			t.Errorf("refused: %v", err)
		}
		if ids, err := l.Of(t.Context(), "file", "anna", now); err != nil || len(ids) != 1 {
			t.Errorf("anna has %v, %v", ids, err)
		}
		must(l.Remove(t.Context(), got))
		lines, err := store.Audit().Latest(t.Context(), 10)
		if err != nil || len(lines) != 3 {
			t.Errorf("on record are %v, %v", lines, err)
		}
	})
}
