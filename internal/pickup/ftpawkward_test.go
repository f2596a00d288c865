package pickup_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// fromFTP makes a scripted FTP server the source of a site. Silence ends after so long.
func fromFTP(t *testing.T, o remotetest.FTPOptions, idle time.Duration) *site {
	t.Helper()
	root, folder := inbox(t)
	o.Root = root
	server := remotetest.NewScriptedFTP(t, o)
	host, port := split(t, server.Addr)
	s := siteOf(t, folder, ftp.New(ftp.Config{
		Host: host, Port: port, Mode: ftp.Plain, User: server.User, Password: secret.Ref{File: private(t, server.Password)}, Dir: "/in",
		ConnectTimeout: 10 * time.Second, IdleTimeout: idle,
	}))
	s.from.RetryWait = 100 * time.Millisecond
	return s
}

type ftpScript = map[string]remotetest.FTPScript

// refused are commands that the server does not know, or not so.
func refused(answer string, verbs ...string) ftpScript {
	all := ftpScript{}
	for _, verb := range verbs {
		all[verb] = remotetest.FTPScript{Answer: answer}
	}
	return all
}

// TestAwkwardFTPServers: each file is taken whole, once, and put away as far as the server lets it.
func TestAwkwardFTPServers(t *testing.T) {
	t.Parallel()
	stays, away, gone := map[string]string{"users.csv": "one"}, map[string]string{"processed/users.csv": "one"}, map[string]string{}
	blocks := func(info fs.FileInfo) string {
		kind := "-rw-r--r--"
		if info.IsDir() {
			kind = "drwxr-xr-x"
		}
		return fmt.Sprintf("%s 1 acme acme %d %s %s", kind, (info.Size()+511)/512*512, info.ModTime().UTC().Format("Jan _2 15:04"), info.Name())
	}
	type options = remotetest.FTPOptions
	type quirks = remotetest.FTPQuirks
	for name, tt := range map[string]struct {
		options options
		left    map[string]string
	}{
		"taken away once it was read":         {options{Quirks: quirks{GoneAfterRead: true}}, gone},
		"taken away, and hung up":             {options{Quirks: quirks{GoneAfterRead: true, HangsUp: true}}, gone},
		"taken away, reset and no MLST":       {options{NoMLST: true, Quirks: quirks{GoneAfterRead: true}}, gone},
		"taken away, and no moves":            {options{Quirks: quirks{GoneAfterRead: true}, Script: refused("550 No", "RNFR")}, gone},
		"moves are seen late":                 {options{Quirks: quirks{RenameLate: 100 * time.Millisecond}}, away},
		"moves do nothing":                    {options{Quirks: quirks{RenameLies: true}}, stays},
		"moves add a version":                 {options{Quirks: quirks{MoveVersions: ";1"}}, map[string]string{"processed/users.csv;1": "one"}},
		"no folder can be entered":            {options{Quirks: quirks{Walls: true}}, stays},
		"no folder can be made":               {options{Script: refused("550 Permission denied", "MKD")}, stays},
		"MKD is not known":                    {options{Script: refused("502 What?", "MKD")}, stays},
		"renames in the folder alone":         {options{Script: refused("553 Cross-device link", "RNTO")}, stays},
		"renames are forbidden":               {options{Script: refused("550 Permission denied", "RNFR")}, stays},
		"RNFR is not known":                   {options{Script: refused("500 Unknown command", "RNFR")}, stays},
		"PWD without quotes":                  {options{Script: refused("257 /in is current", "PWD")}, away},
		"EPSV refused, bare 227":              {options{Quirks: quirks{BarePASV: true}, Script: refused("500 What?", "EPSV")}, away},
		"EPSV 502, address 0.0.0.0":           {options{PASV: "0,0,0,0", Script: refused("502 What?", "EPSV")}, away},
		"EPSV 522, private address":           {options{PASV: "10,1,2,3", Script: refused("522 Network protocol not supported, use (1)", "EPSV")}, away},
		"227 with blanks":                     {options{PASV: " 127 , 0,0, 1", Script: refused("500 What?", "EPSV")}, away},
		"MLSD without type":                   {options{Quirks: quirks{Facts: []string{"size", "modify"}}}, away},
		"MLSD without size":                   {options{Quirks: quirks{Facts: []string{"type", "modify"}}}, away},
		"MLSD with names alone":               {options{Quirks: quirks{Facts: []string{}}}, away},
		"MLSD without time":                   {options{Quirks: quirks{Facts: []string{"type", "size"}}}, away},
		"MLSD in capitals":                    {options{Quirks: quirks{Fact: strings.ToUpper}}, away},
		"MLSD with odd facts":                 {options{Quirks: quirks{Extra: "UNIX.mode=0644;Win32.ea=;x-y.z=a=b;lang=;"}}, away},
		"MLSD with type last, in small":       {options{Quirks: quirks{Facts: []string{"modify", "size", "type"}, Fact: strings.ToLower}}, away},
		"SIZE refused in ASCII":               {options{NoMLST: true, Script: refused("550 SIZE not allowed in ASCII mode", "SIZE")}, away},
		"SIZE and MDTM not known":             {options{NoMLST: true, Script: refused("500 What?", "SIZE", "MDTM")}, away},
		"MLST refused, MLSD known":            {options{Script: refused("501 Bad", "MLST")}, away},
		"MLST 550 for every name":             {options{Script: refused("550 No", "MLST")}, away},
		"DELE refused":                        {options{Script: refused("550 Permission denied", "DELE")}, away},
		"NLST refused":                        {options{Script: refused("550 No files", "NLST")}, away},
		"426 after the last byte, then 226":   {options{Script: ftpScript{"RETR": {After: "426 Connection reset\n226 Transfer complete"}}}, away},
		"226 twice, and hung up":              {options{Quirks: quirks{EndsTwice: true, HangsUp: true}}, away},
		"reset after the last byte":           {options{Quirks: quirks{Resets: true}}, away},
		"OPTS, FEAT and TYPE in strange ways": {options{Script: ftpScript{"OPTS": {Answer: "501 UTF8 off"}, "FEAT": {Answer: "530 Not now"}, "TYPE": {Answer: "226 Binary"}}}, away},
		"an empty folder is 450":              {options{Quirks: quirks{Empty: "450 No files found"}}, away},
		"a listing counts blocks":             {options{NoMLST: true, Quirks: quirks{Line: blocks}}, away},
		"one file is busy for a moment":       {options{Script: ftpScript{"RNFR": {Answer: "450 users.csv: file is in use", Times: 1}}}, away},
		"a download is locked for a moment":   {options{Script: ftpScript{"RETR": {Answer: "550 La ressource est utilisée par un autre processus", Times: 1}}}, away},
		"too many, in the middle":             {options{Script: ftpScript{"RETR": {Answer: "421 Zu viele Verbindungen", HangUp: true, Times: 1}}}, away},
		"too many at the login":               {options{Script: ftpScript{"PASS": {Answer: "530 Nombre maximal de connexions atteint", Times: 1}}}, away},
		"too many at once, by 550":            {options{Script: ftpScript{"CWD": {Answer: "550 Le nombre maximum d'utilisateurs est atteint", Times: 1}}}, away},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fromFTP(t, tt.options, 10*time.Second)
			s.plant("users.csv", "one")
			s.age("users.csv", time.Now().Add(-time.Hour))
			taken := s.take()
			content, err := os.ReadFile(taken.Path)
			if err != nil || string(content) != "one" || taken.Bytes != 3 {
				t.Errorf("taken = %+v with %q, %v", taken, content, err)
			}
			settled := s.settle(taken, pickup.Processed)
			got := filesOf(t, s.folder)
			for start := time.Now(); !maps.Equal(got, tt.left) && tt.options.Quirks.RenameLate > 0 && time.Since(start) < 10*time.Second; got = filesOf(t, s.folder) {
				time.Sleep(10 * time.Millisecond) // it is on its way
			}
			if !maps.Equal(got, tt.left) {
				t.Errorf("the folder holds %q, want %q; taken with %v, settled %+v", got, tt.left, taken.Warning, settled)
			}
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}

// TestGivenBackFromAFolderThatIsShut: a process that was killed in between finds the file where it
// cannot look.
func TestGivenBackFromAFolderThatIsShut(t *testing.T) {
	t.Parallel()
	s := fromFTP(t, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Walls: true}}, 10*time.Second)
	if err := os.Mkdir(filepath.Join(s.folder, "in-progress"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.plant("in-progress/users.r9.csv", "one")
	err := s.journal.Save(t.Context(), pickup.Record{
		Flow: flow, Remote: s.from.Name, Name: "users.csv", Size: 3, Run: "r9", Step: pickup.StepMoved, Place: "in-progress/users.r9.csv",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pickup.Recover(t.Context(), s.from, s.journal, flow); err != nil {
		t.Error(err)
	}
	s.want(map[string]string{"users.csv": "one"})
	if left, err := s.journal.Unfinished(t.Context(), flow); len(left) > 0 || err != nil {
		t.Errorf("left over: %+v, %v", left, err)
	}
}

// TestMovedElsewhere: a server that leaves the folder out of a move has the file under another name.
// The run fails and says so, and stops no other.
func TestMovedElsewhere(t *testing.T) {
	t.Parallel()
	s := fromFTP(t, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Flat: true}}, 10*time.Second)
	s.plant("users.csv", "one")
	_, err := pickup.Take(t.Context(), s.request(s.look().Files[0]))
	if !errors.Is(err, pickup.ErrVanished) || !strings.Contains(err.Error(), "users.r1.csv") {
		t.Errorf("error = %v", err)
	}
	if left, err := pickup.Recover(t.Context(), s.from, s.journal, flow); err != nil || len(left.Released)+len(left.Fetched) > 0 {
		t.Errorf("left over: %+v, %v", left, err)
	}
	if found := s.look(); len(found.Files) != 1 || found.Files[0].Name != "users.r1.csv" {
		t.Errorf("found %+v", found)
	}
}
