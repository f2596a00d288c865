package delivery_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// ftpSite is a folder of an FTP server.
type ftpSite struct {
	config ftp.Config
	addr   string
	folder string
}

// ftpServers are the real servers and one that, like IIS, refuses to rename over a file.
func ftpServers() map[string]func(*testing.T) ftpSite {
	started := func(start func(testing.TB, ...string) *remotetest.FTPServer) func(*testing.T) ftpSite {
		return func(t *testing.T) ftpSite {
			s := start(t)
			dir, folder := s.Folder(t, "in")
			return ftpSite{ftp.Config{
				Host: s.Host, Port: s.Port, User: s.User, Dir: dir,
				Password: secret.Ref{File: private(t, []byte(s.Password))}, CAFile: s.Certificate.CertFile,
			}, s.Addr, folder}
		}
	}
	return map[string]func(*testing.T) ftpSite{
		"vsftpd":    started(remotetest.VSFTPD),
		"ProFTPD":   started(remotetest.ProFTPD),
		"Pure-FTPd": started(remotetest.PureFTPD),
		"like IIS": func(t *testing.T) ftpSite {
			return scriptedSite(t, remotetest.FTPOptions{Refuses: true, DOS: true, NoMLST: true})
		},
		"like Linux": func(t *testing.T) ftpSite { return scriptedSite(t, remotetest.FTPOptions{}) },
	}
}

func scriptedSite(t *testing.T, o remotetest.FTPOptions) ftpSite {
	t.Helper()
	o.Root = t.TempDir()
	folder := filepath.Join(o.Root, "in")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	certificate := remotetest.NewCertificate(t)
	o.TLS = &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}
	s := remotetest.NewScriptedFTP(t, o)
	return ftpSite{ftp.Config{
		User: s.User, Dir: "/in", Password: secret.Ref{File: private(t, []byte(s.Password))}, CAFile: certificate.CertFile,
	}, s.Addr, folder}.at(t, s.Addr)
}

func (s ftpSite) at(t *testing.T, addr string) ftpSite {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	s.config.Host = host
	if s.config.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s ftpSite) target() delivery.Target {
	c := s.config
	c.ConnectTimeout, c.IdleTimeout = 10*time.Second, 5*time.Second
	return delivery.Target{Name: "skillup", Remote: ftp.New(c), WriteOnly: c.WriteOnly}
}

func (s ftpSite) want(t *testing.T, files map[string]string) {
	t.Helper()
	if got := filesOf(t, s.folder); !maps.Equal(got, files) {
		t.Errorf("the folder holds %v, want %v", got, files)
	}
}

// deliverOld puts the old file in place, by a delivery so that the server owns it.
func (s ftpSite) deliverOld(t *testing.T) {
	t.Helper()
	if _, err := delivery.Deliver(t.Context(), request(t, &journal{}, s.target(), oldFile)); err != nil {
		t.Fatal(err)
	}
	s.want(t, onlyOld)
}

func TestDeliversOverFTP(t *testing.T) {
	t.Parallel()
	for name, start := range ftpServers() {
		for _, writeOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/write-only %t", name, writeOnly), func(t *testing.T) {
				t.Parallel()
				s := start(t)
				s.deliverOld(t)
				s.config.WriteOnly = writeOnly
				j := &journal{}
				receipt, err := delivery.Deliver(t.Context(), request(t, j, s.target(), newFile))
				if writeOnly && name == "like IIS" {
					if !errors.Is(err, remote.ErrPermission) {
						t.Errorf("an old file that cannot be replaced: %v", err)
					}
					s.want(t, onlyOld)
					return
				}
				if err != nil || receipt.Confirmed == writeOnly || receipt.Attempts != 1 || receipt.Peer.Key == "" {
					t.Errorf("receipt = %+v, %v", receipt, err)
				}
				s.want(t, onlyNew)
				steps := "uploading uploaded delivered"
				if name == "like IIS" {
					steps = "uploading uploaded replacing delivered"
				}
				if got := j.steps(); got != steps {
					t.Errorf("journalled %q, want %q", got, steps)
				}
			})
		}
	}
}

// TestCutOverFTP cuts the control connection after N bytes, for N over the whole
// conversation, once or for good.
func TestCutOverFTP(t *testing.T) {
	t.Parallel()
	for name, start := range ftpServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := start(t)
			proxy := remotetest.NewProxy(t, whole.addr)
			whole.deliverOld(t)
			if _, err := delivery.Deliver(t.Context(), request(t, &journal{}, whole.at(t, proxy.Addr()).target(), newFile)); err != nil {
				t.Fatal(err)
			}
			up, down := proxy.Bytes()
			for _, n := range grid(up, 7, 130) {
				cutOverFTP(t, start, fmt.Sprintf("up %d of %d", n, up), remotetest.Fault{CutUp: n})
			}
			for _, n := range grid(down, 7, 130) {
				cutOverFTP(t, start, fmt.Sprintf("down %d of %d", n, down), remotetest.Fault{CutDown: n})
			}
		})
	}
}

