package pickup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
)

// takingAway are servers that take a file away once it was read. puts: what is put back stays.
func takingAway() map[string]struct {
	start func(*testing.T) *site
	puts  bool
} {
	type options = remotetest.FTPOptions
	type quirks = remotetest.FTPQuirks
	ftp := func(o options) func(*testing.T) *site {
		return func(t *testing.T) *site { return fromFTP(t, o, 10*time.Second) }
	}
	sftp := func(s remotetest.SFTPScript) func(*testing.T) *site {
		return func(t *testing.T) *site { return fromScripted(t, s) }
	}
	return map[string]struct {
		start func(*testing.T) *site
		puts  bool
	}{
		"SFTP":                         {sftp(remotetest.SFTPScript{GoneAfterRead: true}), true},
		"SFTP, no moves":               {sftp(remotetest.SFTPScript{GoneAfterRead: true, NoRename: true}), false},
		"SFTP, no sizes":               {sftp(remotetest.SFTPScript{GoneAfterRead: true, NoSize: true}), true},
		"SFTP, in order":               {sftp(remotetest.SFTPScript{GoneAfterRead: true, InOrder: true}), true},
		"SFTP, what comes goes on":     {sftp(remotetest.SFTPScript{GoneAfterRead: true, TakenOnClose: true}), false},
		"SFTP, missing is a failure":   {sftp(remotetest.SFTPScript{GoneAfterRead: true, MissingIsFailure: true}), true},
		"SFTP, moves are seen late":    {sftp(remotetest.SFTPScript{GoneAfterRead: true, HiddenFor: 2}), true},
		"SFTP, versions":               {sftp(remotetest.SFTPScript{GoneAfterRead: true, MoveVersions: ";1"}), true},
		"SFTP, lost answers":           {sftp(remotetest.SFTPScript{GoneAfterRead: true, LostRenames: 1}), true},
		"SFTP, refused and moved":      {sftp(remotetest.SFTPScript{GoneAfterRead: true, FailingRenames: 1}), true},
		"SFTP, one session a file":     {sftp(habits(remotetest.SFTPHabits{EndsWithEachFile: true})), true},
		"SFTP, one handle":             {sftp(habits(remotetest.SFTPHabits{OneHandle: true})), true},
		"SFTP, short reads":            {sftp(habits(remotetest.SFTPHabits{ShortReads: 1})), true},
		"SFTP, no folders":             {sftp(habits(remotetest.SFTPHabits{MkdirDenied: true})), true},
		"SFTP, no status":              {sftp(habits(remotetest.SFTPHabits{NoStat: true})), true},
		"SFTP, nothing is removed":     {sftp(habits(remotetest.SFTPHabits{RemoveDenied: true})), true},
		"SFTP, bare names":             {sftp(habits(remotetest.SFTPHabits{BareNames: true})), true},
		"SFTP, seen late once put":     {sftp(remotetest.SFTPScript{GoneAfterRead: true, HiddenUploads: 2}), true},
		"SFTP, when it is opened":      {sftp(remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{GoneOnOpen: true}}), true},
		"FTP":                          {ftp(options{Quirks: quirks{GoneAfterRead: true}}), true},
		"FTP, hangs up":                {ftp(options{Quirks: quirks{GoneAfterRead: true, HangsUp: true}}), true},
		"FTP, lists alone":             {ftp(options{NoMLST: true, Quirks: quirks{GoneAfterRead: true}}), true},
		"FTP, no moves":                {ftp(options{Quirks: quirks{GoneAfterRead: true}, Script: refused("550 No", "RNFR", "MKD")}), false},
		"FTP, nothing may be written":  {ftp(options{Quirks: quirks{GoneAfterRead: true}, Script: refused("553 No", "STOR", "RNFR", "MKD")}), false},
		"FTP, reset after the last":    {ftp(options{Quirks: quirks{GoneAfterRead: true, Resets: true}}), true},
		"FTP, states more than it has": {ftp(options{NoMLST: true, Quirks: quirks{GoneAfterRead: true}, Script: ftpScript{"SIZE": {Answer: "500 No"}}}), true},
	}
}

