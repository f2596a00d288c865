package pickup_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a folder behind a real protocol.
type server struct {
	folder, addr string
	// reach returns the remote at an address, which may be that of a proxy.
	reach func(addr string) remote.Remote
	// owner is the user that files must be of for the server to move them; 0 is any.
	owner int
}

func private(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func split(t testing.TB, addr string) (host string, port int) {
	t.Helper()
	host, text, err := net.SplitHostPort(addr)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func inbox(t testing.TB) (root, folder string) {
	t.Helper()
	root = t.TempDir()
	folder = filepath.Join(root, "in")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return root, folder
}

func startPartner(t *testing.T, quirks partner.Quirks) server {
	t.Helper()
	const password = "canary-2b90"
	root, folder := inbox(t)
	s, err := partner.Start(t.Context(), partner.Options{Root: root, User: "acme", Password: password, Quirks: quirks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := sftp.Config{
		User: "acme", Password: secret.Ref{File: private(t, password)}, HostKeys: s.HostKeys(), Dir: "/in",
		ConnectTimeout: 5 * time.Second, IdleTimeout: 2 * time.Second,
	}
	return server{folder: folder, addr: s.Addr(), reach: func(addr string) remote.Remote {
		c := c
		c.Host, c.Port = split(t, addr)
		return sftp.New(c)
	}}
}

func startOpenSSH(t *testing.T) server {
	t.Helper()
	s := remotetest.OpenSSH(t)
	_, folder := inbox(t)
	return server{folder: folder, addr: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), reach: func(string) remote.Remote {
		return sftp.New(sftp.Config{
			Host: s.Host, Port: s.Port, User: s.User, PrivateKey: secret.Ref{File: s.KeyFile}, KnownHosts: s.KnownHosts, Dir: folder,
		})
	}}
}

func startFTP(start func(testing.TB, ...string) *remotetest.FTPServer) func(*testing.T) server {
	return func(t *testing.T) server {
		s := start(t)
		dir, folder := s.Folder(t, "in")
		return server{folder: folder, addr: s.Addr, owner: s.Owner, reach: reachFTP(t, ftp.Config{
			User: s.User, Password: secret.Ref{File: private(t, s.Password)}, CAFile: s.Certificate.CertFile, Dir: dir,
		})}
	}
}

func startScripted(o remotetest.FTPOptions) func(*testing.T) server {
	return func(t *testing.T) server {
		o := o
		root, folder := inbox(t)
		certificate := remotetest.NewCertificate(t)
		o.Root, o.TLS = root, &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}
		s := remotetest.NewScriptedFTP(t, o)
		return server{folder: folder, addr: s.Addr, reach: reachFTP(t, ftp.Config{
			User: s.User, Password: secret.Ref{File: private(t, s.Password)}, CAFile: certificate.CertFile, Dir: "/in",
		})}
	}
}

func reachFTP(t testing.TB, c ftp.Config) func(string) remote.Remote {
	c.ConnectTimeout, c.IdleTimeout = 10*time.Second, 5*time.Second
	return func(addr string) remote.Remote {
		c := c
		c.Host, c.Port = split(t, addr)
		return ftp.New(c)
	}
}

func servers() map[string]func(*testing.T) server {
	like := func(quirks partner.Quirks) func(*testing.T) server {
		return func(t *testing.T) server { return startPartner(t, quirks) }
	}
	return map[string]func(*testing.T) server{
		"partner":          like(partner.Quirks{}),
		"short reads":      like(partner.Quirks{ShortReads: true}),
		"rename overwrite": like(partner.Quirks{NoPosixRename: true, RenameOverwrites: true}),
		"no stat":          like(partner.Quirks{NoStat: true}),
		"OpenSSH":          startOpenSSH,
		"vsftpd":           startFTP(remotetest.VSFTPD),
		"ProFTPD":          startFTP(remotetest.ProFTPD),
		"Pure-FTPd":        startFTP(remotetest.PureFTPD),
		"like IIS":         startScripted(remotetest.FTPOptions{Refuses: true, DOS: true, NoMLST: true}),
		"like Linux":       startScripted(remotetest.FTPOptions{}),
	}
}

// through returns the site of a server as it is reached at an address.
func (v server) through(t *testing.T, addr string) *site {
	t.Helper()
	return siteOf(t, v.folder, v.reach(addr))
}

// hand gives a planted file to the server's user.
func (v server) hand(t *testing.T, name string) {
	t.Helper()
	if v.owner == 0 {
		return
	}
	if err := os.Chown(filepath.Join(v.folder, name), v.owner, v.owner); err != nil {
		t.Fatal(err)
	}
}

func TestPickupOverEveryServer(t *testing.T) {
	t.Parallel()
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t)
			s := v.through(t, v.addr)
			for i, content := range []string{"one", "two, longer"} {
				s.plant("users.csv", content)
				v.hand(t, "users.csv")
				taken := s.take()
				if taken.SHA256 != hash(content) || taken.Warning != nil || !strings.HasPrefix(taken.Place, "in-progress/") {
					t.Errorf("taken = %+v", taken)
				}
				settled := s.settle(taken, pickup.Processed, s.attachment(pickup.ReportSuffix, "report "+content))
				if settled.Warning != nil {
					t.Errorf("file %d: settled = %+v", i, settled)
				}
			}
			s.want(map[string]string{
				"processed/users.csv": "one", "processed/users.csv.report.csv": "report one",
				"processed/users.r2.csv": "two, longer", "processed/users.r2.csv.report.csv": "report two, longer",
			})
			s.plant("users.csv", "three")
			v.hand(t, "users.csv")
			if err := s.take().GiveBack(t.Context()); err != nil {
				t.Error(err)
			}
			if got := filesOf(t, s.folder)["users.csv"]; got != "three" {
				t.Errorf("given back: %q", got)
			}
		})
	}
}

