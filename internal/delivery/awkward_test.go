package delivery_test

import (
	"bytes"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/secret"
)

// target is the name of the file that is delivered.
const target = name

// toScripted returns a target on a scripted server, and its folder.
func toScripted(t *testing.T, script remotetest.SFTPScript, o delivery.Options, changes ...func(*sftp.Config)) (delivery.Target, string) {
	t.Helper()
	server, folder := remotetest.ScriptedSFTP(t, script), t.TempDir()
	host, port, err := net.SplitHostPort(server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	o.RetryWait = 20 * time.Millisecond
	c := sftp.Config{
		Host: host, Port: number, User: "acme", Password: secret.Ref{File: private(t, []byte("secret"))},
		HostKeys: []string{server.Print}, Dir: folder,
	}
	for _, change := range changes {
		change(&c)
	}
	return delivery.Target{Name: "skillup", Options: o, Remote: sftp.New(c)}, folder
}

// TestAwkwardServers: each is delivered to, or the error names the cause and the way out, and
// nothing temporary is left.
func TestAwkwardServers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script  remotetest.SFTPScript
		options delivery.Options
		want    string // of the error; empty where the file is delivered
	}{
		"a rename is answered for and not carried out":           {remotetest.SFTPScript{RenameLies: true}, delivery.Options{}, "has renamed the file, and has not"},
		"files are taken as they are closed":                     {remotetest.SFTPScript{TakenOnClose: true}, delivery.Options{}, "in_place: true, or give a temp_dir"},
		"each name gets a version":                               {remotetest.SFTPScript{Versions: ";1"}, delivery.Options{}, "adds a version to each name"},
		"each name gets a version after a dot":                   {remotetest.SFTPScript{Versions: ".1"}, delivery.Options{TempDir: "tmp"}, "adds a version to each name"},
		"the connection ends before a channel is opened":         {remotetest.SFTPScript{CutsChannels: 1}, delivery.Options{}, ""},
		"another size is stated each time":                       {remotetest.SFTPScript{SizePlus: 64}, delivery.Options{}, "write_only: true"},
		"no size is stated":                                      {remotetest.SFTPScript{NoSize: true}, delivery.Options{}, ""},
		"the file is in use for a while":                         {remotetest.SFTPScript{Busy: 5}, delivery.Options{Attempts: 2}, ""},
		"a renamed file is seen late":                            {remotetest.SFTPScript{HiddenFor: 3}, delivery.Options{}, ""},
		"exclusive open is refused":                              {remotetest.SFTPScript{NoExclusive: true}, delivery.Options{}, ""},
		"a missing path is a failure":                            {remotetest.SFTPScript{MissingIsFailure: true}, delivery.Options{}, ""},
		"an empty marker is refused":                             {remotetest.SFTPScript{NoEmpty: true}, delivery.Options{DoneMarker: "{file}.done"}, "set marker_text"},
		"a marker with a text is taken":                          {remotetest.SFTPScript{NoEmpty: true}, delivery.Options{DoneMarker: "{file}.done", MarkerText: "done"}, ""},
		"uploads go to a folder of their own":                    {remotetest.SFTPScript{}, delivery.Options{TempDir: "tmp", TempPrefix: "t_"}, ""},
		"an uploaded file is seen late, and the connection cut":  {remotetest.SFTPScript{HiddenUploads: 6, CutRenames: 1}, delivery.Options{}, ""},
		"the answer to a rename is lost, and the file seen late": {remotetest.SFTPScript{LostRenames: 1, HiddenFor: 4, MissingIsFailure: true}, delivery.Options{}, ""},
		"a rename is carried out and refused":                    {remotetest.SFTPScript{FailingRenames: 1}, delivery.Options{}, ""},
		"the right size is stated late":                          {remotetest.SFTPScript{NoSizeOpen: true, SizeLate: 3}, delivery.Options{Attempts: 1}, ""},
		"a scanner adds to each file":                            {remotetest.SFTPScript{Trailer: "scanned"}, delivery.Options{}, "write_only: true"},
		"a refused rename, and a file without end":               {remotetest.SFTPScript{FailingRenames: 1, EndlessFile: true, NoSize: true}, delivery.Options{Attempts: 1}, "rename"},
		"attributes of a time alone":                             {remotetest.SFTPScript{Attributes: 8, NoSize: true}, delivery.Options{}, ""},
		"attributes of nothing":                                  {remotetest.SFTPScript{Attributes: remotetest.NoAttributes, NoSize: true}, delivery.Options{}, ""},
		"a missing path is told in words":                        {remotetest.SFTPScript{MissingCode: 4, MissingSays: "Datei nicht gefunden"}, delivery.Options{}, ""},
		"one connection at a time":                               {remotetest.SFTPScript{Places: 1, CutRenames: 1}, delivery.Options{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, folder := toScripted(t, tt.script, tt.options)
			j := &journal{}
			receipt, err := delivery.Deliver(t.Context(), request(t, j, to, newFile))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			if tt.want == "" && !receipt.Confirmed && !tt.script.NoSize {
				t.Errorf("receipt = %+v, want the size confirmed", receipt)
			}
			if tt.want != "" && receipt.PickedUp {
				t.Error("taken for picked up")
			}
			content, err := os.ReadFile(filepath.Join(folder, target))
			if tt.want == "" && string(content) != string(newFile) {
				t.Errorf("the folder holds %d bytes, %v", len(content), err)
			}
			for _, pattern := range []string{"*.part", "*/*.part", "*.bak", "*/*.bak"} {
				if left, _ := filepath.Glob(filepath.Join(folder, pattern)); len(left) > 0 {
					t.Errorf("left over: %q", left)
				}
			}
		})
	}
}

