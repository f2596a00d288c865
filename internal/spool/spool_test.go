package spool_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/spool"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestAFileIsWholeAndHashedAndNotWrittenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "RUN", "users.csv")
	f, err := spool.Write(path, text("login\nada\n"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("login\nada\n"))
	want := spool.File{Path: path, Bytes: 10, SHA256: hex.EncodeToString(sum[:])}
	if again, err := spool.Sum(path); err != nil || f != want || again != want {
		t.Errorf("written %+v, read %+v, %v, want %+v", f, again, err, want)
	}
	for _, p := range []struct {
		path string
		mode fs.FileMode
	}{{path, 0o600}, {filepath.Dir(path), 0o700}} {
		if info, err := os.Stat(p.path); err != nil || info.Mode().Perm() != p.mode {
			t.Errorf("%s: %v, %v, want %v", p.path, info.Mode(), err, p.mode)
		}
	}
	if _, err := spool.Write(path, text("another")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it was written over: %v", err)
	}
	if _, err := (*spool.Room)(nil).Replace(path, text("another")); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); string(got) != "another" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFileThatCouldNotBeWrittenWholeIsNotThere(t *testing.T) {
	t.Parallel()
	path, fault := filepath.Join(t.TempDir(), "users.csv"), errors.New("the line is cut")
	_, err := spool.Write(path, func(w io.Writer) error { return errors.Join(text("half")(w), fault) })
	if _, there := os.Stat(path); !errors.Is(err, fault) || !errors.Is(there, fs.ErrNotExist) {
		t.Errorf("%v, %v", err, there)
	}
}

// spooled makes folders of runs with a file of so many bytes each.
func spooled(t *testing.T, bytes int, runs ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, run := range runs {
		if _, err := spool.Write(filepath.Join(folder, run, "incoming", "f"), text(strings.Repeat("x", bytes))); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func left(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTheOldestOfWhatIsSpareGoesFirst(t *testing.T) {
	t.Parallel()
	folder := spooled(t, 300, "old", "older", "held")
	var went []string
	room := &spool.Room{
		Folder: folder, Max: 1000,
		Spare: func() ([]string, error) { return []string{"nowhere", "older", "old"}, nil },
		Went:  func(runs []string, _ int64) { went = append(went, runs...) },
	}
	if _, err := room.Write(filepath.Join(folder, "new", "f"), text(strings.Repeat("x", 200))); err != nil {
		t.Fatal(err)
	}
	if got := left(t, folder); !slices.Equal(got, []string{"held", "new", "old"}) || !slices.Equal(went, []string{"older"}) {
		t.Errorf("%v are left, %v went", got, went)
	}
}

func TestWhatIsNeededStaysWhereTheSpoolIsFull(t *testing.T) {
	t.Parallel()
	folder := spooled(t, 600, "held")
	room := &spool.Room{Folder: folder, Max: 1000, Spare: func() ([]string, error) { return nil, nil }}
	path := filepath.Join(folder, "new", "f")
	_, err := room.Write(path, func(w io.Writer) error {
		for range 100 {
			if err := text(strings.Repeat("x", 100))(w); err != nil {
				return errors.New("not a gzip file") // as a format may call it
			}
		}
		return nil
	})
	if !errors.Is(err, spool.ErrFull) || !strings.Contains(err.Error(), "1KB that retention.spool allows") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file is left: %v", err)
	}
	if _, err := room.Write(path, text(strings.Repeat("x", 300))); err != nil {
		t.Errorf("what has room: %v", err)
	}
}

func TestSizesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"5GB": "5GB", "500 mb": "500MB", "1.5GB": "1.5GB", "1024B": "1KB", "2tb": "2TB",
		"": "", "5": "", "GB": "", "0GB": "", "-1GB": "", "NaNGB": "", "1e300TB": "", "InfB": "", "0.1B": "",
	} {
		var b spool.Bytes
		err := b.UnmarshalText([]byte(given))
		if want == "" && err == nil || want != "" && b.String() != want {
			t.Errorf("%q is %v, %v, want %q", given, b, err, want)
		}
	}
}
