package pickup_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
)

const flow = "payroll-users"

// journal keeps what a store would, for any number of runs at once.
type journal struct {
	mu      sync.Mutex
	records map[key]pickup.Record
	applied map[string]string
	steps   []pickup.Step
	// calls counts; the fail-th one fails, and all after it where forGood says so. after:
	// it is carried out first.
	calls, fail    int
	forGood, after bool
	// before is the step before which the process ends.
	before pickup.Step
}

type key struct {
	flow, remote, name string
	size               int64
	modTime            time.Time
}

func keyOf(r pickup.Record) key { return key{r.Flow, r.Remote, r.Name, r.Size, r.ModTime} }

var errLedger = errors.New("store gone")

// strike runs op and fails when it is its turn.
func (j *journal) strike(op func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.records == nil {
		j.records, j.applied = map[key]pickup.Record{}, map[string]string{}
	}
	j.calls++
	fails := j.fail > 0 && (j.calls == j.fail || j.forGood && j.calls > j.fail)
	if !fails || j.after {
		op()
	}
	if fails {
		return errLedger
	}
	return nil
}

func (j *journal) Claim(_ context.Context, r pickup.Record) (ok bool, err error) {
	err = j.strike(func() {
		old, there := j.records[keyOf(r)]
		ok = !there || old.Step == pickup.StepReleased || old.Step == pickup.StepSettled && (old.Place != "" || r.SHA256 != "" && r.SHA256 != old.SHA256)
		if r.SHA256 = ""; ok {
			j.records[keyOf(r)] = r
			j.steps = append(j.steps, r.Step)
		}
	})
	return ok && err == nil, err
}

func (j *journal) Save(_ context.Context, r pickup.Record) error {
	if j.before == r.Step {
		panic(errLedger)
	}
	return j.strike(func() {
		j.records[keyOf(r)] = r
		j.steps = append(j.steps, r.Step)
	})
}

func (j *journal) Unfinished(_ context.Context, flow string) (all []pickup.Record, err error) {
	err = j.strike(func() {
		for _, r := range j.records {
			if r.Flow == flow && r.Step != pickup.StepSettled && r.Step != pickup.StepReleased {
				all = append(all, r)
			}
		}
	})
	return all, err
}

func (j *journal) Settled(_ context.Context, flow, remote, name string, size int64, modTime time.Time) (sum string, yes bool, err error) {
	err = j.strike(func() {
		r := j.records[key{flow, remote, name, size, modTime}]
		sum, yes = r.SHA256, r.Step == pickup.StepSettled && r.Place == ""
	})
	return sum, yes, err
}

func (j *journal) Seen(_ context.Context, _, sha256 string) (run string, ok bool, err error) {
	err = j.strike(func() { run, ok = j.applied[sha256] })
	return run, ok, err
}

// apply is what a run does with a file between Take and Settle.
func (j *journal) apply(run, sum string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.applied[sum] = run
}

// heal ends all failures.
func (j *journal) heal() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail, j.before = 0, ""
}

// site is a folder that files are taken from.
type site struct {
	t       *testing.T
	folder  string
	from    pickup.Source
	journal *journal
	spool   string
	runs    int
}

func newSite(t *testing.T) *site {
	t.Helper()
	folder := t.TempDir()
	return siteOf(t, folder, dir.New(dir.Config{Dir: folder}))
}

func siteOf(t *testing.T, folder string, r remote.Remote) *site {
	local := t.TempDir()
	return &site{
		t: t, folder: folder, journal: &journal{}, spool: local,
		from: pickup.Source{
			Name: "payroll", Remote: r, Pattern: "users*.csv",
			Options: pickup.Options{Settle: time.Millisecond}, RetryWait: time.Millisecond,
			Local: pickup.Local{
				Content: func(run, _ string) string { return filepath.Join(local, run+".csv") },
				Kept:    filepath.Join(local, "kept"),
			},
		},
	}
}

