package delivery_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/delivery"
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

// TestHabitsOfServers: each is delivered to, over an old file and where there is none, with a marker and
// a folder for temporary names.
func TestHabitsOfServers(t *testing.T) {
	t.Parallel()
	for title, script := range habits() {
		for way, o := range map[string]delivery.Options{"": {}, ", with a marker": {DoneMarker: "{file}.done"}, ", in a folder": {TempDir: "tmp"}} {
			t.Run(title+way, func(t *testing.T) {
				t.Parallel()
				to, folder := toScripted(t, script, o)
				if err := os.Mkdir(filepath.Join(folder, "tmp"), 0o755); err != nil {
					t.Fatal(err)
				}
				for _, content := range [][]byte{newFile[:len(newFile)/2], newFile} {
					receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, content))
					if err != nil || receipt.PickedUp {
						t.Fatalf("receipt = %+v, %v", receipt, err)
					}
					if got, err := os.ReadFile(filepath.Join(folder, target)); err != nil || string(got) != string(content) {
						t.Errorf("the folder holds %d bytes, %v", len(got), err)
					}
				}
				for _, pattern := range []string{"*.part", "*/*.part", "*.bak", "*/*.bak"} {
					if left, _ := filepath.Glob(filepath.Join(folder, pattern)); len(left) > 0 {
						t.Errorf("left over: %q", left)
					}
				}
			})
		}
	}
}

// TestLockedInTheMiddle: the old file has been moved aside when the new one is locked. The next attempt
// goes on from there.
func TestLockedInTheMiddle(t *testing.T) {
	t.Parallel()
	for when := range uint64(1 << 6) {
		habits := remotetest.SFTPHabits{Locked: remotetest.SFTPRename, LockedWhen: when}
		to, folder := toScripted(t, remotetest.SFTPScript{SFTPHabits: habits}, delivery.Options{})
		if err := os.WriteFile(filepath.Join(folder, target), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile)); err != nil {
			t.Errorf("locked at %b: receipt = %+v, %v", when, receipt, err)
		}
		left, err := os.ReadDir(folder)
		if got, e := os.ReadFile(filepath.Join(folder, target)); e != nil || err != nil || string(got) != string(newFile) || len(left) != 1 {
			t.Errorf("locked at %b: the folder holds %v, %v, %v", when, left, err, e)
		}
	}
}