// TestReplacedWhereRenamesAreSeenLate: the old file is moved aside, which is seen some time later. The
// new one comes when the name is free, and nothing is left of the old one.
func TestReplacedWhereRenamesAreSeenLate(t *testing.T) {
	t.Parallel()
	const late = 300 * time.Millisecond
	s := scriptedSite(t, remotetest.FTPOptions{Refuses: true, NoMLST: true, DOS: true, Quirks: remotetest.FTPQuirks{RenameLate: late}})
	by450 := scriptedSite(t, remotetest.FTPOptions{Refuses: true, Quirks: remotetest.FTPQuirks{RenameLate: late, Exists: "450 File already exists"}})
	sftpTarget, sftpFolder := toScripted(t, remotetest.SFTPScript{RenameLate: late}, delivery.Options{})
	for title, tt := range map[string]struct {
		to     delivery.Target
		folder string
	}{
		"FTP":         {s.target(), s.folder},
		"FTP, by 450": {by450.target(), by450.folder},
		"SFTP":        {sftpTarget, sftpFolder},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if err := os.WriteFile(filepath.Join(tt.folder, target), oldFile, 0o600); err != nil {
				t.Fatal(err)
			}
			r := request(t, &journal{}, tt.to, newFile)
			r.To.Options.RetryWait = 400 * time.Millisecond
			receipt, err := delivery.Deliver(t.Context(), r)
			if err != nil || !receipt.Confirmed {
				t.Errorf("receipt = %+v, %v", receipt, err)
			}
			time.Sleep(2 * late) // whatever else was answered for takes place
			if got := filesOf(t, tt.folder); !maps.Equal(got, onlyNew) {
				t.Errorf("the folder holds %v", got)
			}
		})
	}
}

// TestAnswersAfterMinutes: a server that scans each file before it answers has it all the same, and the
// receipt says what to set.
func TestAnswersAfterMinutes(t *testing.T) {
	t.Parallel()
	to, folder := toScripted(t, remotetest.SFTPScript{ClosesLate: time.Second}, delivery.Options{}, func(c *sftp.Config) { c.IdleTimeout = 300 * time.Millisecond })
	r := request(t, &journal{}, to, newFile)
	r.To.Options.RetryWait = 400 * time.Millisecond
	receipt, err := delivery.Deliver(t.Context(), r)
	if err != nil || !strings.Contains(receipt.Peer.Warning, "idle_timeout") {
		t.Errorf("receipt = %+v, %v", receipt, err)
	}
	if got := filesOf(t, folder); !maps.Equal(got, onlyNew) {
		t.Errorf("the folder holds %v", got)
	}
}

// TestTakenForTheOldFile: where each file is taken as it is closed and nothing says so, the old one of
// the same size is not ours.
func TestTakenForTheOldFile(t *testing.T) {
	t.Parallel()
	to, folder := toScripted(t, remotetest.SFTPScript{TakenOnClose: true, MissingIsFailure: true}, delivery.Options{})
	old := bytes.Repeat([]byte("x"), len(newFile))
	if err := os.WriteFile(filepath.Join(folder, target), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile)); err == nil {
		t.Errorf("delivered: %+v", receipt)
	}
	if content, err := os.ReadFile(filepath.Join(folder, target)); err != nil || !bytes.Equal(content, old) {
		t.Errorf("the old file: %d bytes, %v", len(content), err)
	}
}

