package inbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
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
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err != nil || a.File == nil || a.File.SHA256 != file.SHA256 || a.File.Waiting != 0 {
		t.Errorf("a dry run sees %+v %v", a, err)
	}
	next := d.Begin("users", run.Import)
	a, err := d.Take(t.Context(), next, d.Folder(next.ID))
	if err != nil || a.File == nil || a.File.SHA256 != file.SHA256 || len(a.Findings) != 1 || a.File.Waiting != 1 {
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

// served has the folder served by SFTP, with habits.
func (d *desk) served(script remotetest.SFTPScript) {
	d.t.Helper()
	server := remotetest.ScriptedSFTP(d.t, script)
	host, port, _ := strings.Cut(server.Addr, ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		d.t.Fatal(err)
	}
	password := filepath.Join(d.t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.From.Remote = sftp.New(sftp.Config{
		Host: host, Port: number, User: "acme", Password: secret.Ref{File: password}, HostKeys: []string{server.Print}, Dir: filepath.Join(d.Dir, "in"),
	})
}

// TestAFileThatNobodyMayRead fails a run that has no other, and stops none: it is named by each.
func TestAFileThatNobodyMayRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.served(remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{Shut: "shut"}})
	d.Write("login\nada\n", "in", "shut_20261101.csv")
	first := d.Begin("users", run.Import)
	if a, err := d.Take(t.Context(), first, d.Folder(first.ID)); !errors.Is(err, pickup.ErrRefused) || a.File != nil {
		t.Errorf("it alone: %+v %v", a, err)
	}
	d.end(first, none, run.Failed, "why")
	d.Write("login\nbob\n", "in", "users_20261102.csv")
	next := d.Begin("users", run.Import)
	a, err := d.Take(t.Context(), next, d.Folder(next.ID))
	if err != nil || a.File == nil || a.File.Name != "users_20261102.csv" {
		t.Fatalf("beside another: %+v %v", a, err)
	}
	if len(a.Findings) != 1 || !strings.Contains(a.Findings[0].Message, "shut_20261101.csv") {
		t.Errorf("findings: %+v", a.Findings)
	}
}

// TestTakenAwayWhenItWasCompared: a file that looks like one that was dealt with is read to tell. Where its
// server takes it away for that, what was read is taken at once, or by the next run.
func TestTakenAwayWhenItWasCompared(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"", "claim file"} {
		d := newDesk(t)
		d.served(remotetest.SFTPScript{GoneAfterRead: true})
		d.From.Options.Keep = true
		path, at := filepath.Join(d.Dir, "in", "users.csv"), time.Now().Add(-time.Hour)
		d.Write("login\nada\n", "in", "users.csv")
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		found, err := pickup.Look(t.Context(), d.From, d.Journal, "users")
		if err != nil || len(found.Files) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		e := found.Files[0]
		if err := d.Journal.Save(t.Context(), pickup.Record{ // its server had not taken it away then
			Flow: "users", Remote: "in", Name: e.Name, Size: e.Size, ModTime: e.ModTime.UTC().Truncate(time.Microsecond), Run: "20260101-0600-aa", Step: pickup.StepSettled, SHA256: "00",
		}); err != nil {
			t.Fatal(err)
		}
		record := d.Begin("users", run.Import)
		if fault != "" {
			d.Faults.Always = fault
			if a, err := d.Take(t.Context(), record, d.Folder(record.ID)); !errors.Is(err, flowtest.ErrFault) || a.File != nil || len(a.Findings) != 1 || !strings.Contains(a.Findings[0].Message, "it is kept in") {
				t.Fatalf("%s fails: %+v, %v", fault, a, err)
			}
			d.Faults.Always = ""
		}
		a, err := d.Take(t.Context(), record, d.Folder(record.ID))
		if err != nil || a.File == nil || d.Read("spool", record.ID, "incoming", "users.csv") != "login\nada\n" || len(a.Findings) == 0 || a.Outcome != "" {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the server has it")
		}
	}
}

// TestTakenAwayFromADryRun: what its server took away is put back, and that is said.
func TestTakenAwayFromADryRun(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.served(remotetest.SFTPScript{GoneAfterRead: true})
	d.Write("login\nada\n", "in", "users.csv")
	a, err := d.Peek(t.Context(), d.Folder("dry"))
	if err != nil || a.File == nil || len(a.Findings) != 1 || !strings.Contains(a.Findings[0].Message, "it was put back again") || d.where() != "." {
		t.Errorf("%+v, %v, and it is in %q", a, err, d.where())
	}
}

// TestWhatWasKeptCannotBeRead stops a run and a dry run: what came later would overtake it.
func TestWhatWasKeptCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Write("login\nada\n", "in", "users.csv")
	record := d.Begin("users", run.Import)
	if err := os.Mkdir(d.World.Spool(), 0o700); err != nil {
		t.Fatal(err)
	}
	d.Write("", "spool", "kept") // where a folder is to be
	if a, err := d.Take(t.Context(), record, d.Folder(record.ID)); err == nil || a.File != nil || d.where() != "." {
		t.Errorf("a run takes %+v, %v", a, err)
	}
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err == nil || a.File != nil {
		t.Errorf("a dry run sees %+v, %v", a, err)
	}
	if err := errors.Join(os.Remove(filepath.Join(d.World.Spool(), "kept")), os.Remove(filepath.Join(d.Dir, "in", "users.csv"))); err != nil {
		t.Fatal(err)
	}
	d.keeps("login\nbob\n")
	d.Write("", "spool", "dry") // where its folder is to be
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err == nil || a.File != nil {
		t.Errorf("it is copied nowhere: %+v, %v", a, err)
	}
}

// TestSomebodyElseIsQuicker: what is gone or another by the time it is taken is left to the next look, and
// the file behind it is taken.
func TestSomebodyElseIsQuicker(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(path string) error{
		"gone":    os.Remove,
		"another": func(path string) error { return os.WriteFile(path, []byte("login\nadabob\n"), 0o600) },
	} {
		for _, behind := range []bool{true, false} {
			d := newDesk(t)
			d.Write("login\nada\n", "in", "users_20261101.csv")
			if behind {
				d.Write("login\nbob\n", "in", "users_20261102.csv")
			}
			d.From.Remote = &quick{d.From.Remote, 0, func() error { return meanwhile(filepath.Join(d.Dir, "in", "users_20261101.csv")) }}
			record := d.Begin("users", run.Import)
			a, err := d.Take(t.Context(), record, d.Folder(record.ID))
			if err != nil || (a.File != nil) != behind || !behind && a.Outcome != run.Nothing {
				t.Fatalf("%s: %+v, %v", name, a, err)
			}
			if len(a.Findings) != 1 || a.Findings[0].Code != "skipped_taken" || !strings.HasSuffix(a.Findings[0].Message, ": the next run looks again") {
				t.Errorf("%s: said %+v", name, a.Findings)
			}
		}
	}
}

// quick is a remote on which something happens between two sessions.
type quick struct {
	remote.Remote
	opened    int
	meanwhile func() error
}

func (q *quick) Open(ctx context.Context) (remote.Session, error) {
	if q.opened++; q.opened == 2 {
		if err := q.meanwhile(); err != nil {
			return nil, err
		}
	}
	return q.Remote.Open(ctx)
}
