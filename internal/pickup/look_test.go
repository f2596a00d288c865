package pickup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/dir"
)

// skipped returns the names that a look left alone, by reason.
func skipped(found pickup.Found) map[pickup.Reason]string {
	got := map[pickup.Reason]string{}
	for _, s := range found.Skipped {
		if s.Name == "" {
			s.Name = strings.Repeat("?", s.Count)
		}
		got[s.Reason] = strings.TrimSpace(got[s.Reason] + " " + s.Name)
	}
	return got
}

// TestHostileAndUnfinishedNamesAreLeftAlone: T17.
func TestHostileAndUnfinishedNamesAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Pattern = "*users*"
	s.from.Options.MaxBytes = 10
	for _, name := range []string{
		"users.csv", "other.csv", ".users.csv", "users.csv.part", "users.csv.filepart", "users.tmp", "users.csv~", "users.csv.BAK",
		"users.csv.report.csv", "users\u202evsc.csv", strings.Repeat("x", 200) + "users.csv", "a\nusers.csv", "\xffusers.csv", "-users.csv", "CON_users",
	} {
		s.plant(name, "content")
	}
	s.plant("users_empty.csv", "")
	s.plant("users_large.csv", "more than that")
	if err := os.Mkdir(filepath.Join(s.folder, "users_folder.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(s.folder, "users_link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(s.folder, "users_pipe.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	found := s.look()
	var names []string
	for _, f := range found.Files {
		names = append(names, f.Name)
	}
	if len(names) != 3 {
		t.Errorf("found %q, want users.csv, -users.csv and CON_users", names)
	}
	got := skipped(found)
	for why, want := range map[pickup.Reason]string{
		pickup.NotRegular: "users_folder.csv users_link.csv users_pipe.csv",
		pickup.TooLarge:   "users_large.csv",
		pickup.Empty:      "users_empty.csv",
		pickup.Report:     "users.csv.report.csv",
		pickup.Temporary:  "users.csv.BAK users.csv.filepart users.csv.part users.csv~ users.tmp",
	} {
		if got[why] != want {
			t.Errorf("skipped as %s: %q, want %q", why, got[why], want)
		}
	}
	for _, bad := range found.Skipped {
		if !utf8.ValidString(bad.Name) || strings.ContainsAny(bad.Name, "\n\u202e") {
			t.Errorf("a name is not safe to show: %q", bad.Name)
		}
	}
	if got[pickup.OtherCharset] != "ÿusers.csv" || !strings.Contains(got[pickup.BadName], "usersvsc.csv") {
		t.Errorf("skipped as %s: %q", pickup.BadName, got[pickup.BadName])
	}
	for _, f := range found.Files {
		if _, err := pickup.Take(t.Context(), s.request(f)); err != nil {
			t.Errorf("take %q: %v", f.Name, err)
		}
	}
	spool, err := os.ReadDir(s.spool)
	if err != nil || len(spool) != 3 {
		t.Errorf("the spool holds %v, %v", spool, err)
	}
}

// TestWaitsUntilAFileIsStable: T19.
func TestWaitsUntilAFileIsStable(t *testing.T) {
	t.Parallel()
	const settle = 10 * time.Second
	for name, tt := range map[string]struct {
		change func(s *site)
		ready  bool
	}{
		"stays":               {func(*site) {}, true},
		"grows":               {func(s *site) { s.plant("users.csv", "one, two") }, false},
		"shrinks":             {func(s *site) { s.plant("users.csv", "o") }, false},
		"replaced, same size": {func(s *site) { s.plant("users.csv", "two"); s.age("users.csv", time.Now()) }, false},
		"goes":                {func(s *site) { _ = os.Remove(filepath.Join(s.folder, "users.csv")) }, false},
		"another comes":       {func(s *site) { s.plant("users_2.csv", "two") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, spool := t.TempDir(), t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := siteOf(t, folder, dir.New(dir.Config{Dir: folder}))
				s.spool, s.from.Options.Settle = spool, settle
				s.plant("users.csv", "one")
				s.age("users.csv", time.Now().Add(-time.Hour))
				writer := time.AfterFunc(settle/2, func() { tt.change(s) })
				defer writer.Stop()
				begun := time.Now()
				found := s.look()
				if took := time.Since(begun); took != settle {
					t.Errorf("looked again after %v, want %v", took, settle)
				}
				if ready := len(found.Files) == 1; ready != tt.ready || len(found.Files) > 1 {
					t.Errorf("found %+v, skipped %+v", found.Files, found.Skipped)
				}
			})
		})
	}
}

func TestAnEmptyFolderIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Options.Settle = time.Hour
	if found := s.look(); len(found.Files) != 0 || found.Peer.Address == "" {
		t.Errorf("found %+v", found)
	}
}

func TestMissingFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Remote = dir.New(dir.Config{Dir: s.folder + "-missing"})
	if _, err := pickup.Look(t.Context(), s.from, s.journal, flow); !errors.Is(err, pickup.ErrNoFolder) {
		t.Errorf("look: %v", err)
	}
}

func TestMarkers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Pattern = "users*"
	s.from.Options = pickup.Options{Marker: "{file}.done", Settle: time.Millisecond}
	old := time.Now().Add(-time.Hour)
	s.plant("users_1.csv", "one")
	s.plant("users_2.csv", "two")
	s.plant("users_2.csv.done", "")
	s.age("users_2.csv.done", old)
	if found := s.look(); len(found.Files) != 1 || skipped(found)[pickup.NoMarker] != "users_1.csv" {
		t.Errorf("without a marker, and with one that has its own time, found %+v", found)
	}
	s.age("users_2.csv", old.Add(-time.Minute))
	taken := s.take()
	if taken.Name != "users_2.csv" || taken.Warning != nil {
		t.Errorf("taken = %+v", taken)
	}
	s.want(map[string]string{"users_1.csv": "one", "in-progress/users_2.r1.csv": "two"})
	if err := taken.GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.want(map[string]string{"users_1.csv": "one", "users_2.csv": "two", "users_2.csv.done": ""})
	if again := s.take(); again.Name != "users_2.csv" {
		t.Errorf("taken = %+v", again)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, good := range []pickup.Options{{}, {Settle: time.Minute, MaxBytes: 1}, {Marker: "{file}.done", Keep: true}, {Marker: "ok_{file}"}} {
		good.Validate(func(key, message string) { t.Errorf("%+v: %s: %s", good, key, message) })
	}
	for _, tt := range []struct {
		bad pickup.Options
		key string
	}{
		{pickup.Options{Settle: -1}, "settle"}, {pickup.Options{MaxBytes: -1}, "max_bytes"},
		{pickup.Options{Marker: "READY"}, "marker"}, {pickup.Options{Marker: "{file}"}, "marker"},
		{pickup.Options{Marker: "{file}{x}"}, "marker"}, {pickup.Options{Marker: "a/{file}"}, "marker"},
	} {
		var keys []string
		tt.bad.Validate(func(key, _ string) { keys = append(keys, key) })
		if len(keys) != 1 || keys[0] != tt.key {
			t.Errorf("%+v: reported %q, want %q", tt.bad, keys, tt.key)
		}
	}
	for pattern, good := range map[string]bool{"users_*.csv": true, "": false, "in/*.csv": false, "[": false} {
		if fault := pickup.CheckPattern(pattern); (fault == "") != good {
			t.Errorf("CheckPattern(%q) = %q", pattern, fault)
		}
	}
}

// TestAFolderSettlesOnceForAllItsFiles: whoever takes its files one by one waits once.
func TestAFolderSettlesOnceForAllItsFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users_1.csv", "one")
	s.plant("users_2.csv", "two")
	first := s.look()
	s.from.Options.Settle = time.Hour
	s.from.Steady = pickup.Steady{At: time.Now(), Files: first.Files}
	if again := s.look(); len(again.Files) != 2 {
		t.Fatalf("found %v", again.Files)
	}
	s.plant("users_2.csv", "another")
	s.from.Options.Settle = time.Millisecond
	found, err := pickup.Look(t.Context(), s.from, s.journal, flow)
	if err != nil || len(found.Files) != 2 {
		t.Fatalf("found %v, %v", found.Files, err)
	}
}
