package remotetest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/remote"
)

// Fixture is one remote with the local folder behind it, empty at first.
type Fixture struct {
	Remote remote.Remote
	// Folder is the path on this machine that the server serves as the remote's folder:
	// the suite plants entries in it and looks into it without the adapter.
	Folder string
	// Missing is the same remote with a folder that does not exist.
	Missing remote.Remote
	// Replaces says that the server can replace a file in one step; otherwise Replace
	// must return errors.ErrUnsupported.
	Replaces bool
	// Owner is the user id that planted entries are given, where the server is another
	// user than the test; 0 leaves them as they are.
	Owner int
	// Hides says that the server itself leaves some hostile names out of its listings, so
	// that nobody can tell how many there are.
	Hides bool
	// Latin1 says that names which are not UTF-8 are read as Windows-1252.
	Latin1 bool
}

// Run checks the whole contract. open makes a new fixture for each subtest, stopped by
// the test's own cleanup.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, check := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"a file comes back as it was sent", roundTrip},
		{"an existing name is not overwritten by an upload", uploadExisting},
		{"a source of the wrong size or that fails is an error", badSources},
		{"stat tells size and kind", stat},
		{"list tells every entry", list},
		{"list leaves out hostile names but says so", listHostile},
		{"hostile names are refused by every method", hostileNames},
		{"a missing name is fs.ErrNotExist", missing},
		{"a missing folder is fs.ErrNotExist", missingFolder},
		{"a missing folder is made where it is asked for", createFolder},
		{"rename moves, and never merges", rename},
		{"replace is one step or unsupported", replace},
		{"remove deletes a file and never a folder", remove},
		{"only regular files are downloaded", downloadFolder},
		{"an error of the destination ends a download", badDestination},
		{"a canceled context returns its cause", canceled},
		{"canceling ends an upload", cancelUpload},
		{"canceling ends a download", cancelDownload},
		{"folders below are made and looked into", subfolders},
		{"move takes a file to a folder below and back", move},
		{"a session may be closed twice", closeTwice},
		{"sessions of one remote are independent", twoSessions},
	} {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			check.run(t, newBench(t, open(t)))
		})
	}
}

// bench is a fixture with a session, and shorthands that fail the test.
type bench struct {
	t *testing.T
	Fixture
	remote.Session
}

func newBench(t *testing.T, f Fixture) *bench {
	t.Helper()
	b := &bench{t: t, Fixture: f}
	b.Session = b.open()
	return b
}

