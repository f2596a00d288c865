package partner_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/sandbox/partner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, q partner.Quirks) (*partner.Server, string) {
	t.Helper()
	return startWith(t, partner.Options{User: "acme", Password: "secret", Quirks: q})
}

func startWith(t *testing.T, o partner.Options) (*partner.Server, string) {
	t.Helper()
	o.Root = t.TempDir()
	s, err := partner.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, o.Root
}

func dial(s *partner.Server, login ...ssh.AuthMethod) (*ssh.Client, error) {
	pinned := s.HostKeys()
	return ssh.Dial("tcp", s.Addr(), &ssh.ClientConfig{
		User: "acme", Auth: login, Timeout: 10 * time.Second,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if !slices.Contains(pinned, ssh.FingerprintSHA256(key)) {
				return errors.New("not the server's key")
			}
			return nil
		},
	})
}

func client(t *testing.T, s *partner.Server) *sftp.Client {
	t.Helper()
	conn, err := dial(s, ssh.Password("secret"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), conn.Close() }) // the server may have cut it
	return c
}

func put(c *sftp.Client, name string, content []byte) error {
	f, err := c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.ReadFromWithConcurrency(bytes.NewReader(content), 4)
	return errors.Join(err, f.Close())
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestLogin(t *testing.T) {
	t.Parallel()
	right, wrong := newKey(t), newKey(t)
	s, _ := startWith(t, partner.Options{
		User: "acme", Password: "secret", AuthorizedKeys: []ssh.PublicKey{right.PublicKey()}, SecondHostKey: true,
	})
	if keys := s.HostKeys(); len(keys) != 2 || !strings.HasPrefix(keys[0], "SHA256:") {
		t.Errorf("host keys = %q, want two fingerprints", keys)
	}
	if n := bytes.Count(s.KnownHosts(), []byte("\n")); n != 2 {
		t.Errorf("known_hosts has %d lines, want 2", n)
	}
	for name, login := range map[string]ssh.AuthMethod{"password": ssh.Password("secret"), "key": ssh.PublicKeys(right)} {
		conn, err := dial(s, login)
		if err != nil {
			t.Errorf("login with the right %s: %v", name, err)
			continue
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, login := range map[string]ssh.AuthMethod{"password": ssh.Password("guess"), "key": ssh.PublicKeys(wrong)} {
		if _, err := dial(s, login); err == nil {
			t.Errorf("login with a wrong %s succeeded", name)
		}
	}
	if s.Logins() != 2 || s.Refused() != 2 {
		t.Errorf("logins = %d, refused = %d, want 2 and 2", s.Logins(), s.Refused())
	}
}

func TestStartRefusesOpenDoor(t *testing.T) {
	t.Parallel()
	if _, err := partner.Start(t.Context(), partner.Options{Root: t.TempDir(), User: "acme"}); err == nil {
		t.Error("a server without any way to log in started")
	}
	if _, err := partner.Start(t.Context(), partner.Options{Root: "/nonexistent", User: "acme", Password: "x"}); err == nil {
		t.Error("a server without a folder started")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{})
	c := client(t, s)
	content := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	if err := put(c, "/staff.csv.part", content); err != nil {
		t.Fatal(err)
	}
	if err := put(c, "/staff.csv.part", nil); err == nil {
		t.Error("exclusive create overwrote a file")
	}
	if err := c.PosixRename("/staff.csv.part", "/staff.csv"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(root, "staff.csv")); got != string(content) {
		t.Errorf("stored %d bytes, want %d, equal", len(got), len(content))
	}
	f, err := c.Open("staff.csv")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("read back %d bytes, %v; want %d, equal", len(got), err, len(content))
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	when := time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)
	if err := c.Chtimes("/staff.csv", when, when); err != nil {
		t.Error(err)
	}
	if err := c.Mkdir("/done"); err != nil {
		t.Error(err)
	}
	infos, err := c.ReadDir("/")
	if err != nil || len(infos) != 2 || infos[1].Name() != "staff.csv" || !infos[1].ModTime().Equal(when) || !infos[0].IsDir() {
		t.Errorf("ReadDir = %v, %v; want done/ and staff.csv of %v", infos, err, when)
	}
	if err := c.Remove("/done"); err != nil {
		t.Error(err) // the client falls back to rmdir
	}
	if err := c.Remove("/staff.csv"); err != nil {
		t.Error(err)
	}
	if _, err := c.Stat("/staff.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat of a removed file: %v, want fs.ErrNotExist", err)
	}
}

func TestManyEntries(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{})
	const n = 257 // more than two answers' worth
	for i := range n {
		write(t, filepath.Join(root, strings.Repeat("x", i/26+1)+string(rune('a'+i%26))), "")
	}
	infos, err := client(t, s).ReadDir(".")
	if err != nil || len(infos) != n {
		t.Errorf("ReadDir gives %d entries, %v; want %d", len(infos), err, n)
	}
}

