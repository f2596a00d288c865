package sftp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
)

// silent accepts connections, says what it has to say, and nothing more.
func silent(t *testing.T, greeting string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				_, _ = io.WriteString(conn, greeting)
				_, _ = io.Copy(io.Discard, conn) // until the client hangs up
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	return listener.Addr().String()
}

func TestSilentServerEndsAtTheConnectTimeout(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{})
	c.ConnectTimeout = 100 * time.Millisecond
	for _, greeting := range []string{"", "SSH-2.0-Silent\r\n"} {
		_, err := sftp.New(at(t, c, silent(t, greeting))).Open(t.Context())
		if !errors.Is(err, remote.ErrTemporary) {
			t.Errorf("after %q: error = %v, want ErrTemporary", greeting, err)
		}
	}
}

func TestCancelEndsAHandshake(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{})
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	addr := silent(t, "SSH-2.0-Silent\r\n")
	time.AfterFunc(10*time.Millisecond, func() { cancel(stopped) })
	if _, err := sftp.New(at(t, c, addr)).Open(ctx); !errors.Is(err, stopped) {
		t.Errorf("error = %v, want the cause", err)
	}
}

func TestNotAnSSHServer(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{})
	c.ConnectTimeout = time.Second
	if _, err := sftp.New(at(t, c, silent(t, "220 FTP here\r\n"+strings.Repeat("x\r\n", 2000)))).Open(t.Context()); err == nil {
		t.Error("an FTP server opens")
	}
}

// TestFaultsAreTemporary breaks a connection in the middle of a transfer, every way.
func TestFaultsAreTemporary(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789abcdef"), 256<<10)
	for name, fault := range map[string]remotetest.Fault{
		"cut up":    {CutUp: 1 << 20},
		"cut down":  {CutDown: 1 << 20},
		"hold up":   {HoldUp: 1 << 20},
		"hold down": {HoldDown: 1 << 20},
	} {
		for _, upload := range []bool{true, false} {
			if upload != strings.HasSuffix(name, "up") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server, c, folder := sandbox(t, partner.Quirks{})
				proxy := remotetest.NewProxy(t, server.Addr())
				proxy.Break(fault)
				s := open(t, brief(at(t, c, proxy.Addr())))
				var err error
				if upload {
					err = s.Upload(t.Context(), "a.csv", bytes.NewReader(data), int64(len(data)))
				} else {
					if err := os.WriteFile(filepath.Join(folder, "a.csv"), data, 0o600); err != nil {
						t.Fatal(err)
					}
					_, err = s.Download(t.Context(), "a.csv", io.Discard)
				}
				if !errors.Is(err, remote.ErrTemporary) {
					t.Errorf("error = %v, want ErrTemporary", err)
				}
			})
		}
	}
}

func TestSlowDripEndsAtTheConnectTimeout(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	proxy := remotetest.NewProxy(t, server.Addr())
	proxy.Break(remotetest.Fault{Drip: 50 * time.Millisecond})
	c.ConnectTimeout = 300 * time.Millisecond
	if _, err := sftp.New(at(t, c, proxy.Addr())).Open(t.Context()); !errors.Is(err, remote.ErrTemporary) {
		t.Errorf("error = %v, want ErrTemporary", err)
	}
}

// TestFrozenSubsystem: the server's SSH side goes on answering keep-alives.
func TestFrozenSubsystem(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{StallAt: 100_000})
	s := open(t, brief(c))
	err := s.Upload(t.Context(), "a.csv", bytes.NewReader(make([]byte, 1<<20)), 1<<20)
	if !errors.Is(err, remote.ErrTemporary) {
		t.Errorf("error = %v, want ErrTemporary", err)
	}
	if _, err := s.List(t.Context(), ""); err == nil {
		t.Error("the session goes on after the watchdog has closed it")
	}
}

// TestQuietSessionStaysOpen waits several idle timeouts without an operation.
func TestQuietSessionStaysOpen(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{})
	s := open(t, brief(c))
	wait := time.NewTimer(1200 * time.Millisecond)
	defer wait.Stop()
	<-wait.C
	if _, err := s.List(t.Context(), ""); err != nil {
		t.Errorf("a quiet session has ended: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	_, c, _ := sandbox(t, partner.Quirks{FullAt: 100_000})
	err := open(t, c).Upload(t.Context(), "a.csv", bytes.NewReader(make([]byte, 1<<20)), 1<<20)
	if !errors.Is(err, remote.ErrNoSpace) {
		t.Errorf("error = %v, want ErrNoSpace", err)
	}
}

func TestWriteOnlyFolder(t *testing.T) {
	t.Parallel()
	_, c, folder := sandbox(t, partner.Quirks{WriteOnly: true})
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrPermission) {
		t.Errorf("error without write_only = %v, want ErrPermission", err)
	}
	c.WriteOnly = true
	s := open(t, c)
	if err := s.Upload(t.Context(), "a.part", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), "a.part", "a.csv"); err != nil {
		t.Fatal(err)
	}
	checkRemove(t, s)
	if got, err := os.ReadFile(filepath.Join(folder, "a.csv")); err != nil || string(got) != "abc" {
		t.Errorf("the folder holds %q, %v", got, err)
	}
}

// checkRemove: a missing file must be told, since only that tells what became of a rename.
func checkRemove(t *testing.T, s remote.Session) {
	t.Helper()
	if err := s.Remove(t.Context(), "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("remove of a missing file = %v, want fs.ErrNotExist", err)
	}
	if err := s.Upload(t.Context(), "b.part", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), "b.part"); err != nil {
		t.Errorf("remove of a file = %v", err)
	}
}

// TestWriteOnlyOpenSSH forbids every way of looking.
func TestWriteOnlyOpenSSH(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t, "-P", "opendir,readdir,stat,lstat,fstat,read,realpath")
	c.WriteOnly = true
	s := open(t, c)
	if err := s.Upload(t.Context(), "a.part", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), "a.part", "a.csv"); err != nil {
		t.Fatal(err)
	}
	checkRemove(t, s)
	if got, err := os.ReadFile(filepath.Join(server.Folder, "a.csv")); err != nil || string(got) != "abc" {
		t.Errorf("the folder holds %q, %v", got, err)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	_, c := openSSH(t, "-R")
	err := open(t, c).Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
	if !errors.Is(err, remote.ErrPermission) {
		t.Errorf("error = %v, want ErrPermission", err)
	}
}
