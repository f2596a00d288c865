package sftp_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

// TestContractOfAwkwardServers: whatever a server lacks, the contract holds.
func TestContractOfAwkwardServers(t *testing.T) {
	t.Parallel()
	one := false
	for name, tt := range map[string]struct {
		quirks partner.Quirks
		change func(*sftp.Config)
	}{
		"no stat":                 {partner.Quirks{NoStat: true}, func(*sftp.Config) {}},
		"no stat, and not asked":  {partner.Quirks{NoStat: true}, func(c *sftp.Config) { c.UseFstat = true }},
		"stat takes the file":     {partner.Quirks{StatTakes: true}, func(c *sftp.Config) { c.UseFstat = true }},
		"one read at a time":      {partner.Quirks{}, func(c *sftp.Config) { c.ConcurrentReads = &one }},
		"one short read a time":   {partner.Quirks{ShortReads: true}, func(c *sftp.Config) { c.ConcurrentReads = &one }},
		"everything at its worst": {partner.Quirks{NoStat: true, ShortReads: true, NoPosixRename: true}, func(c *sftp.Config) { c.UseFstat, c.ConcurrentReads = true, &one }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				_, c, folder := sandbox(t, tt.quirks)
				tt.change(&c)
				return remotetest.Fixture{Remote: sftp.New(c), Folder: folder, Missing: missing(c), Replaces: !tt.quirks.NoPosixRename}
			})
		})
	}
}

// TestOpenSSHThatForbidsStat forbids every status, and nothing else.
func TestOpenSSHThatForbidsStat(t *testing.T) {
	t.Parallel()
	_, c := openSSH(t, "-P", "stat,lstat,fstat,setstat,fsetstat")
	remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
		c := c
		c.Dir = filepath.Join(t.TempDir(), "inbox")
		if err := os.Mkdir(c.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return remotetest.Fixture{Remote: sftp.New(c), Folder: c.Dir, Missing: missing(c), Replaces: true}
	})
}

// TestNeverAsksForAPath: with use_fstat a file that is lost to whoever asks about it stays.
func TestNeverAsksForAPath(t *testing.T) {
	t.Parallel()
	_, c, folder := sandbox(t, partner.Quirks{StatTakes: true})
	if err := os.WriteFile(filepath.Join(folder, "users.csv"), []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.UseFstat = true
	s := open(t, c)
	if entry, err := s.Stat(t.Context(), "users.csv"); err != nil || entry.Size != 5 {
		t.Errorf("stat = %+v, %v", entry, err)
	}
	var got bytes.Buffer
	if _, err := s.Download(t.Context(), "users.csv", &got); err != nil || got.String() != "12345" {
		t.Errorf("downloaded %q, %v", got.String(), err)
	}
	if err := s.Rename(t.Context(), "users.csv", "taken.csv"); err != nil {
		t.Error(err)
	}
	c.UseFstat = false
	if _, err := open(t, c).Download(t.Context(), "taken.csv", io.Discard); err == nil {
		t.Error("the server does not take files: the test shows nothing")
	}
}

func TestBannerAndSecurity(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	if peer := open(t, c).Peer(); peer.Banner != server.Banner || len(strings.Split(peer.Security, ", ")) < 3 {
		t.Errorf("peer = %+v", peer)
	}
	loud, err := partner.Start(t.Context(), partner.Options{
		Root: t.TempDir(), User: "acme", Password: password, Banner: "\x1b[2J" + strings.Repeat("keep out\r\n", 10_000),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loud.Close() })
	peer := open(t, at(t, sftp.Config{
		User: "acme", Password: secret.Ref{File: writeFile(t, []byte(password))}, HostKeys: loud.HostKeys(), Dir: "/",
	}, loud.Addr())).Peer()
	if len(peer.Banner) > 400 || strings.ContainsAny(peer.Banner, "\x1b\r\n") || !strings.HasPrefix(peer.Banner, "[2Jkeep out keep out") {
		t.Errorf("banner = %q", peer.Banner)
	}
}

// TestCutLoginIsNotTemporary: it may be the server's way to refuse a password.
func TestCutLoginIsNotTemporary(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{CutOnRefusal: true})
	c.Password = secret.Ref{File: writeFile(t, []byte("canary-wrong"))}
	_, err := sftp.New(c).Open(t.Context())
	if !errors.Is(err, remote.ErrLoginCut) || errors.Is(err, remote.ErrTemporary) || strings.Contains(err.Error(), "canary") {
		t.Errorf("error = %v, want ErrLoginCut", err)
	}
	if server.Refused() != 1 {
		t.Errorf("%d passwords refused, want 1", server.Refused())
	}
}

