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
		server  remotetest.FTPOptions
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
		"226 twice":                    {quirks: remotetest.FTPQuirks{EndsTwice: true}},
		"reset after the last byte":    {quirks: remotetest.FTPQuirks{Resets: true}},
		"reset and hung up":            {quirks: remotetest.FTPQuirks{Resets: true, HangsUp: true}},
		"426 after all came, then 226": {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {After: "426 Failure reading network stream\n226 Transfer complete"}}}},
		"426 after all came":           {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {After: "426 Connection closed; transfer aborted"}}}},
		"451 after all came, once":     {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {After: "451 Error writing to file", Times: 1}}}},
		"hung up after all came, once": {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {EndAfter: true, Times: 1}}}},
		"its size is stated late":      {quirks: remotetest.FTPQuirks{SizeLate: time.Second}},
		"another size each time":       {quirks: remotetest.FTPQuirks{SizeMore: 64}, idle: 300 * time.Millisecond, fails: true, says: "write_only: true"},
		"MLSD without size or type":    {quirks: remotetest.FTPQuirks{Facts: []string{"modify"}}},
		"MLSD in capitals":             {quirks: remotetest.FTPQuirks{Fact: strings.ToUpper}},
		"nothing may be removed":       {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"DELE": {Answer: "550 Permission denied"}}}},
		"no rename over a file":        {server: remotetest.FTPOptions{Refuses: true, NoMLST: true, DOS: true}},
		"an empty folder is 550":       {quirks: remotetest.FTPQuirks{Empty: "550 No files found."}, server: remotetest.FTPOptions{NoMLST: true}},
		"a private address by PASV":    {server: remotetest.FTPOptions{PASV: "192,168,0,9", Script: map[string]remotetest.FTPScript{"EPSV": {Answer: "502 What?"}}}},
		"too many, in German":          {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"PASS": {Answer: "530 Maximale Anzahl der Verbindungen erreicht", Times: 2}}}},
		"too many, in French":          {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {Answer: "550 Trop de connexions simultanées", Times: 2}}}},
		"too many at the greeting":     {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"CONNECT": {Answer: "500 Zu viele Benutzer", HangUp: true, Times: 2}}}},
		"a renamed file is locked":     {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"RNTO": {Answer: "550 Le processus ne peut pas accéder au fichier car ce fichier est utilisé par un autre processus.", Times: 3}}}},
		"locked in German":             {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"RNFR": {Answer: "550 Der Prozess kann nicht auf die Datei zugreifen, da sie von einem anderen Prozess verwendet wird.", Times: 3}}}},
		"hung up after all came":       {server: remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{"STOR": {EndAfter: true}}}},
		"150 never comes":              {quirks: remotetest.FTPQuirks{Begins: "-"}, idle: 300 * time.Millisecond, fails: true, says: "ready for the file"},
		"a missing file is 450":        {quirks: remotetest.FTPQuirks{No: "450 users.csv: No such file or directory"}, server: remotetest.FTPOptions{NoMLST: true}},
		"a missing file is 451":        {quirks: remotetest.FTPQuirks{No: "451 Fichier introuvable"}, options: delivery.Options{TempDir: "tmp"}},
		"no such folder is 431":        {quirks: remotetest.FTPQuirks{No: "431 No such directory"}, options: delivery.Options{TempDir: "tmp"}},
		"a folder exists by 450":       {quirks: remotetest.FTPQuirks{Exists: "450 tmp: File exists"}, options: delivery.Options{TempDir: "tmp"}},
		"no subfolder can be entered":  {quirks: remotetest.FTPQuirks{Walls: true}, options: delivery.Options{TempDir: "tmp"}, fails: true, says: `enter folder "tmp"`},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			tt.server.Quirks = tt.quirks
			s := scriptedSite(t, tt.server)
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
