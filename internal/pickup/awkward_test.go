package pickup_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/secret"
)

// fromScripted makes a scripted server the source of a site.
func fromScripted(t *testing.T, script remotetest.SFTPScript) *site {
	t.Helper()
	s := newSite(t)
	server := remotetest.ScriptedSFTP(t, script)
	host, port, err := net.SplitHostPort(server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.from.RetryWait = 20 * time.Millisecond
	s.from.Remote = sftp.New(sftp.Config{
		Host: host, Port: number, User: "acme", Password: secret.Ref{File: password}, HostKeys: []string{server.Print}, Dir: s.folder,
	})
	return s
}

// TestAwkwardServers: each file is taken whole, once, and put away as far as the server lets it.
func TestAwkwardServers(t *testing.T) {
	t.Parallel()
	away := map[string]string{"processed/users.csv": "one"}
	for name, tt := range map[string]struct {
		script remotetest.SFTPScript
		left   map[string]string
	}{
		"a file is taken away once it was read": {remotetest.SFTPScript{GoneAfterRead: true}, map[string]string{}},
		"a moved file is seen late":             {remotetest.SFTPScript{HiddenFor: 3}, away},
		"a move does nothing":                   {remotetest.SFTPScript{RenameLies: true}, map[string]string{"users.csv": "one"}},
		"a missing path is a failure":           {remotetest.SFTPScript{MissingIsFailure: true}, away},
		"no size is stated":                     {remotetest.SFTPScript{NoSize: true}, away},
		"answers of nothing are the end":        {remotetest.SFTPScript{EmptyEnds: true}, away},
		"a listing repeats itself":              {remotetest.SFTPScript{Repeats: true}, away},
		"one connection at a time":              {remotetest.SFTPScript{Places: 1}, away},
		"a move cuts the connection":            {remotetest.SFTPScript{CutRenames: 1, HiddenFor: 2}, away},
		"taken away when read, and no moves":    {remotetest.SFTPScript{GoneAfterRead: true, NoRename: true}, map[string]string{}},
		"taken away when read, and seen late":   {remotetest.SFTPScript{GoneAfterRead: true, HiddenFor: 3, MissingIsFailure: true}, map[string]string{}},
		"the answer to a move is lost":          {remotetest.SFTPScript{LostRenames: 1, MissingIsFailure: true}, away},
		"a moved file gets a version":           {remotetest.SFTPScript{MoveVersions: ";1"}, map[string]string{"processed/users.csv;1": "one"}},
		"a moved file gets a version, by a dot": {remotetest.SFTPScript{MoveVersions: ".1", MissingIsFailure: true}, map[string]string{"processed/users.csv.1": "one"}},
		"a move is carried out and refused":     {remotetest.SFTPScript{FailingRenames: 2}, away},
		"attributes have a time alone":          {remotetest.SFTPScript{Attributes: 8}, away},
		"attributes have no time":               {remotetest.SFTPScript{Attributes: 1 | 4}, away},
		"attributes have a size alone":          {remotetest.SFTPScript{Attributes: 1}, away},
		"a missing path is another code":        {remotetest.SFTPScript{MissingCode: 10}, away},
		"a missing path is told in words":       {remotetest.SFTPScript{MissingCode: 4, MissingSays: "Le fichier spécifié est introuvable."}, away},
		"no moves, a missing path is a failure": {remotetest.SFTPScript{NoRename: true, MissingIsFailure: true}, map[string]string{"users.csv": "one"}},
		"a move does nothing, and hides":        {remotetest.SFTPScript{RenameLies: true, MissingIsFailure: true, NoSize: true}, map[string]string{"users.csv": "one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fromScripted(t, tt.script)
			s.plant("users.csv", "one")
			taken := s.take()
			content, err := os.ReadFile(taken.Path)
			if err != nil || string(content) != "one" || taken.Bytes != 3 {
				t.Errorf("taken = %+v with %q, %v", taken, content, err)
			}
			s.settle(taken, pickup.Processed)
			s.want(tt.left)
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}

// TestOtherSizesThanAreSent: servers that keep files encrypted, by records or in another code state the
// size of that. A file is taken when it came twice as the same, with a warning.
func TestOtherSizesThanAreSent(t *testing.T) {
	t.Parallel()
	const sent = 160_000
	minus := func(n uint64) uint64 { return ^n + 1 }
	states := func(size string) remotetest.FTPOptions {
		return remotetest.FTPOptions{NoMLST: true, Script: ftpScript{"SIZE": {Answer: "213 " + size}}}
	}
	for name, from := range map[string]func(*testing.T) *site{
		"SFTP, more":           func(t *testing.T) *site { return fromScripted(t, remotetest.SFTPScript{SizePlus: 40}) },
		"SFTP, more, in order": func(t *testing.T) *site { return fromScripted(t, remotetest.SFTPScript{SizePlus: sent, InOrder: true}) },
		"SFTP, less":           func(t *testing.T) *site { return fromScripted(t, remotetest.SFTPScript{SizePlus: minus(40)}) },
		"SFTP, much less":      func(t *testing.T) *site { return fromScripted(t, remotetest.SFTPScript{SizePlus: minus(sent - 1)}) },
		"SFTP, less, in order": func(t *testing.T) *site {
			return fromScripted(t, remotetest.SFTPScript{SizePlus: minus(sent / 2), InOrder: true})
		},
		"FTP, SIZE says more": func(t *testing.T) *site { return fromFTP(t, states("400000"), 10*time.Second) },
		"FTP, SIZE says less": func(t *testing.T) *site { return fromFTP(t, states("4096"), 10*time.Second) },
		"FTP, facts say more": func(t *testing.T) *site {
			return fromFTP(t, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{FactsMore: 16}}, 10*time.Second)
		},
		"FTP, facts say less": func(t *testing.T) *site {
			return fromFTP(t, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{FactsMore: -16}}, 10*time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, long := from(t), strings.Repeat("0123456789abcdef", sent/16)
			s.plant("users.csv", long)
			s.age("users.csv", time.Now().Add(-time.Hour))
			taken := s.take()
			if content, err := os.ReadFile(taken.Path); err != nil || string(content) != long || taken.Bytes != sent {
				t.Errorf("taken: %d bytes, %v", len(content), err)
			}
			if taken.Warning == nil || !strings.Contains(taken.Warning.Error(), "and sends 160000") {
				t.Errorf("warning = %v", taken.Warning)
			}
			s.settle(taken, pickup.Processed)
			s.want(map[string]string{"processed/users.csv": long})
		})
	}
}

// TestCutInAnotherPlaceEachTime: what is not the same twice is not taken.
func TestCutInAnotherPlaceEachTime(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{ReadsEnd: true})
	s.plant("users.csv", strings.Repeat("0123456789abcdef", 10_000))
	if _, err := pickup.Take(t.Context(), s.request(s.look().Files[0])); !errors.Is(err, pickup.ErrChanged) {
		t.Errorf("error = %v, want ErrChanged", err)
	}
	if got := filesOf(t, s.folder); len(got["users.csv"]) != 160_000 {
		t.Errorf("the folder holds %d files", len(got))
	}
}

// TestAttributesOfNothing: a file of neither size nor time is named, and taken with its marker.
func TestAttributesOfNothing(t *testing.T) {
	t.Parallel()
	for _, attributes := range []uint32{remotetest.NoAttributes, 4} {
		s := fromScripted(t, remotetest.SFTPScript{Attributes: attributes})
		s.plant("users.csv", "one")
		if found := s.look(); len(found.Files) > 0 || skipped(found)[pickup.Unstated] != "users.csv" {
			t.Errorf("found %+v", found)
		}
		s.from.Options.Marker = "{file}.done"
		s.plant("users.csv.done", "")
		s.settle(s.take(), pickup.Processed)
		s.want(map[string]string{"processed/users.csv": "one"})
	}
}

// TestFileThatNobodyMayRead is given back, and said to be in the way of no other.
func TestFileThatNobodyMayRead(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{
		"SFTP":          fromScripted(t, remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{Shut: "users"}}),
		"FTP":           fromFTP(t, remotetest.FTPOptions{Script: refused("550 Permission denied", "RETR")}, 5*time.Second),
		"FTP, by a 553": fromFTP(t, remotetest.FTPOptions{Script: refused("553 Access is denied.", "RETR")}, 5*time.Second),
	} {
		s.plant("users.csv", "one")
		s.from.RetryWait = time.Millisecond
		if _, err := pickup.Take(t.Context(), s.request(s.look().Files[0])); !errors.Is(err, pickup.ErrRefused) {
			t.Errorf("%s: error = %v, want ErrRefused", name, err)
		}
		s.want(map[string]string{"users.csv": "one"})
	}
}

