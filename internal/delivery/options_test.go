package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

const marker = name + ".done"

func (s *site) deliver() (delivery.Receipt, error) {
	s.t.Helper()
	s.request.To = s.target()
	return delivery.Deliver(s.t.Context(), s.request)
}

func TestInPlace(t *testing.T) {
	t.Parallel()
	for what, quirks := range map[string]partner.Quirks{
		"rename refused": {RefuseRename: true}, "write-only": {RefuseRename: true, WriteOnly: true}, "no stat": {RefuseRename: true, NoStat: true},
	} {
		for _, empty := range []bool{true, false} {
			s := newSite(t, quirks, empty)
			if _, err := s.deliver(); !errors.Is(err, remote.ErrPermission) || !strings.Contains(err.Error(), "in_place: true") && !quirks.WriteOnly {
				t.Errorf("%s: error without in_place = %v, want the way out", what, err)
			}
			s.options.InPlace = true
			receipt, err := s.deliver()
			if err != nil || !receipt.InPlace || receipt.Confirmed == quirks.WriteOnly || receipt.Attempts != 1 {
				t.Errorf("%s: receipt = %+v, %v", what, receipt, err)
			}
			s.want(onlyNew)
			if got := s.journal.steps(); !strings.HasSuffix(got, "replacing uploading uploaded delivered") {
				t.Errorf("%s: journalled %q", what, got)
			}
		}
	}
}

// TestInPlaceLeavesNoPart: what the server does not take whole is removed again.
func TestInPlaceLeavesNoPart(t *testing.T) {
	t.Parallel()
	for what, quirks := range map[string]partner.Quirks{
		"disk full": {FullAt: 100_000}, "cut": {CutAt: 100_000}, "cut, write-only": {CutAt: 100_000, WriteOnly: true},
	} {
		s := newSite(t, quirks, false)
		s.options.InPlace, s.options.DoneMarker = true, "{file}.done"
		s.plant(marker, []byte("stale"))
		if _, err := s.deliver(); err == nil {
			t.Errorf("%s: no error", what)
		}
		s.want(nothing)
		if got := s.journal.last().Step; got != delivery.StepFailed {
			t.Errorf("%s: journalled %q", what, s.journal.steps())
		}
	}
}

func TestDoneMarker(t *testing.T) {
	t.Parallel()
	for what, quirks := range map[string]partner.Quirks{
		"as usual": {}, "write-only": {WriteOnly: true}, "by moving the old file aside": {NoPosixRename: true},
	} {
		s := newSite(t, quirks, false)
		s.options.DoneMarker = "{file}.done"
		s.plant(marker, []byte("stale")) // of the run before
		receipt, err := s.deliver()
		if err != nil || receipt.Marker != marker {
			t.Errorf("%s: receipt = %+v, %v", what, receipt, err)
		}
		s.want(map[string]string{name: "new", marker: "0 bytes"})
		if got := s.journal.steps(); !strings.HasSuffix(got, "marking delivered") {
			t.Errorf("%s: journalled %q", what, got)
		}
	}
}

// TestNoMarkerBeforeTheFile: a failure leaves the old marker beside the old file.
func TestNoMarkerBeforeTheFile(t *testing.T) {
	t.Parallel()
	for _, quirks := range []partner.Quirks{{FullAt: 100_000}, {CutAt: 100_000}, {RefuseRename: true}} {
		s := newSite(t, quirks, false)
		s.options.DoneMarker = "{file}.done"
		if _, err := s.deliver(); err == nil {
			t.Error("no error")
		}
		s.want(onlyOld)
		s.plant(marker, []byte("stale"))
		if _, err := s.deliver(); err == nil {
			t.Error("no error")
		}
		s.want(map[string]string{name: "old", marker: "5 bytes"})
	}
}