// plant writes a file that is an hour older than the last one.
func (s *site) plant(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		s.t.Fatal(err)
	}
	// A server that is another user may move and read it.
	if err := os.Chmod(path, 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// age sets the time of a file.
func (s *site) age(name string, at time.Time) {
	s.t.Helper()
	if err := os.Chtimes(filepath.Join(s.folder, name), at, at); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) look() pickup.Found {
	s.t.Helper()
	found, err := pickup.Look(s.t.Context(), s.from, s.journal, flow)
	if err != nil {
		s.t.Fatalf("look: %v", err)
	}
	return found
}

func (s *site) request(file remote.Entry) pickup.Request {
	s.runs++
	run := "r" + string(rune('0'+s.runs))
	return pickup.Request{
		From: s.from, Journal: s.journal, Run: run, Flow: flow, File: file,
		Path: filepath.Join(s.spool, run+".csv"),
	}
}

// take takes the first file that a look finds.
func (s *site) take() *pickup.Taken {
	s.t.Helper()
	found := s.look()
	if len(found.Files) == 0 {
		s.t.Fatalf("found no file, but %+v", found.Skipped)
	}
	taken, err := pickup.Take(s.t.Context(), s.request(found.Files[0]))
	if err != nil {
		s.t.Fatalf("take: %v", err)
	}
	return taken
}

func (s *site) settle(taken *pickup.Taken, outcome pickup.Outcome, attachments ...pickup.Attachment) pickup.Settled {
	s.t.Helper()
	settled, err := taken.Settle(s.t.Context(), outcome, attachments)
	if err != nil {
		s.t.Fatalf("settle: %v", err)
	}
	return settled
}

// want compares all files below the folder with paths and contents.
func (s *site) want(files map[string]string) {
	s.t.Helper()
	if got := filesOf(s.t, s.folder); !maps.Equal(got, files) {
		s.t.Errorf("the folder holds %q, want %q", got, files)
	}
}

func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		got[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (s *site) attachment(suffix, content string) pickup.Attachment {
	s.t.Helper()
	path := filepath.Join(s.spool, "attachment"+suffix)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return pickup.Attachment{Suffix: suffix, Path: path}
}

func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestTakesAFileOnceAndReportsBesideIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users_1.csv", "one")
	taken := s.take()
	if taken.Name != "users_1.csv" || taken.Bytes != 3 || taken.SHA256 != hash("one") || taken.Duplicate != "" || taken.Warning != nil {
		t.Errorf("taken = %+v", taken)
	}
	if got, err := os.ReadFile(taken.Path); err != nil || string(got) != "one" {
		t.Errorf("the spool holds %q, %v", got, err)
	}
	if info, err := os.Stat(taken.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the spool file is %v, %v", info.Mode(), err)
	}
	s.want(map[string]string{"in-progress/users_1.r1.csv": "one"})
	if found := s.look(); len(found.Files) != 0 {
		t.Errorf("found again: %+v", found.Files)
	}
	settled := s.settle(taken, pickup.Processed, s.attachment(pickup.ReportSuffix, "report"), s.attachment(pickup.RejectedSuffix, "rejected"))
	if settled.Place != "processed/users_1.csv" || settled.Warning != nil || len(settled.Attached) != 2 {
		t.Errorf("settled = %+v", settled)
	}
	s.want(map[string]string{
		"processed/users_1.csv": "one", "processed/users_1.csv.report.csv": "report", "processed/users_1.csv.rejected.csv": "rejected",
	})
	if got := strings.Trim(strings.Join(stepsOf(s.journal), " "), " "); got != "claimed moved fetched settled" {
		t.Errorf("journalled %q", got)
	}
}

func stepsOf(j *journal) (steps []string) {
	for _, step := range j.steps {
		steps = append(steps, string(step))
	}
	return steps
}

// TestTheSameNameEveryDay: new content under an old name is a new file, old content under
// any name is not.
func TestTheSameNameEveryDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for day, content := range []string{"one", "two"} {
		s.plant("users.csv", content)
		taken := s.take()
		if taken.Duplicate != "" {
			t.Errorf("day %d is a duplicate of %q", day, taken.Duplicate)
		}
		s.journal.apply("r"+string(rune('1'+day)), taken.SHA256)
		s.settle(taken, pickup.Processed)
	}
	s.want(map[string]string{"processed/users.csv": "one", "processed/users.r2.csv": "two"})
	s.plant("users_copy.csv", "one")
	taken := s.take()
	if taken.Duplicate != "r1" {
		t.Errorf("old content under a new name is a duplicate of %q, want r1", taken.Duplicate)
	}
}

// TestAFailedFileMayComeBackAsItIs: somebody moves it out of failed/, with its old time.
func TestAFailedFileMayComeBackAsItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	s.settle(s.take(), pickup.Failed)
	s.want(map[string]string{"failed/users.csv": "one"})
	if err := os.Rename(filepath.Join(s.folder, "failed/users.csv"), filepath.Join(s.folder, "users.csv")); err != nil {
		t.Fatal(err)
	}
	if taken := s.take(); taken.Duplicate != "" {
		t.Errorf("taken = %+v", taken)
	}
}