// TestFileThatWasTakenAwayIsPutBack: a run that cannot apply it must not lose it.
func TestFileThatWasTakenAwayIsPutBack(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{GoneAfterRead: true})
	s.plant("users.csv", "one")
	if err := s.take().GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.want(map[string]string{"users.csv": "one"})
}

// TestReadInOrderAndTakenAway: a file that is longer than one packet is read on through the handle
// that is open, since there will be none to open after it is closed.
func TestReadInOrderAndTakenAway(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{GoneAfterRead: true, InOrder: true})
	long := strings.Repeat("0123456789abcdef", 20_000)
	s.plant("users.csv", long)
	taken := s.take()
	if content, err := os.ReadFile(taken.Path); err != nil || string(content) != long {
		t.Errorf("taken: %d bytes, %v", len(content), err)
	}
}

// TestMoveThatIsRefusedAndSeenLate: the file was moved all the same. A run that cannot see it for
// now gives it its name back, and so does the next process.
func TestMoveThatIsRefusedAndSeenLate(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{FailingRenames: 1, HiddenFor: 4})
	s.plant("users.csv", "one")
	_, err := pickup.Take(t.Context(), s.request(s.look().Files[0]))
	if err == nil {
		t.Fatal("taken")
	}
	s.want(map[string]string{"users.csv": "one"})
}