func cutOverFTP(t *testing.T, start func(*testing.T) ftpSite, point string, fault remotetest.Fault) {
	for _, times := range []int{1, 0} {
		t.Run(fmt.Sprintf("%s, %d times", point, times), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.deliverOld(t)
			proxy := remotetest.NewProxy(t, s.addr)
			strike := fault
			strike.Times = times
			proxy.Break(strike)
			j := &journal{}
			s = s.at(t, proxy.Addr()) // for what recovers too: another address is another server
			r := request(t, j, s.target(), newFile)
			r.Run = "r2"
			_, err := delivery.Deliver(t.Context(), r)
			proxy.Break(remotetest.Fault{})
			if errors.Is(err, remote.ErrLoginCut) {
				// Some servers answer a wrong password so, and accounts get locked.
				s.settle(t, j, false)
				return
			}
			if times > 0 {
				if err != nil {
					t.Errorf("not delivered although the fault passed: %v", err)
				}
				s.want(t, onlyNew)
				return
			}
			if got := filesOf(t, s.folder)[name]; got != "old" && got != "new" && j.last().Backup == "" {
				t.Errorf("the name holds %q", got)
			}
			s.settle(t, j, err == nil)
		})
	}
}

// settle recovers what the journal holds, over a connection without a fault.
func (s ftpSite) settle(t *testing.T, j *journal, delivered bool) {
	t.Helper()
	if j.last().Step == "" {
		s.want(t, onlyOld)
		return
	}
	settled, err := delivery.Recover(t.Context(), s.target(), j, []delivery.Record{j.last()})
	if err != nil {
		t.Fatalf("recover: %v", err)
	}
	switch settled[0].Step {
	case delivery.StepDelivered:
		s.want(t, onlyNew)
	case delivery.StepFailed:
		s.want(t, onlyOld)
		if delivered {
			t.Error("Deliver returned no error, but the file did not arrive")
		}
	default:
		t.Errorf("settled as %q", settled[0].Step)
	}
}

func TestBrokenDataOverFTP(t *testing.T) {
	t.Parallel()
	for fault, script := range map[string]remotetest.FTPScript{
		"cut":         {CutAt: 100_000, Times: 1},
		"aborted":     {CutAt: int64(len(newFile)) - 1, Times: 1},
		"no data":     {Answer: "425 No data connection", Times: 1},
		"busy":        {Answer: "450 Busy", Times: 1},
		"local error": {After: "451 Local error", Times: 1},
		"closing":     {Answer: "421 Closing", HangUp: true, Times: 1},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := scriptedSite(t, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": script}})
			receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, s.target(), newFile))
			if err != nil || receipt.Attempts != 2 {
				t.Errorf("receipt = %+v, %v; want two attempts", receipt, err)
			}
			s.want(t, onlyNew)
		})
	}
}

func TestPermanentFaultsOverFTP(t *testing.T) {
	t.Parallel()
	for fault, tt := range map[string]struct {
		script map[string]remotetest.FTPScript
		change func(*testing.T, *ftp.Config)
		want   error
	}{
		"wrong certificate": {nil, func(t *testing.T, c *ftp.Config) { c.CAFile = remotetest.NewCertificate(t).CertFile }, remote.ErrCertificate},
		"wrong password": {nil, func(t *testing.T, c *ftp.Config) {
			c.Password = secret.Ref{File: private(t, []byte("wrong"))}
		}, remote.ErrAuth},
		"missing folder": {nil, func(_ *testing.T, c *ftp.Config) { c.Dir = "/none" }, delivery.ErrNoFolder},
		"disk full":      {map[string]remotetest.FTPScript{"STOR": {After: "552 Quota exceeded", Skip: 1}}, nil, remote.ErrNoSpace},
		"upload refused": {map[string]remotetest.FTPScript{"STOR": {Answer: "553 Bad name", Skip: 1}}, nil, remote.ErrPermission},
		"rename refused": {map[string]remotetest.FTPScript{"RNTO": {Answer: "553 Bad name", Skip: 1}}, nil, remote.ErrPermission},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := scriptedSite(t, remotetest.FTPOptions{Script: tt.script})
			s.deliverOld(t)
			if tt.change != nil {
				tt.change(t, &s.config)
			}
			receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, s.target(), newFile))
			if !errors.Is(err, tt.want) || receipt.Attempts != 1 {
				t.Errorf("receipt = %+v, error = %v, want %v at once", receipt, err, tt.want)
			}
			s.want(t, onlyOld)
		})
	}
}
