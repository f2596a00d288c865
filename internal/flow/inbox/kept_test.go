package inbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/pickup"
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

// TestAFileThatNobodyMayRead fails a run that has no other, and stops none: it is named by each.
func TestAFileThatNobodyMayRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server := remotetest.ScriptedSFTP(t, remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{Shut: "shut"}})
	host, port, _ := strings.Cut(server.Addr, ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.From.Remote = sftp.New(sftp.Config{
		Host: host, Port: number, User: "acme", Password: secret.Ref{File: password}, HostKeys: []string{server.Print}, Dir: filepath.Join(d.Dir, "in"),
	})
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