// TestFileWithoutEnd: no more of it is read than may be, whatever its size is said to be.
func TestFileWithoutEnd(t *testing.T) {
	t.Parallel()
	more := map[string]remotetest.FTPScript{"RETR": {Endless: strings.Repeat("x", 1<<16)}}
	for name, s := range map[string]*site{
		"SFTP":                 fromScripted(t, remotetest.SFTPScript{EndlessFile: true}),
		"SFTP, no size":        fromScripted(t, remotetest.SFTPScript{EndlessFile: true, NoSize: true}),
		"SFTP, read in order":  fromScripted(t, remotetest.SFTPScript{EndlessFile: true, NoSize: true, InOrder: true}),
		"FTP":                  fromFTP(t, remotetest.FTPOptions{Script: more}, 5*time.Second),
		"FTP, no size":         fromFTP(t, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Facts: []string{"type", "modify"}}, Script: more}, 5*time.Second),
		"FTP, nothing is said": fromFTP(t, remotetest.FTPOptions{NoMLST: true, Script: map[string]remotetest.FTPScript{"RETR": more["RETR"], "SIZE": {Answer: "500 What?"}}}, 5*time.Second),
	} {
		s.from.Options.MaxBytes = 1 << 20
		s.plant("users.csv", "one")
		file := s.look().Files[0]
		r := s.request(file)
		if copied, err := pickup.Copy(t.Context(), r); err == nil || copied.Bytes > 2<<20 {
			t.Errorf("%s: copied %d bytes, %v", name, copied.Bytes, err)
		}
		if _, err := pickup.Take(t.Context(), r); err == nil {
			t.Errorf("%s: taken", name)
		}
		if info, err := os.Stat(r.Path); err == nil {
			t.Errorf("%s: %d bytes are left in the spool", name, info.Size())
		}
		s.want(map[string]string{"users.csv": "one"})
	}
}