// Whatever path a client sends, and whatever links lie in the folder, nothing outside
// is read, listed, written, renamed or removed.
func TestNoEscape(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{RenameOverwrites: true})
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	write(t, secret, "untouched")
	write(t, filepath.Join(root, "mine"), "mine")
	for link, target := range map[string]string{"file": secret, "dir": outside, "up": "..", "root": "/"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	c := client(t, s)
	relative, err := filepath.Rel(root, secret)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/file", "/dir/secret", relative, "/../" + relative, secret, "/root" + secret, "/up/" + filepath.Base(outside) + "/secret"}
	for _, p := range paths {
		if f, err := c.Open(p); err == nil {
			_ = f.Close()
			t.Errorf("open %q succeeded", p)
		}
		if _, err := c.Stat(p); err == nil {
			t.Errorf("stat %q succeeded", p)
		}
		if f, err := c.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_TRUNC); err == nil {
			_ = f.Close()
			t.Errorf("create %q succeeded", p)
		}
		if err := c.Truncate(p, 0); err == nil {
			t.Errorf("truncate %q succeeded", p)
		}
	}
	for _, p := range []string{"/dir", "/up", "/root"} {
		if _, err := c.ReadDir(p); err == nil {
			t.Errorf("list %q succeeded", p)
		}
		if err := c.Rename("/mine", p+"/taken"); err == nil {
			t.Errorf("rename into %q succeeded", p)
		}
	}
	if err := c.Remove("/dir/secret"); err == nil {
		t.Error("remove behind a link succeeded")
	}
	if err := c.Symlink(secret, "/planted"); err == nil {
		t.Error("a client planted a link")
	}
	if err := c.Link("/file", "/planted"); err == nil {
		t.Error("a client planted a hard link")
	}
	if got := read(t, secret); got != "untouched" {
		t.Errorf("the outside file now holds %q", got)
	}
	if names, err := os.ReadDir(outside); err != nil || len(names) != 1 {
		t.Errorf("the outside folder holds %v, %v", names, err)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		quirks       partner.Quirks
		plain, posix bool // whether the target is replaced
		offered      bool
	}{
		"like OpenSSH":       {partner.Quirks{}, false, true, true},
		"no posix-rename":    {partner.Quirks{NoPosixRename: true}, false, false, false},
		"rename overwrites":  {partner.Quirks{RenameOverwrites: true, NoPosixRename: true}, true, false, false},
		"every rename fails": {partner.Quirks{RefuseRename: true}, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, root := start(t, tc.quirks)
			c := client(t, s)
			if _, offered := c.HasExtension("posix-rename@openssh.com"); offered != tc.offered {
				t.Errorf("posix-rename offered = %v, want %v", offered, tc.offered)
			}
			for what, step := range map[string]struct {
				rename   func(from, to string) error
				replaced bool
			}{"plain": {c.Rename, tc.plain}, "posix": {c.PosixRename, tc.posix}} {
				write(t, filepath.Join(root, "new"), "new")
				write(t, filepath.Join(root, "old"), "old")
				err := step.rename("/new", "/old")
				if replaced := read(t, filepath.Join(root, "old")) == "new"; replaced != step.replaced || (err == nil) != step.replaced {
					t.Errorf("%s rename: replaced = %v, %v; want %v", what, replaced, err, step.replaced)
				}
			}
		})
	}
}

