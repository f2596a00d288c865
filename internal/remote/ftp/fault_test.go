package ftp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// brief makes the deadlines of a test short.
func brief(c ftp.Config) ftp.Config {
	c.ConnectTimeout, c.IdleTimeout = 5*time.Second, 300*time.Millisecond
	return c
}

func TestSilenceBeforeTheSessionStands(t *testing.T) {
	t.Parallel()
	for _, mode := range []ftp.Mode{ftp.Explicit, ftp.Implicit, ftp.Plain} {
		for _, verb := range []string{"CONNECT", "AUTH", "USER", "PASS", "FEAT", "TYPE", "PROT", "CWD"} {
			if verb == "AUTH" && mode != ftp.Explicit || verb == "PROT" && mode == ftp.Plain {
				continue
			}
			for what, script := range map[string]remotetest.FTPScript{"silent": {Silent: true}, "hangs up": {HangUp: true}} {
				t.Run(fmt.Sprintf("mode %d/%s %s", mode, verb, what), func(t *testing.T) {
					t.Parallel()
					_, c, _ := scripted(t, mode, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{verb: script}})
					c.ConnectTimeout = 300 * time.Millisecond
					_, err := ftp.New(c).Open(t.Context())
					want := remote.ErrTemporary
					if verb == "PASS" && script.HangUp {
						want = remote.ErrLoginCut // some servers answer a wrong password so
					}
					wantError(t, err, want)
				})
			}
		}
	}
}

func TestSilenceInASession(t *testing.T) {
	t.Parallel()
	for operation, verbs := range map[string][]string{
		"list": {"EPSV", "MLSD"}, "stat": {"MLST"}, "upload": {"SIZE", "STOR"}, "download": {"RETR"}, "remove": {"DELE"}, "rename": {"RNFR", "RNTO"},
	} {
		for _, verb := range verbs {
			for what, script := range map[string]remotetest.FTPScript{"silent": {Silent: true}, "hangs up": {HangUp: true}} {
				t.Run(operation+"/"+verb+" "+what, func(t *testing.T) {
					t.Parallel()
					_, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{verb: script}})
					plant(t, folder, "a.csv", "abc")
					s := open(t, brief(c))
					wantError(t, operations()[operation](t.Context(), s), remote.ErrTemporary)
					if _, err := s.List(t.Context(), ""); err == nil {
						t.Error("the session goes on")
					}
				})
			}
		}
	}
}

func TestCancelEndsEverything(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	for operation, verb := range map[string]string{
		"list": "MLSD", "stat": "MLST", "upload": "STOR", "download": "RETR", "remove": "DELE", "rename": "RNTO", "open": "PASS",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			server, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{verb: {Silent: true}}})
			plant(t, folder, "a.csv", "abc")
			run := func(ctx context.Context) error { _, err := ftp.New(c).Open(ctx); return err }
			if operation != "open" {
				s := open(t, c)
				run = func(ctx context.Context) error { return operations()[operation](ctx, s) }
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			server.When(verb, func() { cancel(stopped) })
			if err := run(ctx); !errors.Is(err, stopped) {
				t.Errorf("error = %v, want the cause", err)
			}
		})
	}
}

// TestDataBreaks breaks the data connection at many points, in every way.
func TestDataBreaks(t *testing.T) {
	t.Parallel()
	file := strings.Repeat("0123456789abcdef", 64<<10)
	for _, mode := range []ftp.Mode{ftp.Explicit, ftp.Plain} {
		for _, at := range []int64{1, 100, 10_000, 500_000, int64(len(file)) - 1} {
			for what, script := range map[string]remotetest.FTPScript{"cut": {CutAt: at}, "held": {HoldAt: at}} {
				for _, upload := range []bool{true, false} {
					t.Run(fmt.Sprintf("mode %d/%s at %d/up %t", mode, what, at, upload), func(t *testing.T) {
						t.Parallel()
						_, c, folder := scripted(t, mode, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": script, "RETR": script}})
						plant(t, folder, "a.csv", file)
						s := open(t, brief(c))
						var err error
						if upload {
							err = s.Upload(t.Context(), "b.csv", strings.NewReader(file), int64(len(file)))
						} else {
							_, err = s.Download(t.Context(), "a.csv", io.Discard)
						}
						if !errors.Is(err, remote.ErrTemporary) {
							t.Errorf("error = %v, want ErrTemporary", err)
						}
					})
				}
			}
		}
	}
}

func TestSlowDripEndsAnAnswer(t *testing.T) {
	t.Parallel()
	server, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{})
	proxy := remotetest.NewProxy(t, server.Addr)
	proxy.Break(remotetest.Fault{Drip: 50 * time.Millisecond})
	c.ConnectTimeout = 300 * time.Millisecond
	_, err := ftp.New(at(t, c, proxy.Addr())).Open(t.Context())
	wantError(t, err, remote.ErrTemporary)

	c = brief(c)
	c.ConnectTimeout, c.Dir = time.Minute, ""
	proxy.Break(remotetest.Fault{Drip: 15 * time.Millisecond}) // 20 bytes within the idle timeout
	_, err = open(t, at(t, c, proxy.Addr())).List(t.Context(), "")
	wantError(t, err, remote.ErrTemporary)
}

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	for _, mode := range []ftp.Mode{ftp.Explicit, ftp.Plain} {
		for _, verb := range []string{"CONNECT", "FEAT"} {
			_, c, _ := scripted(t, mode, remotetest.FTPOptions{Script: script{verb: {Answer: "220-" + strings.Repeat("x", 1<<20)}}})
			if _, err := ftp.New(c).Open(t.Context()); err == nil {
				t.Errorf("an answer of 1 MiB to %s is no error", verb)
			}
		}
	}
}