// habits are those of a server that takes a file away once it was read.
func habits(h remotetest.SFTPHabits) remotetest.SFTPScript {
	return remotetest.SFTPScript{GoneAfterRead: true, SFTPHabits: h}
}

// onceMore takes what is there, kept or on the server, and returns its content.
func (s *site) onceMore() (*pickup.Taken, string) {
	s.t.Helper()
	taken, err := pickup.TakeKept(s.t.Context(), s.request(noEntry))
	if err != nil {
		s.t.Fatal(err)
	}
	if taken == nil {
		taken = s.take()
	}
	content, err := os.ReadFile(taken.Path)
	if err != nil {
		s.t.Fatal(err)
	}
	return taken, string(content)
}

// nothingMore makes sure that there is no second copy to take.
func (s *site) nothingMore() {
	s.t.Helper()
	if taken, err := pickup.TakeKept(s.t.Context(), s.request(noEntry)); taken != nil || err != nil {
		s.t.Errorf("kept as well: %+v, %v", taken, err)
	}
	if found := s.look(); len(found.Files) > 0 {
		s.t.Errorf("found as well: %+v", found.Files)
	}
}

// TestTakenAwayByADryRun: what was only to be looked at is on the server again, or is kept.
func TestTakenAwayByADryRun(t *testing.T) {
	t.Parallel()
	for name, tt := range takingAway() {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := tt.start(t)
				s.from.Options.Keep = keep
				s.plant("users.csv", "one")
				copied, err := pickup.Copy(t.Context(), s.request(s.look().Files[0]))
				if err != nil || copied.SHA256 != hash("one") || copied.Warning == nil {
					t.Fatalf("copied %+v, %v", copied, err)
				}
				back := strings.Contains(copied.Warning.Error(), "it was put back again")
				if back != (tt.puts && !keep) {
					t.Errorf("put back: %v, %v", back, copied.Warning)
				}
				taken, content := s.onceMore()
				if content != "one" {
					t.Errorf("taken: %q", content)
				}
				s.settle(taken, pickup.Processed)
				s.nothingMore()
			})
		}
	}
}

// TestTakenAwayAndReleased: a run that cannot apply what it has read leaves it to the next one, also
// where another file has its name by then.
func TestTakenAwayAndReleased(t *testing.T) {
	t.Parallel()
	for name, tt := range takingAway() {
		for what, newer := range map[string]string{"": "", ", a newer one": "newer"} {
			for _, keep := range []bool{false, true} {
				t.Run(name+what, func(t *testing.T) {
					t.Parallel()
					s := tt.start(t)
					s.from.Options.Keep = keep
					s.plant("users.csv", "one")
					first := s.take()
					if newer != "" {
						s.plant("users.csv", newer)
					}
					if err := first.GiveBack(t.Context()); err != nil {
						t.Fatal(err)
					}
					for want := "one"; want != ""; {
						taken, content := s.onceMore()
						if content != want {
							t.Errorf("taken: %q, want %q", content, want)
						}
						s.settle(taken, pickup.Processed)
						if want = newer; content == newer {
							break
						}
					}
					s.nothingMore()
				})
			}
		}
	}
}

// TestTakenAwayBeforeItWasRecorded: a process that ends in between leaves the whole file to the next.
func TestTakenAwayBeforeItWasRecorded(t *testing.T) {
	t.Parallel()
	for name, tt := range takingAway() {
		if name == "SFTP, no sizes" {
			continue // whether it is whole nobody can tell: TestTakenAwayAndPerhapsNotWhole
		}
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := tt.start(t)
				s.from.Options.Keep = keep
				s.plant("users.csv", "one")
				s.endsBeforeFetched()
				recovered, err := pickup.Recover(t.Context(), s.from, s.journal, flow)
				if err != nil || len(recovered.Released) != 1 {
					t.Fatalf("recovered %+v, %v", recovered, err)
				}
				taken, content := s.onceMore()
				if content != "one" {
					t.Errorf("taken: %q", content)
				}
				s.settle(taken, pickup.Processed)
				s.nothingMore()
			})
		}
	}
}