// TestFileThatIsNowhere: it fails the run, and stops no other.
func TestFileThatIsNowhere(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{HiddenFor: 1000})
	s.plant("users.csv", "one")
	_, err := pickup.Take(t.Context(), s.request(s.look().Files[0]))
	if !errors.Is(err, pickup.ErrVanished) || errors.Is(err, pickup.ErrTaken) {
		t.Errorf("error = %v, want ErrVanished", err)
	}
	if left, err := pickup.Recover(t.Context(), s.from, s.journal, flow); err != nil || len(left.Released)+len(left.Fetched) > 0 {
		t.Errorf("left over: %+v, %v", left, err)
	}
}

// TestNamesInOtherForms: accents in another form are the same, and near misses are named.
func TestNamesInOtherForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Pattern = "salari\u00e9s_*.csv"
	s.plant("salarie\u0301s_1.csv", "decomposed")
	s.plant("SALARIÉS_2.CSV", "capitals")
	s.plant("salaries_3.csv", "plain")
	s.plant("salari\xe9s_4.csv", "Latin-1")
	s.plant("salari\x82s_5.csv", "DOS")
	s.plant("salariÃ©s_6.csv", "UTF-8 taken for Windows-1252")
	s.plant("salari‚s_7.csv", "DOS taken for Windows-1252")
	s.plant("salari?s_8.csv", "a letter that the server does not have")
	s.plant("other.csv", "other")
	found := s.look()
	if len(found.Files) != 1 || found.Files[0].Name != "salarie\u0301s_1.csv" {
		t.Errorf("found %+v", found.Files)
	}
	got := skipped(found)
	charset := strings.Fields(got[pickup.OtherCharset])
	slices.Sort(charset)
	if want := []string{"salari?s_8.csv", "salariÃ©s_6.csv", "salariés_4.csv", "salariés_5.csv", "salari‚s_7.csv"}; got[pickup.OtherCase] != "SALARIÉS_2.CSV salaries_3.csv" || !slices.Equal(charset, want) {
		t.Errorf("skipped %q", got)
	}
}

// TestMarkersInOtherForms: a marker says that its file is whole in whatever letter case and form of
// accents, and is removed with it.
func TestMarkersInOtherForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ option, file, marker string }{
		{"{file}.done", "users_1.csv", "USERS_1.CSV.DONE"},
		{"{file}.done", "users_1.csv", "users_1.csv.Done"},
		{"{file}.done", "users_salarie\u0301s.csv", "users_salari\u00e9s.csv.done"},
		{"{file}.done", "users_salari\u00e9s.csv", "users_salarie\u0301s.csv.DONE"},
		{"pr\u00eat_{file}", "users_1.csv", "PRE\u0302T_users_1.csv"},
		{"{file}.done", "users_1.csv", "users_1.csv.done;1"},
	} {
		s := newSite(t)
		s.from.Options.Marker = tt.option
		s.plant(tt.file, "one")
		s.plant(tt.marker, "")
		s.plant("users_2.csv", "without")
		taken := s.take()
		if taken.Warning != nil {
			t.Errorf("%s: %v", tt.marker, taken.Warning)
		}
		s.settle(taken, pickup.Processed)
		s.want(map[string]string{"processed/" + tt.file: "one", "users_2.csv": "without"})
	}
	s := newSite(t)
	s.from.Pattern, s.from.Options.Marker = "*", "{file}.done"
	s.plant("a.csv", "half")
	s.plant("A.csv", "whole")
	s.plant("A.csv.done", "")
	if found := s.look(); len(found.Files) != 1 || found.Files[0].Name != "A.csv" {
		t.Errorf("found %+v: the marker is another file's", found)
	}
}

// TestStuckFilesAreNamed: what lies in in-progress/ from a run that nobody knows.
func TestStuckFilesAreNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := os.Mkdir(filepath.Join(s.folder, "in-progress"), 0o755); err != nil {
		t.Fatal(err)
	}
	const stuck = "in-progress/users.20200101-120000-abcdef.csv"
	s.plant(stuck, "one")
	s.plant("in-progress/users."+time.Now().UTC().Format("20060102-150405")+"-abcdef.csv", "at work")
	s.plant("in-progress/other", "other")
	if got := skipped(s.look())[pickup.Stuck]; got != stuck {
		t.Errorf("named %q, want %q", got, stuck)
	}
}