// TestBrokenSource: nothing may tell the server that it has the whole file.
func TestBrokenSource(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t)
			dir, _ := server.Folder(t, "inbox")
			c.Dir = dir
			s := open(t, c)
			broken := errors.New("spool gone")
			half := bytes.Repeat([]byte("x"), 300_000)
			err := s.Upload(t.Context(), "a.csv", io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken)), 600_000)
			if !errors.Is(err, broken) || !errors.Is(err, remote.ErrSource) {
				t.Errorf("error = %v, want the source's", err)
			}
			if _, err := s.List(t.Context(), ""); err == nil {
				t.Error("the session goes on")
			}
		})
	}
}

func TestWriteOnlyFolder(t *testing.T) {
	t.Parallel()
	refuse := remotetest.FTPScript{Answer: "550 No"}
	_, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{
		"SIZE": refuse, "MDTM": refuse, "MLST": refuse, "MLSD": refuse, "LIST": refuse, "NLST": refuse, "RETR": refuse,
	}})
	c.WriteOnly = true
	writeBlindly(t, open(t, c), folder)
}

// TestWriteOnlyFolderOfRealServers forbids what the servers can forbid. ProFTPD and
// Pure-FTPd tell by their own means; vsftpd says 550 to everything.
func TestWriteOnlyFolderOfRealServers(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t)
			dir, folder := server.Folder(t, "inbox")
			if err := os.Chmod(folder, 0o300); err != nil {
				t.Fatal(err)
			}
			c.Dir, c.WriteOnly = dir, true
			writeBlindly(t, open(t, c), folder)
		})
	}
}

func writeBlindly(t *testing.T, s remote.Session, folder string) {
	t.Helper()
	if err := s.Upload(t.Context(), "a.part", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Rename(t.Context(), "a.part", "a.csv"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, folder, "a.csv"); got != "abc" {
		t.Errorf("the folder holds %q", got)
	}
	if err := s.Rename(t.Context(), "a.part", "a.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("rename of a missing file = %v", err)
	}
	if err := s.Remove(t.Context(), "a.part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("remove of a missing file = %v", err)
	}
	if got := content(t, folder, "a.csv"); got != "abc" {
		t.Errorf("the folder holds %q", got)
	}
	if err := s.Remove(t.Context(), "a.csv"); err != nil {
		t.Errorf("remove: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "a.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestBlindServerThatTellsNothing: where every answer is the same, a file that may be there
// is not taken for missing.
func TestBlindServerThatTellsNothing(t *testing.T) {
	t.Parallel()
	refuse := remotetest.FTPScript{Answer: "550 No"}
	_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{"SIZE": refuse, "RNFR": refuse, "DELE": refuse}})
	c.WriteOnly = true
	plant(t, folder, "a.part", "abc")
	s := open(t, c)
	wantError(t, s.Remove(t.Context(), "a.part"), remote.ErrPermission)
	wantError(t, s.Rename(t.Context(), "a.part", "a.csv"), remote.ErrPermission)
}

// TestTrickle: a server that sends a byte now and then is never silent, and has an end all the same.
func TestTrickle(t *testing.T) {
	t.Parallel()
	_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Drip: 20 * time.Millisecond}})
	plant(t, folder, "users.csv", strings.Repeat("x", 100_000))
	c.IdleTimeout = 300 * time.Millisecond // which the login needs too
	c.DisableMLSD = true
	_, err := open(t, c).Download(t.Context(), "users.csv", io.Discard)
	wantError(t, err, remote.ErrTemporary)
	if err == nil || !strings.Contains(err.Error(), "too slowly") {
		t.Errorf("error = %v", err)
	}
}