func TestNothingIsWrittenWithKeep(t *testing.T) {
	t.Parallel()
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t)
			s := v.through(t, v.addr)
			s.from.Options.Keep = true
			s.plant("users.csv", "one")
			v.hand(t, "users.csv")
			s.age("users.csv", time.Now().Add(-time.Hour))
			s.settle(s.take(), pickup.Processed, s.attachment(pickup.ReportSuffix, "report"))
			s.want(map[string]string{"users.csv": "one"})
			if found := s.look(); len(found.Files) != 0 {
				t.Errorf("found again: %+v", found.Files)
			}
		})
	}
}

// TestServersThatRefuseToRename: T22 over the wire.
func TestServersThatRefuseToRename(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) server{
		"SFTP": func(t *testing.T) server { return startPartner(t, partner.Quirks{RefuseRename: true}) },
		"FTP": startScripted(remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{
			"RNTO": {Answer: "553 Rename refused"}, "MKD": {Answer: "550 Not here"},
		}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t)
			s := v.through(t, v.addr)
			s.plant("users.csv", "one")
			taken := s.take()
			if taken.Place != "" || taken.Warning == nil {
				t.Errorf("taken = %+v", taken)
			}
			if settled := s.settle(taken, pickup.Processed, s.attachment(pickup.ReportSuffix, "report")); settled.Warning == nil {
				t.Errorf("settled = %+v", settled)
			}
			s.want(map[string]string{"users.csv": "one"})
			if found := s.look(); len(found.Files) != 0 {
				t.Errorf("found again: %+v", found.Files)
			}
		})
	}
}

func TestAWrongPasswordIsTriedOnce(t *testing.T) {
	t.Parallel()
	v := startScripted(remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"PASS": {Answer: "530 No"}}})(t)
	s := v.through(t, v.addr)
	s.plant("users.csv", "one")
	if _, err := pickup.Look(t.Context(), s.from, s.journal, flow); !errors.Is(err, remote.ErrAuth) {
		t.Errorf("look: %v", err)
	}
}

// TestCutAnywhere cuts the connection after N bytes, once or for good, over the whole of a run:
// the file is applied once and is never lost (I3).
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("login;name\n", 5000)
	for name, points := range map[string]int64{"partner": 12, "vsftpd": 6, "like IIS": 6} {
		start := servers()[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t)
			proxy := remotetest.NewProxy(t, v.addr)
			whole := v.through(t, proxy.Addr())
			whole.plant("users.csv", content)
			v.hand(t, "users.csv")
			if err := whole.once(map[string]int{}); err != nil {
				t.Fatal(err)
			}
			up, down := proxy.Bytes()
			for n := int64(1); n < up; n += up/points + 1 {
				cut(t, start, fmt.Sprintf("up %d of %d", n, up), content, remotetest.Fault{CutUp: n})
			}
			for n := int64(1); n < down; n += down/points + 1 {
				cut(t, start, fmt.Sprintf("down %d of %d", n, down), content, remotetest.Fault{CutDown: n})
			}
		})
	}
}

func cut(t *testing.T, start func(*testing.T) server, point, content string, fault remotetest.Fault) {
	for _, times := range []int{1, 0} {
		t.Run(fmt.Sprintf("%s, %d times", point, times), func(t *testing.T) {
			t.Parallel()
			v := start(t)
			proxy := remotetest.NewProxy(t, v.addr)
			strike := fault
			strike.Times = times
			proxy.Break(strike)
			s := v.through(t, proxy.Addr())
			s.plant("users.csv", content)
			v.hand(t, "users.csv")
			applied := map[string]int{}
			err := s.once(applied)
			if times > 0 && err != nil && !errors.Is(err, remote.ErrLoginCut) {
				t.Errorf("a fault that passes stopped the run: %v", err)
			}
			s.from.Remote = v.reach(v.addr)
			s.untilQuiet(point, content, applied)
		})
	}
}
