package delivery_test

import (
	"os"
	"path/filepath"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/remotetest"
)

// TestHabitsOfServers: each is delivered to, over an old file and where there is none, with a marker and
// a folder for temporary names.
func TestHabitsOfServers(t *testing.T) {
	t.Parallel()
	for title, script := range remotetest.HabitsOfSFTP() {
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
