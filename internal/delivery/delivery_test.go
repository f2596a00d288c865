package delivery_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
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

const (
	name     = "skillup_20261122.csv"
	password = "canary-51d7"
)

// journal keeps what a store would.
type journal struct {
	mu      sync.Mutex
	records []delivery.Record
	fail    delivery.Step
}

func (j *journal) Save(_ context.Context, r delivery.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r.Step == j.fail {
		return errors.New("store gone")
	}
	j.records = append(j.records, r)
	return nil
}

func (j *journal) steps() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var steps []string
	for _, r := range j.records {
		steps = append(steps, string(r.Step))
	}
	return strings.Join(steps, " ")
}

// last is the zero Record when nothing was saved.
func (j *journal) last() delivery.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.records) == 0 {
		return delivery.Record{}
	}
	return j.records[len(j.records)-1]
}

// site is a partner's server behind a proxy.
type site struct {
	t       *testing.T
	server  *partner.Server
	proxy   *remotetest.Proxy
	config  sftp.Config
	options delivery.Options
	folder  string
	journal *journal
	request delivery.Request
}

var (
	oldFile = bytes.Repeat([]byte("old;line\r\n"), 20_000)
	newFile = bytes.Repeat([]byte("new;longer line\r\n"), 40_000)
)

// newSite starts a server with the old file on it, unless the folder is to be empty.
func newSite(t *testing.T, quirks partner.Quirks, empty bool) *site {
	t.Helper()
	root := t.TempDir()
	s := &site{t: t, folder: filepath.Join(root, "in"), journal: &journal{}}
	if err := os.Mkdir(s.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if !empty {
		s.plant(name, oldFile)
	}
	var err error
	s.server, err = partner.Start(t.Context(), partner.Options{Root: root, User: "acme", Password: password, Quirks: quirks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.server.Close() })
	s.proxy = remotetest.NewProxy(t, s.server.Addr())
	s.config = sftp.Config{
		User: "acme", Password: secret.Ref{File: private(t, []byte(password))},
		HostKeys: s.server.HostKeys(), Dir: "/in", WriteOnly: quirks.WriteOnly,
		ConnectTimeout: 5 * time.Second, IdleTimeout: 500 * time.Millisecond,
	}
	host, port, err := net.SplitHostPort(s.proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	s.config.Host = host
	if s.config.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	s.request = request(t, s.journal, s.target(), newFile)
	return s
}

func (s *site) target() delivery.Target {
	s.options.RetryWait = time.Millisecond
	return delivery.Target{Name: "skillup", Remote: sftp.New(s.config), WriteOnly: s.config.WriteOnly, Options: s.options}
}

func private(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func request(t testing.TB, j delivery.Journal, to delivery.Target, content []byte) delivery.Request {
	t.Helper()
	sum := sha256.Sum256(content)
	to.Options.RetryWait = time.Millisecond
	return delivery.Request{
		To: to, Journal: j, Run: "r1", Flow: "skillup-nightly", Name: name,
		Path: private(t, content), Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
	}
}

func (s *site) plant(file string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, file), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// files returns the folder's files, each as "old", "new" or its size.
func (s *site) files() map[string]string {
	s.t.Helper()
	return filesOf(s.t, s.folder)
}

func filesOf(t testing.TB, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case bytes.Equal(content, oldFile):
			files[e.Name()] = "old"
		case bytes.Equal(content, newFile):
			files[e.Name()] = "new"
		default:
			files[e.Name()] = strconv.Itoa(len(content)) + " bytes"
		}
	}
	return files
}

func (s *site) want(files map[string]string) {
	s.t.Helper()
	if got := s.files(); !maps.Equal(got, files) {
		s.t.Errorf("the folder holds %v, want %v", got, files)
	}
}

var (
	onlyOld = map[string]string{name: "old"}
	onlyNew = map[string]string{name: "new"}
	nothing = map[string]string{}
)

func TestDelivers(t *testing.T) {
	t.Parallel()
	const plain, swapped = "uploading uploaded delivered", "uploading uploaded replacing delivered"
	for _, tt := range []struct {
		name   string
		quirks partner.Quirks
		empty  bool
		steps  string
	}{
		{"over the old file in one step", partner.Quirks{}, false, plain},
		{"the first time", partner.Quirks{}, true, plain},
		{"by a rename that overwrites", partner.Quirks{NoPosixRename: true, RenameOverwrites: true}, false, plain},
		{"by moving the old file aside", partner.Quirks{NoPosixRename: true}, false, swapped},
		{"the first time without posix-rename", partner.Quirks{NoPosixRename: true}, true, plain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.quirks, tt.empty)
			var last int64
			s.request.Progress = func(n int64) { last = n }
			receipt, err := delivery.Deliver(t.Context(), s.request)
			if err != nil {
				t.Fatal(err)
			}
			s.want(onlyNew)
			want := delivery.Receipt{
				Name: name, Bytes: int64(len(newFile)), SHA256: s.request.SHA256,
				Peer: receipt.Peer, Confirmed: true, Attempts: 1,
			}
			if receipt != want || receipt.Peer.Key != s.server.HostKeys()[0] {
				t.Errorf("receipt = %+v", receipt)
			}
			if last != int64(len(newFile)) {
				t.Errorf("progress ended at %d bytes", last)
			}
			if got := s.journal.steps(); got != tt.steps {
				t.Errorf("journalled %q, want %q", got, tt.steps)
			}
			if got := s.journal.last().Peer; got != receipt.Peer {
				t.Errorf("journalled peer %+v", got)
			}
		})
	}
}

func TestDeliversToALocalFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	to := delivery.Target{Name: "share", Remote: dir.New(dir.Config{Dir: folder})}
	if _, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile)); err != nil {
		t.Fatal(err)
	}
	if got := filesOf(t, folder); !maps.Equal(got, onlyNew) {
		t.Errorf("the folder holds %v", got)
	}
}

func TestDeliversToOpenSSH(t *testing.T) {
	t.Parallel()
	for _, options := range [][]string{nil, {"-P", "posix-rename"}} {
		server := remotetest.OpenSSH(t, options...)
		to := delivery.Target{Name: "openssh", Remote: sftp.New(sftp.Config{
			Host: server.Host, Port: server.Port, User: server.User, Dir: server.Folder,
			PrivateKey: secret.Ref{File: server.KeyFile}, KnownHosts: server.KnownHosts,
		})}
		for range 2 { // the first time, and over the first
			receipt, err := delivery.Deliver(t.Context(), request(t, &journal{}, to, newFile))
			if err != nil || !receipt.Confirmed {
				t.Errorf("options %q: receipt = %+v, %v", options, receipt, err)
			}
		}
		if got := filesOf(t, server.Folder); !maps.Equal(got, onlyNew) {
			t.Errorf("options %q: the folder holds %v", options, got)
		}
	}
}

func TestWriteOnlyFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{WriteOnly: true}, false)
	receipt, err := delivery.Deliver(t.Context(), s.request)
	if err != nil {
		t.Fatal(err)
	}
	s.want(onlyNew)
	if receipt.Confirmed || receipt.PickedUp {
		t.Errorf("receipt claims to have looked: %+v", receipt)
	}
	s = newSite(t, partner.Quirks{WriteOnly: true, NoPosixRename: true}, false)
	if _, err = delivery.Deliver(t.Context(), s.request); err == nil {
		t.Error("an old file that cannot be replaced is no error")
	}
	s.want(onlyOld)
}

func TestPickedUpRightAfterTheRename(t *testing.T) {
	t.Parallel()
	inbox := t.TempDir()
	s := newSite(t, partner.Quirks{PickUp: inbox}, true)
	receipt, err := delivery.Deliver(t.Context(), s.request)
	if err != nil || !receipt.PickedUp || receipt.Confirmed {
		t.Errorf("receipt = %+v, %v; want it picked up", receipt, err)
	}
	s.want(nothing)
	if got := filesOf(t, inbox); !maps.Equal(got, onlyNew) {
		t.Errorf("the partner holds %v", got)
	}
	if s.server.Logins() != 1 {
		t.Errorf("%d logins for one upload", s.server.Logins())
	}
}

func TestFailuresLeaveTheOldFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		quirks partner.Quirks
		change func(*site)
		want   error
	}{
		{"disk full", partner.Quirks{FullAt: 100_000}, nil, remote.ErrNoSpace},
		{"rename refused", partner.Quirks{RefuseRename: true}, nil, remote.ErrPermission},
		{"server cuts during the upload", partner.Quirks{CutAt: 100_000}, nil, remote.ErrTemporary},
		{"server hangs during the upload", partner.Quirks{StallAt: 100_000}, nil, remote.ErrTemporary},
		{"host key changed", partner.Quirks{}, func(s *site) {
			s.config.HostKeys = []string{"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
			s.request.To = s.target()
		}, remote.ErrHostKey},
		{"wrong password", partner.Quirks{}, func(s *site) {
			s.config.Password = secret.Ref{File: private(s.t, []byte("wrong"))}
			s.request.To = s.target()
		}, remote.ErrAuth},
		{"missing folder", partner.Quirks{}, func(s *site) {
			s.config.Dir = "/none"
			s.request.To = s.target()
		}, delivery.ErrNoFolder},
		{"spool file shorter", partner.Quirks{}, func(s *site) { s.request.Bytes++ }, delivery.ErrSpool},
		{"spool file changed", partner.Quirks{}, func(s *site) { s.request.SHA256 = strings.Repeat("0", 64) }, delivery.ErrSpool},
		{"hostile name", partner.Quirks{}, func(s *site) { s.request.Name = "../x.csv" }, remote.ErrBadName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.quirks, false)
			if tt.change != nil {
				tt.change(s)
			}
			_, err := delivery.Deliver(t.Context(), s.request)
			if !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("the password is in the error: %v", err)
			}
			s.want(onlyOld)
			if got := s.journal.last().Step; got != "" && got != delivery.StepFailed {
				t.Errorf("journalled %q", s.journal.steps())
			}
			if errors.Is(err, remote.ErrAuth) && s.server.Refused() != 1 {
				t.Errorf("a refused password was sent %d times", s.server.Refused())
			}
		})
	}
}

func TestSpoolFileChangedWhileItIsSent(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	s.request.Progress = func(int64) {
		f, err := os.OpenFile(s.request.Path, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt([]byte("x"), int64(len(newFile)-1))
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := delivery.Deliver(t.Context(), s.request); !errors.Is(err, delivery.ErrSpool) {
		t.Errorf("error = %v, want ErrSpool", err)
	}
	s.want(onlyOld)
}

func TestCancelMidUpload(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	s := newSite(t, partner.Quirks{}, false)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	s.request.Progress = func(n int64) {
		if n > 200_000 {
			cancel(stopped)
		}
	}
	if _, err := delivery.Deliver(ctx, s.request); !errors.Is(err, stopped) {
		t.Errorf("error = %v, want the cause of the cancellation", err)
	}
	s.want(onlyOld)
	if got := s.journal.last().Step; got != delivery.StepFailed {
		t.Errorf("last step = %q", got)
	}
}

func TestJournalComesFirst(t *testing.T) {
	t.Parallel()
	for step, files := range map[delivery.Step]map[string]string{
		delivery.StepUploading: onlyOld,
		delivery.StepUploaded:  onlyOld,
		delivery.StepReplacing: onlyOld,
		delivery.StepDelivered: onlyNew,
	} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, partner.Quirks{NoPosixRename: true}, false)
			s.journal.fail = step
			if _, err := delivery.Deliver(t.Context(), s.request); err == nil {
				t.Error("a journal that fails is no error")
			}
			s.want(files)
		})
	}
}

func TestRecoverLeavesFinishedRecordsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, false)
	records := []delivery.Record{
		{Run: "r1", Name: name, Temp: name + ".r1.part", Step: delivery.StepDelivered},
		{Run: "r2", Name: name, Temp: name + ".r2.part", Step: delivery.StepFailed},
	}
	got, err := delivery.Recover(t.Context(), s.target(), s.journal, records)
	if err != nil || !slices.Equal(got, records) || s.server.Logins() != 0 {
		t.Errorf("Recover() = %+v, %v, %d logins", got, err, s.server.Logins())
	}
}

// TestKeepsWhatWasNotFetched: a delivery that is not to replace anything leaves what its reader has
// not fetched, also what came while it was uploading; the same content is no loss.
func TestKeepsWhatWasNotFetched(t *testing.T) {
	t.Parallel()
	for label, tt := range map[string]struct {
		before []byte
		during []byte
		quirks partner.Quirks
		want   string
		err    error
	}{
		"nothing there":     {want: "new"},
		"another":           {before: oldFile, want: "old", err: delivery.ErrUnfetched},
		"the same":          {before: newFile, want: "new"},
		"while it uploaded": {during: oldFile, want: "old", err: delivery.ErrUnfetched},
		"may not be asked":  {before: oldFile, quirks: partner.Quirks{WriteOnly: true}, want: "new"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.quirks, true)
			if tt.before != nil {
				s.plant(name, tt.before)
			}
			s.request.Keep = true
			s.request.Progress = func(int64) {
				if tt.during != nil {
					s.plant(name, tt.during)
				}
			}
			_, err := delivery.Deliver(t.Context(), s.request)
			if !errors.Is(err, tt.err) || tt.err == nil && err != nil {
				t.Errorf("%v, want %v", err, tt.err)
			}
			s.want(map[string]string{name: tt.want})
		})
	}
}