// TestMarkerThatIsRefused: the file is there, which Recover does not forget.
func TestMarkerThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	s.options.DoneMarker = "{file}.done"
	if err := os.Mkdir(filepath.Join(s.folder, marker), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.deliver(); err == nil || !strings.Contains(err.Error(), "the file is in place, but its marker") {
		t.Errorf("error = %v", err)
	}
	if got := s.journal.last().Step; got != delivery.StepMarking {
		t.Errorf("journalled %q", s.journal.steps())
	}
	if err := os.Remove(filepath.Join(s.folder, marker)); err != nil {
		t.Fatal(err)
	}
	settled, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{s.journal.last()})
	if err != nil || settled[0].Step != delivery.StepDelivered {
		t.Errorf("recovered as %q, %v", settled[0].Step, err)
	}
	s.want(map[string]string{name: "new", marker: "0 bytes"})
}

// TestRecoverWithOptions plants what a crash can leave in place, or before the marker.
func TestRecoverWithOptions(t *testing.T) {
	t.Parallel()
	const temp = name + ".r1.part"
	marked := map[string]string{name: "new", marker: "0 bytes"}
	for _, tt := range []struct {
		name    string
		temp    string
		step    delivery.Step
		files   map[string]string
		want    delivery.Step
		left    map[string]string
		inPlace bool
	}{
		{"between rename and marker, unrecorded", temp, delivery.StepUploaded, map[string]string{name: "new"}, delivery.StepDelivered, marked, false},
		{"between rename and marker", temp, delivery.StepMarking, map[string]string{name: "new"}, delivery.StepDelivered, marked, false},
		{"after the marker", temp, delivery.StepMarking, marked, delivery.StepDelivered, marked, false},
		{"picked up before the marker", temp, delivery.StepMarking, nothing, delivery.StepDelivered, nothing, false},
		{"another file before the marker", temp, delivery.StepMarking, map[string]string{name: "half"}, delivery.StepDelivered, map[string]string{name: "1000 bytes"}, false},
		{"before the rename", temp, delivery.StepUploaded, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld, false},
		{"in place, nothing done", name, delivery.StepReplacing, onlyOld, delivery.StepFailed, onlyOld, true},
		{"in place, old file removed", name, delivery.StepReplacing, nothing, delivery.StepFailed, nothing, true},
		{"in place, half uploaded", name, delivery.StepUploading, map[string]string{name: "half"}, delivery.StepFailed, nothing, true},
		{"in place, another file of the same size", name, delivery.StepUploading, map[string]string{name: "same size"}, delivery.StepFailed, nothing, true},
		{"in place, uploaded but not recorded", name, delivery.StepUploading, onlyNew, delivery.StepDelivered, marked, true},
		{"in place, uploaded", name, delivery.StepUploaded, onlyNew, delivery.StepDelivered, marked, true},
		{"in place, before the marker", name, delivery.StepMarking, onlyNew, delivery.StepDelivered, marked, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, partner.Quirks{}, true)
			s.options.DoneMarker = "{file}.done"
			for file, content := range tt.files {
				s.plant(file, map[string][]byte{
					"old": oldFile, "new": newFile, "half": newFile[:1000], "same size": make([]byte, len(newFile)),
				}[content])
			}
			r := delivery.Record{
				Run: "r1", Remote: "skillup", Name: name, Temp: tt.temp, Step: tt.step,
				Bytes: s.request.Bytes, SHA256: s.request.SHA256,
			}
			got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
			if err != nil || got[0].Step != tt.want {
				t.Errorf("step = %q, %v; want %q", got[0].Step, err, tt.want)
			}
			s.want(tt.left)
		})
	}
}

