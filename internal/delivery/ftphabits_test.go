package delivery_test

import (
	"os"
	"path/filepath"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// TestHabitsOfFTPServers: each is delivered to, where there is no old file and over one, plain and with a
// marker.
func TestHabitsOfFTPServers(t *testing.T) {
	t.Parallel()
	for title, o := range remotetest.HabitsOfFTP() {
		if o.Quirks.Begins == "-" {
			continue // nobody could know that it waits for the file
		}
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := scriptedSite(t, o)
			to := delivery.Target{Name: "skillup", Remote: ftp.New(s.config), Options: delivery.Options{DoneMarker: "{file}.done"}}
			for _, content := range [][]byte{newFile[:len(newFile)/2], newFile} {
				receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, content))
				if err != nil || receipt.PickedUp {
					t.Fatalf("receipt = %+v, %v", receipt, err)
				}
				if got, err := os.ReadFile(filepath.Join(s.folder, target)); err != nil || string(got) != string(content) {
					t.Errorf("the folder holds %d bytes, %v", len(got), err)
				}
			}
			if left, err := os.ReadDir(s.folder); err != nil || len(left) != 2 {
				t.Errorf("the folder holds %v, %v", left, err)
			}
		})
	}
}