// endsBeforeFetched takes the file of the site with a process that ends before it can record it.
func (s *site) endsBeforeFetched() {
	s.t.Helper()
	request := s.request(s.look().Files[0])
	s.journal.before = pickup.StepFetched
	defer func() {
		if recover() == nil {
			s.t.Fatal("it has recorded it")
		}
		s.journal.heal()
	}()
	_, err := pickup.Take(s.t.Context(), request)
	s.t.Error(err)
}

// TestTakenAwayAndPerhapsNotWhole: what nobody knows to be whole is not applied, and named.
func TestTakenAwayAndPerhapsNotWhole(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{GoneAfterRead: true, NoSize: true})
	s.plant("users.csv", "one")
	s.endsBeforeFetched()
	path := filepath.Join(s.spool, "r1.csv")
	_, err := pickup.Recover(t.Context(), s.from, s.journal, flow)
	if !errors.Is(err, pickup.ErrVanished) || !strings.Contains(err.Error(), path) {
		t.Errorf("error = %v, want one that names %s", err, path)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "one" {
		t.Errorf("what was read: %q, %v", content, err)
	}
	if again, err := pickup.Recover(t.Context(), s.from, s.journal, flow); err != nil || len(again.Released) > 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// TestLooksLikeTheOneTakenAway: the next file of the name is another one, however much it looks like
// the last.
func TestLooksLikeTheOneTakenAway(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Hour)
	for name, tt := range takingAway() {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := tt.start(t)
				s.from.Options.Keep = keep
				takeAlike(t, s, at, "one", "two", "six")
				s.nothingMore()
			})
		}
	}
}

// TestTakenAwayWhenCompared: a file that looks like one that was dealt with is read to tell, and not
// lost where the server takes it away for that.
func TestTakenAwayWhenCompared(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Hour)
	for name, tt := range takingAway() {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := tt.start(t)
				s.from.Options.Keep = keep
				s.plant("users.csv", "two")
				s.age("users.csv", at)
				e := s.look().Files[0]
				// When the server took nothing away yet.
				earlier := pickup.Record{
					Flow: flow, Remote: "payroll", Name: e.Name, Size: e.Size, ModTime: e.ModTime.UTC().Truncate(time.Microsecond),
					Run: "r0", Step: pickup.StepSettled, SHA256: hash("one"),
				}
				if err := s.journal.Save(t.Context(), earlier); err != nil {
					t.Fatal(err)
				}
				if found := s.look(); len(found.Kept) != 1 || len(found.Files) > 0 {
					t.Errorf("found %+v", found)
				}
				taken, content := s.onceMore()
				if content != "two" {
					t.Errorf("taken: %q", content)
				}
				s.settle(taken, pickup.Processed)
				s.nothingMore()
			})
		}
	}
}

// TestReplacedWhereNothingMoves: a file that stays where it is because the server moves nothing, and is
// replaced by one that looks the same, is taken.
func TestReplacedWhereNothingMoves(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Hour)
	s := fromScripted(t, remotetest.SFTPScript{NoRename: true})
	for _, content := range []string{"one", "two"} {
		takeAlike(t, s, at, content)
		s.nothingMore()
	}
}

// takeAlike puts files of one name, size and time there, and takes each before the next comes.
func takeAlike(t *testing.T, s *site, at time.Time, contents ...string) {
	t.Helper()
	for _, want := range contents {
		s.plant("users.csv", want)
		s.age("users.csv", at)
		taken, content := s.onceMore()
		if content != want {
			t.Errorf("taken: %q, want %q", content, want)
		}
		s.settle(taken, pickup.Processed)
	}
}

// TestKeptFilesAreTakenInOrder: the oldest first, whatever runs have kept them.
func TestKeptFilesAreTakenInOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for run, name := range map[string]string{"20261128-0600-aa": "users_20261127.csv", "20261127-0600-bb": "users_20261128.csv"} {
		path := filepath.Join(s.from.Local.Kept, run, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"users_20261127.csv", "users_20261128.csv"} {
		taken, content := s.onceMore()
		if taken.Name != want || content != want || taken.Place != "" || taken.There() {
			t.Errorf("taken %+v, want %s", taken, want)
		}
		s.settle(taken, pickup.Processed)
	}
	if _, err := os.Stat(s.from.Local.Kept); err == nil {
		t.Error("empty folders are left")
	}
}

// noEntry: what was kept is known here.
var noEntry remote.Entry