// TestInPlace: the journal alone knows, and nothing is ever written.
func TestInPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.from.Options.Keep = true
	s.plant("users.csv", "one")
	taken := s.take()
	if taken.Place != "" || taken.SHA256 != hash("one") {
		t.Errorf("taken = %+v", taken)
	}
	s.journal.apply("r1", taken.SHA256)
	s.settle(taken, pickup.Processed, s.attachment(pickup.ReportSuffix, "report"))
	s.want(map[string]string{"users.csv": "one"})
	if found := s.look(); len(found.Files) != 0 || len(found.Skipped) != 1 || found.Skipped[0].Reason != pickup.Done {
		t.Errorf("found %+v", found)
	}
	// Touched only.
	s.age("users.csv", time.Now().Add(-time.Hour))
	if taken = s.take(); taken.Duplicate != "r1" {
		t.Errorf("a file that was touched is a duplicate of %q, want r1", taken.Duplicate)
	}
	s.settle(taken, pickup.Processed)
	if found := s.look(); len(found.Files) != 0 {
		t.Errorf("found %+v", found.Files)
	}
	s.plant("users.csv", "two")
	if taken = s.take(); taken.Duplicate != "" || taken.SHA256 != hash("two") {
		t.Errorf("new content: taken = %+v", taken)
	}
	s.settle(taken, pickup.Processed)
	// Other bytes of the same length, with the time of those before.
	at := time.Now().Add(-2 * time.Hour)
	s.age("users.csv", at)
	s.settle(s.take(), pickup.Processed)
	s.plant("users.csv", "six")
	s.age("users.csv", at)
	if taken = s.take(); taken.SHA256 != hash("six") {
		t.Errorf("replaced: taken = %+v", taken)
	}
	s.settle(taken, pickup.Processed)
	if found := s.look(); len(found.Files) != 0 {
		t.Errorf("found %+v", found.Files)
	}
}

// TestHeldUntilTheNextProcess settles a file from the journal alone.
func TestHeldUntilTheNextProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	s.take()
	s.plant("users.csv", "two")
	left, err := pickup.Recover(t.Context(), s.from, s.journal, flow)
	if err != nil || len(left.Fetched) != 1 || len(left.Released) != 0 {
		t.Fatalf("recovered %+v, %v", left, err)
	}
	settled := s.settle(pickup.Resume(s.from, s.journal, left.Fetched[0]), pickup.Processed)
	if settled.Place != "processed/users.csv" {
		t.Errorf("settled = %+v", settled)
	}
	s.want(map[string]string{"processed/users.csv": "one", "users.csv": "two"})
}

func TestGivenBackUnderItsNameOrAside(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	if err := s.take().GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.want(map[string]string{"users.csv": "one"})
	taken := s.take()
	s.plant("users.csv", "newer")
	if err := taken.GiveBack(t.Context()); !errors.Is(err, pickup.ErrNewer) {
		t.Errorf("give back: %v", err)
	}
	s.want(map[string]string{"users.csv": "newer", "failed/users.csv": "one"})
	if taken := s.take(); taken.SHA256 != hash("newer") {
		t.Errorf("taken = %+v", taken)
	}
}

func TestOldestFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i, name := range []string{"users_c.csv", "users_a.csv", "users_b.csv"} {
		s.plant(name, name)
		s.age(name, time.Date(2026, 11, 22, i/2, 0, 0, 0, time.UTC))
	}
	var names []string
	for _, f := range s.look().Files {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "users_a.csv users_c.csv users_b.csv" {
		t.Errorf("found %q", got)
	}
}

// TestSettlingGoesOnWhereItStopped: the file was moved, and the store did not hear of it.
func TestSettlingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	taken := s.take()
	s.journal.fail, s.journal.forGood = s.journal.calls+1, true
	if _, err := taken.Settle(t.Context(), pickup.Failed, nil); !errors.Is(err, errLedger) {
		t.Errorf("settle without the store: %v", err)
	}
	s.journal.heal()
	left, err := pickup.Recover(t.Context(), s.from, s.journal, flow)
	if err != nil || len(left.Fetched) != 1 {
		t.Fatalf("recovered %+v, %v", left, err)
	}
	for _, again := range []*pickup.Taken{pickup.Resume(s.from, s.journal, left.Fetched[0]), taken} {
		if settled := s.settle(again, pickup.Failed, s.attachment(pickup.ReportSuffix, "report")); settled.Place != "failed/users.csv" || settled.Warning != nil {
			t.Errorf("settled = %+v", settled)
		}
	}
	s.want(map[string]string{"failed/users.csv": "one", "failed/users.csv.report.csv": "report"})
}