func (b *bench) open() remote.Session {
	b.t.Helper()
	s, err := b.Remote.Open(b.t.Context())
	if err != nil {
		b.t.Fatalf("open: %v", err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (b *bench) plant(name, content string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.Folder, name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.hand(name)
}

// hand gives a planted entry to the server.
func (b *bench) hand(name string) {
	b.t.Helper()
	if b.Owner == 0 {
		return
	}
	if err := os.Lchown(filepath.Join(b.Folder, name), b.Owner, b.Owner); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) plantFolder(name string) {
	b.t.Helper()
	if err := os.Mkdir(filepath.Join(b.Folder, name), 0o700); err != nil {
		b.t.Fatal(err)
	}
	b.hand(name)
}

// content returns what the folder really holds under a name, or "(none)".
func (b *bench) content(name string) string {
	b.t.Helper()
	got, err := os.ReadFile(filepath.Join(b.Folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "(none)"
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return string(got)
}

func (b *bench) want(name, content string) {
	b.t.Helper()
	if got := b.content(name); got != content {
		b.t.Errorf("%q holds %.40q, want %.40q", name, got, content)
	}
}

func (b *bench) wantError(what string, got error, want error) {
	b.t.Helper()
	if !errors.Is(got, want) {
		b.t.Errorf("%s: error = %v, want %v", what, got, want)
	}
}

func (b *bench) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// noise returns n bytes that no compression or repetition hides a fault of.
func noise(n int) []byte {
	p := make([]byte, n)
	src := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = src.Read(p)
	return p
}

func stat(t *testing.T, b *bench) {
	b.plant("users.csv", "12345")
	b.plantFolder("archive")
	entry, err := b.Stat(t.Context(), "users.csv")
	b.must("stat", err)
	if entry.Name != "users.csv" || entry.Size != 5 || !entry.Regular || entry.ModTime.IsZero() {
		t.Errorf("stat of a file = %+v", entry)
	}
	entry, err = b.Stat(t.Context(), "archive")
	b.must("stat", err)
	if entry.Name != "archive" || entry.Regular {
		t.Errorf("stat of a folder = %+v", entry)
	}
}

func list(t *testing.T, b *bench) {
	entries, err := b.List(t.Context(), "")
	b.must("list an empty folder", err)
	if len(entries) != 0 {
		t.Errorf("an empty folder lists %+v", entries)
	}
	want := []string{"archive/"}
	b.plantFolder("archive")
	for i := range 300 {
		name := "users_" + strconv.Itoa(i) + ".csv"
		b.plant(name, strings.Repeat("x", i))
		want = append(want, name)
	}
	entries, err = b.List(t.Context(), "")
	b.must("list", err)
	var got []string
	for _, e := range entries {
		if !e.Regular {
			e.Name += "/"
		} else if e.Size != int64(len(b.content(e.Name))) {
			t.Errorf("%s: listed with %d bytes", e.Name, e.Size)
		}
		got = append(got, e.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("listed %d entries, want %d: %q", len(got), len(want), got)
	}
}

func listHostile(t *testing.T, b *bench) {
	b.plant("users.csv", "x")
	for _, name := range []string{"a\nb.csv", `..\users.csv`, "\xff.csv", "del\x7f.csv"} {
		b.plant(name, "x")
	}
	entries, err := b.List(t.Context(), "")
	left, ok := errors.AsType[remote.LeftOutError](err)
	count, want := 4, []string{"users.csv"}
	if b.Latin1 {
		count, want = 3, []string{"users.csv", "ÿ.csv"}
	}
	if !b.Hides && (!ok || left.Count != count || !errors.Is(err, remote.ErrBadName)) || b.Hides && err != nil && !ok {
		t.Errorf("error does not say how many: %v", err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("listed %+v, want %q", entries, want)
	}
}

func hostileNames(t *testing.T, b *bench) {
	ctx := t.Context()
	b.plant("good.csv", "good")
	outside := filepath.Join(filepath.Dir(b.Folder), "outside.csv")
	for _, bad := range []string{
		"", ".", "..", "../outside.csv", "/etc/passwd", `..\outside.csv`, "a/b/c", "a\x00b",
		"a\r\nDELE good.csv", "\xff", strings.Repeat("x", 256), "a\u0085b",
	} {
		_, statErr := b.Stat(ctx, bad)
		_, downloadErr := b.Download(ctx, bad, io.Discard)
		for what, err := range map[string]error{
			"stat": statErr, "download": downloadErr,
			"upload":       b.Upload(ctx, bad, strings.NewReader("x"), 1),
			"remove":       b.Remove(ctx, bad),
			"rename from":  b.Rename(ctx, bad, "other.csv"),
			"rename to":    b.Rename(ctx, "good.csv", bad),
			"replace from": b.Replace(ctx, "sub/"+bad, "other.csv"),
			"replace to":   b.Replace(ctx, "good.csv", "sub/"+bad),
			"make folder":  b.MakeFolder(ctx, bad),
			"move below":   b.Rename(ctx, "good.csv", "sub/"+bad),
			"move back":    b.Rename(ctx, "sub/"+bad, "other.csv"),
			"move to sub":  b.Rename(ctx, "good.csv", bad+"/other.csv"),
			"remove below": b.Remove(ctx, bad+"/good.csv"),
		} {
			b.wantError(what, err, remote.ErrBadName)
		}
		if _, err := b.List(ctx, bad); bad != "" {
			b.wantError("list", err, remote.ErrBadName)
		}
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("a name led out of the folder")
	}
	b.want("good.csv", "good")
}

func missing(t *testing.T, b *bench) {
	ctx := t.Context()
	_, statErr := b.Stat(ctx, "none.csv")
	_, downloadErr := b.Download(ctx, "none.csv", io.Discard)
	b.wantError("stat", statErr, fs.ErrNotExist)
	b.wantError("download", downloadErr, fs.ErrNotExist)
	b.wantError("remove", b.Remove(ctx, "none.csv"), fs.ErrNotExist)
	b.wantError("rename", b.Rename(ctx, "none.csv", "other.csv"), fs.ErrNotExist)
	if b.Replaces {
		b.wantError("replace", b.Replace(ctx, "none.csv", "other.csv"), fs.ErrNotExist)
	}
}

func missingFolder(t *testing.T, b *bench) {
	_, err := b.Missing.Open(t.Context())
	b.wantError("open", err, fs.ErrNotExist)
}

// createFolder is for the remotes that can: see remote.Creator.
func createFolder(t *testing.T, b *bench) {
	creator, ok := b.Missing.(remote.Creator)
	if !ok {
		return
	}
	for range 2 { // the second time it exists
		b.must("create", creator.Create(t.Context()))
	}
	s, err := creator.Open(t.Context())
	b.must("open", err)
	defer func() { _ = s.Close() }()
	b.must("upload", s.Upload(t.Context(), "a.csv", strings.NewReader("a"), 1))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	b.wantError("create", creator.Create(ctx), errStopped)
}

func rename(t *testing.T, b *bench) {
	b.plant("a.csv", "a")
	b.must("rename", b.Rename(t.Context(), "a.csv", "b.csv"))
	b.want("a.csv", "(none)")
	b.want("b.csv", "a")
	b.plant("c.csv", "c")
	if err := b.Rename(t.Context(), "c.csv", "b.csv"); err != nil {
		b.want("b.csv", "a")
		b.want("c.csv", "c")
		return
	}
	b.want("b.csv", "c")
	b.want("c.csv", "(none)")
}

func replace(t *testing.T, b *bench) {
	b.plant("new.part", "new")
	b.plant("users.csv", "old")
	err := b.Replace(t.Context(), "new.part", "users.csv")
	if !b.Replaces {
		b.wantError("replace", err, errors.ErrUnsupported)
		b.want("users.csv", "old")
		b.want("new.part", "new")
		return
	}
	b.must("replace", err)
	b.want("users.csv", "new")
	b.want("new.part", "(none)")
	b.plant("first.part", "first")
	b.must("replace nothing", b.Replace(t.Context(), "first.part", "first.csv"))
	b.want("first.csv", "first")
	b.must("make folder", b.MakeFolder(t.Context(), "sub"))
	b.must("upload below", b.Upload(t.Context(), "sub/next.part", strings.NewReader("next"), 4))
	b.must("replace from below", b.Replace(t.Context(), "sub/next.part", "first.csv"))
	b.want("first.csv", "next")
}

func remove(t *testing.T, b *bench) {
	b.plant("a.csv", "a")
	b.must("remove", b.Remove(t.Context(), "a.csv"))
	b.want("a.csv", "(none)")
	b.plantFolder("archive")
	if b.Remove(t.Context(), "archive") == nil {
		t.Error("removing a folder is no error")
	}
	if _, err := os.Stat(filepath.Join(b.Folder, "archive")); err != nil {
		t.Errorf("the folder is gone: %v", err)
	}
}

func closeTwice(t *testing.T, b *bench) {
	s := b.open()
	if p := s.Peer(); p.Address == "" || p.Protocol == "" {
		t.Errorf("peer = %+v", p)
	}
	b.must("close", s.Close())
	_ = s.Close()
	if _, err := s.List(t.Context(), ""); err == nil {
		t.Error("a closed session still lists")
	}
}

func twoSessions(t *testing.T, b *bench) {
	other := b.open()
	b.must("upload", b.Upload(t.Context(), "a.csv", strings.NewReader("a"), 1))
	b.must("close", b.Close())
	entry, err := other.Stat(t.Context(), "a.csv")
	b.must("stat", err)
	if entry.Size != 1 {
		t.Errorf("the other session sees %+v", entry)
	}
}