// TestEveryOperationFailsWithOptions is TestEveryOperationFails for uploads in place and
// for markers: a marker never stands beside a file that is not whole.
func TestEveryOperationFailsWithOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []delivery.Options{
		{DoneMarker: "{file}.done"}, {InPlace: true}, {InPlace: true, DoneMarker: "{file}.done"},
	} {
		for _, f := range []flaky{
			{fault: remote.ErrTemporary}, {fault: remote.ErrTemporary, after: true},
			{fault: remote.ErrPermission}, {fault: errors.New("failure"), after: true},
		} {
			for _, forGood := range []bool{false, true} {
				t.Run(fmt.Sprintf("in place %t, marker %q, %v, after %t, for good %t", o.InPlace, o.DoneMarker, f.fault, f.after, forGood), func(t *testing.T) {
					t.Parallel()
					for k := 1; failKthWith(t, o, f, k, forGood); k++ {
						if k > 50 {
							t.Fatal("a delivery takes more than 50 operations")
						}
					}
				})
			}
		}
	}
}

func failKthWith(t *testing.T, o delivery.Options, f flaky, k int, forGood bool) bool {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), oldFile, 0o600); err != nil {
		t.Fatal(err)
	}
	f.Remote, f.from, f.to = dir.New(dir.Config{Dir: folder}), k, k
	if forGood {
		f.to = 1 << 30
	}
	delivered := maps.Clone(onlyNew)
	if o.DoneMarker != "" {
		delivered[marker] = "0 bytes"
	}
	j := &journal{}
	to := delivery.Target{Name: "skillup", Remote: &f, Options: o}
	_, err := delivery.Deliver(t.Context(), request(t, j, to, newFile))
	reached := f.count >= k
	f.from = 1 << 30 // all is well again
	files := filesOf(t, folder)
	if err == nil && !maps.Equal(files, delivered) {
		t.Errorf("operation %d: delivered, but the folder holds %v", k, files)
	}
	if _, marked := files[marker]; marked && files[name] != "new" {
		t.Errorf("operation %d: a marker beside %v", k, files)
	}
	if j.last().Step == "" {
		return reached
	}
	settled, err := delivery.Recover(t.Context(), to, j, []delivery.Record{j.last()})
	if err != nil {
		t.Fatalf("operation %d: recover: %v", k, err)
	}
	files = filesOf(t, folder)
	switch settled[0].Step {
	case delivery.StepDelivered:
		if !maps.Equal(files, delivered) {
			t.Errorf("operation %d: recovered as delivered, but the folder holds %v", k, files)
		}
	case delivery.StepFailed:
		if !maps.Equal(files, onlyOld) && (!o.InPlace || !maps.Equal(files, nothing)) {
			t.Errorf("operation %d: recovered as failed, but the folder holds %v", k, files)
		}
	default:
		t.Errorf("operation %d: settled as %q", k, settled[0].Step)
	}
	return reached
}

func TestTempSuffix(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	s.options.TempSuffix = "~tmp"
	if _, err := s.deliver(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.journal.last().Temp, name+".r1~tmp"; got != want {
		t.Errorf("temporary name = %q, want %q", got, want)
	}
	s.want(onlyNew)
}

func TestCreateDir(t *testing.T) {
	t.Parallel()
	for _, writeOnly := range []bool{false, true} {
		s := newSite(t, partner.Quirks{WriteOnly: writeOnly}, true)
		s.config.Dir = "/in/2026/november"
		if _, err := s.deliver(); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, delivery.ErrNoFolder) {
			t.Errorf("error without create_dir = %v, want one about the folder", err)
		}
		s.options.CreateDir = true
		for range 2 {
			if _, err := s.deliver(); err != nil {
				t.Errorf("write-only %t: %v", writeOnly, err)
			}
		}
		if got := filesOf(t, filepath.Join(s.folder, "2026", "november")); !maps.Equal(got, onlyNew) {
			t.Errorf("write-only %t: the folder holds %v", writeOnly, got)
		}
	}
}

