package pickup_test

import (
	"os"
	"strings"
	"testing"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/remotetest"
)

// habits are what servers do that others bear.
func habits() map[string]remotetest.SFTPScript {
	type habit = remotetest.SFTPHabits
	all := map[string]remotetest.SFTPScript{}
	for name, h := range map[string]habit{
		"it speaks version 6":             {Version: 6},
		"it speaks version 2":             {Version: 2},
		"it offers posix-rename, refused": {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 8},
		"the same, without a reason":      {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 4},
		"the same, for want of a right":   {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 3},
		"it offers statvfs and limits":    {Extensions: []string{"statvfs@openssh.com", "limits@openssh.com"}, RefusesBy: 8},
		"handles are binary and long":     {Handle: "\x00\xff" + strings.Repeat("\x01", 200)},
		"a status has no text":            {BareStatus: true},
		"attributes of a vendor":          {Extended: true},
		"names with ./":                   {NamePrefix: "./"},
		"names with a path":               {NamePrefix: "/some/where/"},
		"a listing of one at a time":      {EntriesAtOnce: 1},
		"each name is listed twice":       {NamesTwice: true},
		"short reads":                     {ShortReads: 1},
		"LSTAT is not known":              {NoLstat: true},
		"LSTAT and STAT are not known":    {NoStat: true},
		"no folder may be made":           {MkdirDenied: true},
		"renames replace":                 {RenamesOver: true},
		"the session ends with each file": {EndsWithEachFile: true},
		"one handle at a time":            {OneHandle: true},
		"files are locked when opened":    {Locked: remotetest.SFTPOpen, LockedWhen: 7},
		"files are locked when moved":     {Locked: remotetest.SFTPRename, LockedWhen: 7},
	} {
		all[name] = remotetest.SFTPScript{SFTPHabits: h}
	}
	return all
}

// TestHabitsOfServers: each file is taken whole, once, and put away as far as the server lets it.
func TestHabitsOfServers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 5000)
	for name, script := range habits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, content := fromScripted(t, script), long
			if script.ShortReads > 0 {
				content = "one by one"
			}
			s.plant("users.csv", content)
			taken := s.take()
			if got, err := os.ReadFile(taken.Path); err != nil || string(got) != content {
				t.Errorf("taken %d bytes, %v", len(got), err)
			}
			s.settle(taken, pickup.Processed)
			want := map[string]string{"processed/users.csv": content}
			if script.MkdirDenied {
				want = map[string]string{"users.csv": content}
			}
			s.want(want)
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}

// TestMoreThanWasAskedFor: a server that answers a read with more than that is one that may send
// anything. It does not end the program, and no more is taken than may be.
func TestMoreThanWasAskedFor(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{LongReads: true}})
	s.from.Options.MaxBytes = 1000
	s.plant("users.csv", "one")
	if taken, err := pickup.Take(t.Context(), s.request(s.look().Files[0])); err == nil {
		t.Errorf("taken: %d bytes", taken.Bytes)
	}
	s.want(map[string]string{"users.csv": "one"})
}
