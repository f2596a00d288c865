package inbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
)

// TestWhatOnlyWeHave: a file that its server took away, and to which nothing may be written, is seen
// by the next dry run and taken by the next run, once.
func TestWhatOnlyWeHave(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.From.Options.Keep = true
	record, file := d.taken()
	if err := os.Remove(filepath.Join(d.Dir, "in", "users.csv")); err != nil {
		t.Fatal(err)
	}
	if err := d.GiveBack(t.Context(), *file); err != nil {
		t.Fatal(err)
	}
	d.end(record, none, run.Failed, "why")
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err != nil || a.File == nil || a.File.SHA256 != file.SHA256 {
		t.Errorf("a dry run sees %+v %v", a, err)
	}
	next := d.Begin("users", run.Import)
	a, err := d.Take(t.Context(), next, d.Folder(next.ID))
	if err != nil || a.File == nil || a.File.SHA256 != file.SHA256 || len(a.Findings) != 1 || a.File.Waiting == 0 {
		t.Fatalf("%+v %v", a, err)
	}
	if plain, err := d.Plain(t.Context(), *a.File); err != nil || d.Read("spool", next.ID, "incoming", "users.csv") != "login;jobTitle\nada;Chef\n" {
		t.Errorf("%+v %v", plain, err)
	}
	d.Settle(t.Context(), next.ID, a.File, pickup.Processed, nil)
	d.end(next, none, run.Done, "")
	last := d.Begin("users", run.Import)
	if a, err := d.Take(t.Context(), last, d.Folder(last.ID)); err != nil || a.File != nil {
		t.Errorf("taken again: %+v %v", a, err)
	}
}