// TestStuckFilesThatNobodyCanSee: that a server does not answer for in-progress/ is told, and what there
// is to take is taken; that it does not show the folder is no news.
func TestStuckFilesThatNobodyCanSee(t *testing.T) {
	t.Parallel()
	for fault, told := range map[error]bool{remote.ErrTemporary: true, errors.New("failure"): false, remote.ErrPermission: false, fs.ErrNotExist: false} {
		s := newSite(t)
		s.plant("users.csv", "one")
		s.from.Remote = &flaky{Remote: s.from.Remote, from: 4, to: 1 << 30, fault: fault}
		found := s.look()
		if len(found.Files) != 1 || (found.Unseen != nil) != told || told && !errors.Is(found.Unseen, fault) {
			t.Errorf("%v: found %+v, and is told: %v", fault, found.Files, found.Unseen)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, script := range []remotetest.SFTPScript{{}, {RenameLies: true}, {MoveVersions: ";1"}} {
		s := fromScripted(t, script)
		session, err := s.from.Remote.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done, err := pickup.Probe(t.Context(), session, s.from, "r1")
		if err != nil || done == "" {
			t.Errorf("probe: %q, %v", done, err)
		}
		s.want(map[string]string{})
		_ = session.Close()
	}
}

// TestGivenBackWithAVersion: a file that gets a version when it has its name back is taken again,
// and goes by its own name. A dot and a number may be an archive: that file is named.
func TestGivenBackWithAVersion(t *testing.T) {
	t.Parallel()
	for _, marker := range []string{"", "{file}.done"} {
		s := fromScripted(t, remotetest.SFTPScript{MoveVersions: ";1"})
		s.from.Options.Marker = marker
		s.plant("users.csv", "one")
		if marker != "" {
			s.plant("users.csv.done", "")
		}
		if err := s.take().GiveBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // and a second time
			taken := s.take()
			if taken.Name != "users.csv" || taken.Place == "" {
				t.Errorf("taken = %+v", taken)
			}
			if err := taken.GiveBack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if settled := s.settle(s.take(), pickup.Processed); settled.Place != "processed/users.csv;1" || settled.Warning != nil {
			t.Errorf("settled = %+v", settled)
		}
		s.want(map[string]string{"processed/users.csv;1": "one"})
	}
	s := fromScripted(t, remotetest.SFTPScript{MoveVersions: ".1"})
	s.plant("users.csv", "one")
	if err := s.take().GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := skipped(s.look()); got[pickup.OtherVersion] != "users.csv.1" {
		t.Errorf("skipped %q", got)
	}
}

// TestVersionsOfAFile: a single one is the file. Of several nobody can tell which one counts: an
// older one may be what its sender has corrected, so that all are named and none is taken.
func TestVersionsOfAFile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files  []string
		takes  string
		naming string
	}{
		"one":                      {[]string{"users.csv;3"}, "users.csv;3", ""},
		"two":                      {[]string{"users.csv;1", "users.csv;2"}, "", "users.csv;1 users.csv;2"},
		"one and a later file":     {[]string{"users.csv;1", "users.csv"}, "users.csv;1 users.csv", ""},
		"of another name":          {[]string{"other.csv;1"}, "", ""},
		"in capitals":              {[]string{"USERS.CSV;1"}, "", ""},
		"half of it":               {[]string{"users.csv.part;1"}, "", ""},
		"rotated":                  {[]string{"users.csv.1", "users.csv.2"}, "", ""},
		"by a dot":                 {[]string{"users.csv.1"}, "", "users.csv.1"},
		"no version of its marker": {[]string{"users.csv.report.csv;1"}, "", ""},
	} {
		s := newSite(t)
		s.from.Pattern = "users.csv"
		for i, file := range tt.files {
			s.plant(file, file)
			s.age(file, time.Now().Add(time.Duration(i-10)*time.Minute))
		}
		found := s.look()
		var names []string
		for _, e := range found.Files {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); got != tt.takes || skipped(found)[pickup.OtherVersion] != tt.naming {
			t.Errorf("%s: takes %q, skips %q", name, got, skipped(found))
		}
	}
}
