package delivery_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// TestFTPServersInTheField: a file is delivered once, or the reason and the way out are said.
func TestFTPServersInTheField(t *testing.T) {
	t.Parallel()
	for title, tt := range map[string]struct {
		quirks  remotetest.FTPQuirks
		options delivery.Options
		idle    time.Duration
		says    string // of the error, or of the warning where the file is delivered
		fails   bool
	}{
		"busy for a moment":            {quirks: remotetest.FTPQuirks{Busy: 300 * time.Millisecond}},
		"hangs up after each transfer": {quirks: remotetest.FTPQuirks{HangsUp: true}},
		"renames late":                 {quirks: remotetest.FTPQuirks{RenameLate: 100 * time.Millisecond}},
		"renames nothing":              {quirks: remotetest.FTPQuirks{RenameLies: true}, fails: true, says: "in_place: true"},
		"takes files as they close":    {quirks: remotetest.FTPQuirks{TakesOnClose: true}, fails: true, says: "in_place: true"},
		"answers after minutes":        {quirks: remotetest.FTPQuirks{AnswersLate: time.Second}, idle: 300 * time.Millisecond, says: "idle_timeout"},
		"another folder meanwhile":     {options: delivery.Options{TempDir: "tmp"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := scriptedSite(t, remotetest.FTPOptions{Quirks: tt.quirks})
			if tt.idle > 0 {
				s.config.IdleTimeout = tt.idle
			}
			r := request(t, &journal{}, delivery.Target{Name: "skillup", Remote: ftp.New(s.config), Options: tt.options}, newFile)
			r.To.Options.RetryWait = 400 * time.Millisecond
			receipt, err := delivery.Deliver(t.Context(), r)
			if tt.fails {
				if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, delivery.ErrOther) || receipt.PickedUp {
					t.Errorf("receipt = %+v, %v; want an error that says %q", receipt, err, tt.says)
				}
				return
			}
			if err != nil || !receipt.Confirmed || !strings.Contains(receipt.Peer.Warning, tt.says) {
				t.Errorf("receipt = %+v, %v; want a warning that says %q", receipt, err, tt.says)
			}
			got, err := os.ReadFile(filepath.Join(s.folder, name))
			left, _ := filepath.Glob(filepath.Join(s.folder, "*"+r.Run+"*"))
			if err != nil || !bytes.Equal(got, newFile) || len(left) > 0 {
				t.Errorf("the file holds %d bytes, %v; beside it is %q", len(got), err, left)
			}
		})
	}
}