// TestListingOfAHostileServer: T17. The library reduces a listed path to its last element.
func TestListingOfAHostileServer(t *testing.T) {
	t.Parallel()
	good := []string{"users.csv", "CON", "-rf", "x", "passwd", "\u202evsc.sresu", "~", "$(id)", "a;b", "*"}
	bad := []string{"../..", `a\b`, `..\..\x`, "nul\x00.csv", "a\r\nDELE users.csv", strings.Repeat("x", 4096), "\xff\xfe.csv", "tab\t.csv", "esc\x1b.csv"}
	quirks := partner.Quirks{Phantoms: slices.Concat(good[1:3], []string{"../../x", "/etc/passwd"}, good[5:], bad, []string{".", ".."})}
	_, c, folder := sandbox(t, quirks)
	if err := os.WriteFile(filepath.Join(folder, "users.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := open(t, c).List(t.Context(), "")
	if !errors.Is(err, remote.ErrBadName) || !strings.Contains(err.Error(), "8 entries left out") {
		t.Errorf("error = %v, want ErrBadName for %d entries", err, len(bad))
	}
	var got []string
	for _, e := range entries {
		if remote.CheckName(e.Name) != nil {
			t.Errorf("listed %q", e.Name)
		}
		got = append(got, e.Name)
	}
	slices.Sort(got)
	slices.Sort(good)
	if !slices.Equal(got, good) {
		t.Errorf("listed %q, want %q", got, good)
	}
}

// TestOnlyRegularFilesAreTaken: T17. A folder, a pipe, a link to outside and one to nowhere,
// all named like files that we look for.
func TestOnlyRegularFilesAreTaken(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	outside := writeFile(t, []byte("canary-outside"))
	place := func(name string) string { return filepath.Join(server.Folder, name) }
	for _, err := range []error{
		os.Mkdir(place("users_1.csv"), 0o755), syscall.Mkfifo(place("users_2.csv"), 0o644),
		os.Symlink(outside, place("users_3.csv")), os.Symlink("/none", place("users_4.csv")),
		os.WriteFile(place("users_5.csv"), []byte("x"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, fstat := range []bool{false, true} {
		c := brief(c)
		c.UseFstat = fstat
		s := open(t, c)
		entries, err := s.List(t.Context(), "")
		if err != nil || len(entries) != 5 {
			t.Fatalf("listed %+v, %v", entries, err)
		}
		for _, e := range entries {
			if e.Regular != (e.Name == "users_5.csv") {
				t.Errorf("%s is listed as regular: %t", e.Name, e.Regular)
			}
			var got bytes.Buffer
			_, err := s.Download(t.Context(), e.Name, &got)
			if e.Regular && err != nil || !e.Regular && (!errors.Is(err, remote.ErrPermission) || got.Len() > 0) {
				t.Errorf("%s, use_fstat %t: downloaded %q, %v", e.Name, fstat, got.String(), err)
			}
		}
	}
}

func TestCreateMakesEveryLevel(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	for _, c := range []sftp.Config{
		{Dir: server.Folder + "/a/b/c"},
		{Dir: server.Folder + "/write/only", WriteOnly: true},
		{Dir: server.Folder + "/by/listing/", UseFstat: true},
	} {
		full := at(t, c, server.Addr)
		full.User, full.PrivateKey, full.KnownHosts = server.User, secret.Ref{File: server.KeyFile}, server.KnownHosts
		for range 2 {
			if err := sftp.New(full).Create(t.Context()); err != nil {
				t.Errorf("create %s: %v", c.Dir, err)
			}
		}
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", c.Dir, err)
		}
	}
	if err := os.WriteFile(filepath.Join(server.Folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Dir = server.Folder + "/file/x"
	if err := sftp.New(c).Create(t.Context()); err == nil {
		t.Error("a folder below a file is made")
	}
	_, readOnly := openSSH(t, "-R")
	readOnly.Dir += "/x"
	if err := sftp.New(readOnly).Create(t.Context()); !errors.Is(err, remote.ErrPermission) && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("create on a read-only server = %v, want ErrPermission", err)
	}
}