// TestRestartBeforeARenameIsSeen: the file is not called missing, and it gets its marker.
func TestRestartBeforeARenameIsSeen(t *testing.T) {
	t.Parallel()
	to, folder := toScripted(t, remotetest.SFTPScript{HiddenFor: 5}, delivery.Options{DoneMarker: "{file}.done"})
	s, err := to.Remote.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	temp := to.Options.TempName(target, "r1")
	err = errors.Join(s.Upload(t.Context(), temp, bytes.NewReader(newFile), int64(len(newFile))), s.Rename(t.Context(), temp, target), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	settled, err := delivery.Recover(t.Context(), to, &journal{}, []delivery.Record{{
		Run: "r1", Remote: to.Name, Name: target, Temp: temp, Step: delivery.StepUploaded, Bytes: int64(len(newFile)),
	}})
	if err != nil || settled[0].Step != delivery.StepDelivered {
		t.Errorf("recovered as %+v, %v", settled, err)
	}
	if _, err := os.Stat(filepath.Join(folder, marker)); err != nil {
		t.Error(err)
	}
}

// TestMarkerThatStaysRefused: the run fails, and the next delivery is not held up.
func TestMarkerThatStaysRefused(t *testing.T) {
	t.Parallel()
	to, folder := toScripted(t, remotetest.SFTPScript{}, delivery.Options{DoneMarker: "{file}.done"})
	if err := os.Mkdir(filepath.Join(folder, marker), 0o755); err != nil {
		t.Fatal(err)
	}
	j := &journal{}
	if _, err := delivery.Deliver(t.Context(), request(t, j, to, newFile)); err == nil {
		t.Fatal("no error")
	}
	settled, err := delivery.Recover(t.Context(), to, j, []delivery.Record{j.last()})
	if err != nil || settled[0].Step != delivery.StepDelivered || settled[0].Warning == nil {
		t.Errorf("recovered as %+v, %v", settled, err)
	}
}

// TestStaleTemporaryFilesAreSwept: what came into being after its delivery was given up.
func TestStaleTemporaryFilesAreSwept(t *testing.T) {
	t.Parallel()
	to, folder := toScripted(t, remotetest.SFTPScript{}, delivery.Options{})
	for _, file := range []string{"old.csv.r0.part", "of-another.csv.x.part"} {
		if err := os.WriteFile(filepath.Join(folder, file), newFile, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := request(t, &journal{}, to, newFile)
	r.Stale = []string{"old.csv.r0.part", "gone.csv.r0.part", "../x"}
	if _, err := delivery.Deliver(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v", files, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script  remotetest.SFTPScript
		options delivery.Options
		want    string
	}{
		"all is well":           {remotetest.SFTPScript{}, delivery.Options{DoneMarker: "{file}.done", TempDir: "tmp"}, ""},
		"taken as it is closed": {remotetest.SFTPScript{TakenOnClose: true}, delivery.Options{}, "in_place: true"},
		"a rename does nothing": {remotetest.SFTPScript{RenameLies: true}, delivery.Options{}, "has not"},
		"no empty marker":       {remotetest.SFTPScript{NoEmpty: true}, delivery.Options{DoneMarker: "{file}.done"}, "set marker_text"},
		"a marker with a text":  {remotetest.SFTPScript{NoEmpty: true}, delivery.Options{DoneMarker: "{file}.done", MarkerText: "done"}, ""},
		"a version when closed": {remotetest.SFTPScript{Versions: ".1"}, delivery.Options{}, "adds a version to each name"},
		"one in place too":      {remotetest.SFTPScript{Versions: ";1"}, delivery.Options{InPlace: true}, "adds a version to each name"},
		"one when renamed":      {remotetest.SFTPScript{MoveVersions: ";1"}, delivery.Options{}, "adds a version to each name"},
	} {
		to, folder := toScripted(t, tt.script, tt.options)
		to.Options.RetryWait = 20 * time.Millisecond
		s, err := to.Remote.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = delivery.Probe(t.Context(), s, to.Options, "r1")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: error = %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*probe*")); len(left) > 0 {
			t.Errorf("%s: left over: %q", name, left)
		}
		if err := s.Close(); err != nil && !errors.Is(err, remote.ErrTemporary) {
			t.Error(err)
		}
	}
}

// TestDeliveredWithAVersion: a file that got one when it was renamed was not picked up, and the
// receipt says where it is. A dot and a number may be how the reader puts files away.
func TestDeliveredWithAVersion(t *testing.T) {
	t.Parallel()
	for version, picked := range map[string]bool{";1": false, ".1": true} {
		to, _ := toScripted(t, remotetest.SFTPScript{MoveVersions: version}, delivery.Options{RetryWait: 20 * time.Millisecond})
		receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile))
		if err != nil || receipt.PickedUp != picked || strings.Contains(receipt.Peer.Warning, version) == picked {
			t.Errorf("%s: %+v, %v", version, receipt, err)
		}
	}
}