func TestPlainRenameToFreeName(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{NoPosixRename: true})
	write(t, filepath.Join(root, "a.part"), "a")
	if err := client(t, s).Rename("/a.part", "/a"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(root, "a")); got != "a" {
		t.Errorf("renamed file holds %q", got)
	}
	if _, err := os.Stat(filepath.Join(root, "a.part")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old name is still there: %v", err)
	}
}

func TestWriteOnly(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{WriteOnly: true})
	c := client(t, s)
	f, err := c.OpenFile("/a", os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 3 {
		t.Errorf("status of the open file: %v, %v; want 3 bytes", info, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stat("/a"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("stat: %v, want permission denied", err)
	}
	if _, err := c.ReadDir("/"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("list: %v, want permission denied", err)
	}
	if _, err := c.Open("/a"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("read: %v, want permission denied", err)
	}
	if err := c.PosixRename("/a", "/b"); err != nil {
		t.Error(err)
	}
	if got := read(t, filepath.Join(root, "b")); got != "abc" {
		t.Errorf("stored %q", got)
	}
}

func TestShortReads(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{ShortReads: true})
	write(t, filepath.Join(root, "a"), strings.Repeat("a", 1000))
	f, err := client(t, s).Open("/a")
	if err != nil {
		t.Fatal(err)
	}
	// A reader that goes on after a short answer loses nothing.
	if got, err := io.ReadAll(f); err != nil || len(got) != 1000 {
		t.Errorf("read %d bytes, %v; want 1000", len(got), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	s, _ := start(t, partner.Quirks{FullAt: 1000})
	c := client(t, s)
	if err := put(c, "/fits", make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	if err := put(c, "/big", make([]byte, 1001)); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("upload beyond the limit: %v, want no space left on device", err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	s, root := start(t, partner.Quirks{CutAt: 100_000})
	if err := put(client(t, s), "/a", make([]byte, 300_000)); err == nil {
		t.Error("upload over a cut connection succeeded")
	}
	if info, err := os.Stat(filepath.Join(root, "a")); err != nil || info.Size() > 100_000 {
		t.Errorf("left behind: %v, %v; want at most 100,000 bytes", info, err)
	}
	if err := put(client(t, s), "/b", nil); err != nil {
		t.Errorf("a new connection after the cut: %v", err)
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := partner.Start(ctx, partner.Options{Root: t.TempDir(), User: "acme", Password: "secret", Quirks: partner.Quirks{StallAt: 10}})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, s)
	result := make(chan error, 1)
	f, err := c.Create("/a")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := f.Write(make([]byte, 11))
		result <- err
	}()
	cancel() // ends the server, and with it the wait
	if err := <-result; err == nil {
		t.Error("the stalled write succeeded")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestPickUp(t *testing.T) {
	t.Parallel()
	taken := t.TempDir()
	s, _ := start(t, partner.Quirks{PickUp: taken})
	c := client(t, s)
	if err := put(c, "/a.part", []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if err := c.PosixRename("/a.part", "/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stat("/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat after the pick-up: %v, want fs.ErrNotExist", err)
	}
	if got := read(t, filepath.Join(taken, "a")); got != "abc" {
		t.Errorf("picked up %q", got)
	}
}

func TestCutAll(t *testing.T) {
	t.Parallel()
	s, _ := start(t, partner.Quirks{})
	c := client(t, s)
	s.CutAll()
	if err := c.Wait(); err == nil {
		t.Error("the connection ended without an error")
	}
	if _, err := client(t, s).ReadDir("/"); err != nil {
		t.Errorf("a new connection: %v", err)
	}
}