// TestClassesOfErrors: what may pass is tried as often as configured, the rest once.
func TestClassesOfErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault error
		tries int
	}{
		{remote.ErrTemporary, 5},
		{fmt.Errorf("425 no data connection: %w", remote.ErrTemporary), 5},
		{remote.ErrAuth, 1},
		{remote.ErrLoginCut, 1},
		{remote.ErrHostKey, 1},
		{remote.ErrCertificate, 1},
		{remote.ErrPermission, 1},
		{remote.ErrNoSpace, 1},
		{errors.New("a breach of the protocol"), 1},
	} {
		f := &flaky{Remote: dir.New(dir.Config{Dir: t.TempDir()}), from: 1, to: 1 << 30, fault: tt.fault}
		to := delivery.Target{Name: "skillup", Remote: f, Options: delivery.Options{Attempts: 5}}
		receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile))
		if !errors.Is(err, tt.fault) || receipt.Attempts != tt.tries || f.count != tt.tries {
			t.Errorf("%v: %d attempts, %d connections, %v; want %d", tt.fault, receipt.Attempts, f.count, err, tt.tries)
		}
	}
}

// TestAWrongPasswordIsTriedOnce also where the server says nothing and hangs up.
func TestAWrongPasswordIsTriedOnce(t *testing.T) {
	t.Parallel()
	for _, cut := range []bool{false, true} {
		s := newSite(t, partner.Quirks{CutOnRefusal: cut}, false)
		s.config.Password = secret.Ref{File: private(t, []byte("wrong"))}
		_, err := s.deliver()
		if cut && !errors.Is(err, remote.ErrLoginCut) || !cut && !errors.Is(err, remote.ErrAuth) {
			t.Errorf("hangs up %t: error = %v", cut, err)
		}
		record := delivery.Record{Run: "r0", Remote: "skillup", Name: name, Temp: name + ".r0.part", Step: delivery.StepUploading}
		if _, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{record, record}); err == nil {
			t.Error("recovered")
		}
		if s.server.Refused() != 2 {
			t.Errorf("hangs up %t: the password was sent %d times, want once to deliver and once to recover", cut, s.server.Refused())
		}
		s.want(onlyOld)
	}
}

// TestACutLoginIsTriedAgainOnceLetIn: the password was right a moment ago.
func TestACutLoginIsTriedAgainOnceLetIn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	f := &cutLogins{Remote: dir.New(dir.Config{Dir: folder})}
	receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, delivery.Target{Name: "skillup", Remote: f}, newFile))
	if err != nil || receipt.Attempts != 3 {
		t.Errorf("receipt = %+v, %v; want 3 attempts", receipt, err)
	}
	if got := filesOf(t, folder); !maps.Equal(got, onlyNew) {
		t.Errorf("the folder holds %v", got)
	}
}

// cutLogins lets in, loses the connection before the first upload, cuts the next login, and
// is well from then on.
type cutLogins struct {
	remote.Remote
	opened int
}

func (c *cutLogins) Open(ctx context.Context) (remote.Session, error) {
	c.opened++
	if c.opened == 2 {
		return nil, remote.ErrLoginCut
	}
	s, err := c.Remote.Open(ctx)
	if c.opened == 1 && err == nil {
		return &flakySession{s, &flaky{from: 1, to: 1, fault: remote.ErrTemporary}}, nil
	}
	return s, err
}

func TestAttemptsAndWait(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	s.proxy.Break(remotetest.Fault{Refuse: true, Times: 4})
	s.options.Attempts = 4
	if receipt, err := s.deliver(); !errors.Is(err, remote.ErrTemporary) || receipt.Attempts != 4 {
		t.Errorf("receipt = %+v, %v; want 4 attempts", receipt, err)
	}
	if receipt, err := s.deliver(); err != nil || receipt.Attempts != 1 {
		t.Errorf("receipt = %+v, %v; want the fifth connection to do", receipt, err)
	}
	s.want(onlyNew)
}

func TestOptionFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		options delivery.Options
		want    []string
	}{
		{delivery.Options{}, nil},
		{delivery.Options{DoneMarker: "{file}.done", TempSuffix: ".tmp", CreateDir: true, Attempts: 10, RetryWait: time.Second, TimeLimit: time.Hour}, nil},
		{delivery.Options{DoneMarker: "ready"}, nil},
		{delivery.Options{Attempts: 11}, []string{"attempts"}},
		{delivery.Options{Attempts: -1}, []string{"attempts"}},
		{delivery.Options{RetryWait: -1, TimeLimit: -1}, []string{"retry_wait", "time_limit"}},
		{delivery.Options{TempSuffix: "/x"}, []string{"temp_suffix"}},
		{delivery.Options{TempSuffix: "\n"}, []string{"temp_suffix"}},
		{delivery.Options{TempSuffix: ".bak"}, []string{"temp_suffix"}},
		{delivery.Options{TempSuffix: ".tmp", InPlace: true}, []string{"temp_suffix"}},
		{delivery.Options{DoneMarker: "{file}"}, []string{"done_marker"}},
		{delivery.Options{DoneMarker: "{date}.done"}, []string{"done_marker"}},
		{delivery.Options{DoneMarker: "../{file}"}, []string{"done_marker"}},
		{delivery.Options{DoneMarker: "{file}.part"}, []string{"done_marker"}},
	} {
		var got []string
		tt.options.Validate(func(key, message string) {
			if message == "" {
				t.Errorf("%s: no message", key)
			}
			got = append(got, key)
		})
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: faults in %q, want %q", tt.options, got, tt.want)
		}
	}
}

// TestForbiddenToLook: T12. OpenSSH that forbids every status, or every way of looking.
func TestForbiddenToLook(t *testing.T) {
	t.Parallel()
	for forbidden, writeOnly := range map[string]bool{
		"stat,lstat,fstat,setstat,fsetstat":                                            false,
		"opendir,readdir,stat,lstat,fstat,setstat,fsetstat,read,realpath,statvfs":      true,
		"opendir,readdir,stat,lstat,fstat,setstat,fsetstat,read,realpath,posix-rename": true,
	} {
		server := remotetest.OpenSSH(t, "-P", forbidden)
		to := delivery.Target{Name: "openssh", WriteOnly: writeOnly, Options: delivery.Options{DoneMarker: "{file}.done"}, Remote: sftp.New(sftp.Config{
			Host: server.Host, Port: server.Port, User: server.User, Dir: server.Folder, WriteOnly: writeOnly,
			PrivateKey: secret.Ref{File: server.KeyFile}, KnownHosts: server.KnownHosts,
		})}
		receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile))
		if err != nil || receipt.Confirmed == writeOnly {
			t.Errorf("without %s: receipt = %+v, %v", forbidden, receipt, err)
		}
		if got := filesOf(t, server.Folder); !maps.Equal(got, map[string]string{name: "new", marker: "0 bytes"}) {
			t.Errorf("without %s: the folder holds %v", forbidden, got)
		}
	}
}

// TestSlowDrip: T05. A server that is never silent and never done, one byte at a time.
func TestSlowDrip(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	s.config.ConnectTimeout, s.config.IdleTimeout = 20*time.Second, 20*time.Second
	s.options.TimeLimit = 500 * time.Millisecond
	s.proxy.Break(remotetest.Fault{Drip: 20 * time.Millisecond, Times: 1})
	receipt, err := s.deliver()
	if !errors.Is(err, remote.ErrTemporary) || receipt.Attempts != 1 {
		t.Errorf("receipt = %+v, %v; want the time limit in the first attempt", receipt, err)
	}
	s.want(onlyOld)
}

// TestEmptyFile: T08. It would replace a good file by nothing.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	if _, err := delivery.Deliver(t.Context(), request(t, s.journal, s.target(), nil)); !errors.Is(err, delivery.ErrSpool) {
		t.Errorf("error = %v, want ErrSpool", err)
	}
	if s.server.Logins() != 0 {
		t.Error("connected for an empty file")
	}
	s.want(onlyOld)
}
