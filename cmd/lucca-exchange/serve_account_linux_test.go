package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// The accounts of the tests, which need no name.
const (
	service  = 54321
	stranger = 54322
)

// TestServeBesideRoot: one `run` by root beside the service once parked its flow for ever, with a
// line of INFO. Now what root makes is the service's, what another account left there fails the
// run with the command that mends it, and a third account is told whose the state is.
func TestServeBesideRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can be another account")
		}
		t.Skip("only root can be another account")
	}
	s, home := serviceSite(t)

	s.account = 0
	if _, complaints, code := s.do(t, "run", "first"); code != 0 {
		t.Fatalf("run by root: exit code %d: %s", code, complaints)
	}
	ownedBy(t, home, service)

	// What an earlier version of the program, run by root, left there.
	lock := filepath.Join(home, "exchange.db.locks", "flow-parked")
	writeFile(t, lock, "")
	if err := os.Chmod(lock, 0o600); err != nil {
		t.Fatal(err)
	}

	s.account = service
	d := s.start(t)
	s.account = 0
	for _, args := range [][]string{{"pause", "by-root"}, {"run", "by-root"}, {"resume", "by-root"}} {
		// The run of a slot that came before the pause may still be at work.
		eventually(t, fmt.Sprintf("%v by root is done", args), func() bool {
			_, complaints, code := s.do(t, args...)
			if code != 0 && !strings.HasSuffix(strings.TrimSpace(complaints), "the flow is busy") {
				t.Fatalf("%v by root beside the service: exit code %d: %s", args, code, complaints)
			}
			return code == 0
		})
	}
	s.account = service
	byRoot := done(s.runs(t, "by-root"))
	eventually(t, "the service runs the flow that root ran", func() bool { return done(s.runs(t, "by-root")) > byRoot })

	eventually(t, "the run fails", func() bool {
		runs := s.runs(t, "parked")
		return len(runs) > 0 && runs[0].Outcome == run.Failed
	})
	reason := s.runs(t, "parked")[0].Reason
	if mend := fmt.Sprintf("run sudo chown -R %d: %s", service, lock); !strings.HasPrefix(reason, run.Unstarted) || !strings.Contains(reason, "belongs to root") || !strings.Contains(reason, mend) {
		t.Errorf("the run failed since %q", reason)
	}
	// In the log there are the same words: it once was a line of INFO.
	d.await(t, `notification\.failed.*flow=parked`)
	if code, text := get(t, "http://"+d.address+"/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "flow parked: "+run.Unstarted) {
		t.Errorf("/readyz: %d %s", code, text)
	}
	if _, text := get(t, "http://"+d.address+"/metrics"); !regexp.MustCompile(`lucca_exchange_runs_total\{flow="parked",outcome="failed"\} [1-9]`).MatchString(text) {
		t.Errorf("the run is not counted:\n%s", text)
	}
	if got := s.flows(t)["parked"]; got.Outcome != string(run.Failed) || !strings.Contains(got.Note, "nobody was told by notify[0].webhook since ") {
		t.Errorf("flows shows %+v", got)
	}
	if _, text := get(t, "http://"+d.address+"/metrics"); !regexp.MustCompile(`lucca_exchange_notification_failures\{flow="parked",target="notify\[0\].webhook"\} [1-9]`).MatchString(text) {
		t.Errorf("that nobody was told is not in the metrics:\n%s", text)
	}
	if err := os.Chown(lock, service, service); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the flow runs again", func() bool { return done(s.runs(t, "parked")) > 0 })
	eventually(t, "the service is ready again", func() bool { code, _ := get(t, "http://"+d.address+"/readyz"); return code == http.StatusOK })
	if _, text := get(t, "http://"+d.address+"/readyz"); !strings.Contains(text, "flow parked: nobody was told by notify[0].webhook since ") {
		t.Errorf("/readyz does not say that nobody was told: %s", text)
	}

	s.account = stranger
	_, complaints, code := s.do(t, "run", "first")
	if code != 1 || !strings.Contains(complaints, fmt.Sprintf("belongs to %d, and this process runs as %d: run it as %[1]d (sudo -u %[1]d lucca-exchange …)", service, stranger)) {
		t.Errorf("run by a stranger: exit code %d: %s", code, complaints)
	}
	d.stop(t)
	ownedBy(t, home, service)
}

// TestConfigurationOfTheService: whoever may not read it was told "permission denied" alone.
func TestConfigurationOfTheService(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can be another account")
		}
		t.Skip("only root can be another account")
	}
	s, _ := serviceSite(t)
	config := s.path("lucca-exchange.yaml")
	s.account = stranger
	for _, tt := range []struct {
		uid, gid int
		says     string
	}{{service, service, "54321"}, {0, 1, "daemon"}} { // the configuration of a package belongs to root and the service's group
		if err := errors.Join(os.Chown(config, tt.uid, tt.gid), os.Chmod(config, 0o640)); err != nil {
			t.Fatal(err)
		}
		for command, want := range map[string]int{"flows": 2, "check": 2, "serve": 78} {
			out, complaints, code := s.do(t, command)
			if says := fmt.Sprintf("permission denied: this process runs as %d: run it as the account of the service (sudo -u %s lucca-exchange …)", stranger, tt.says); code != want || !strings.Contains(out+complaints, says) {
				t.Errorf("%s: exit code %d: %s%s", command, code, out, complaints)
			}
		}
	}
}

// serviceSite is an installation whose folder belongs to the account of the service, and its
// folder of state and spool.
func serviceSite(t *testing.T) (*site, string) {
	t.Helper()
	_, lucca := gated(t, company(time.Now()))
	_, head := skillup(t, lucca)
	// Other accounts must get there, which the folders of t.TempDir do not let them.
	dir, err := os.MkdirTemp("", "lucca-exchange-accounts-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	home := filepath.Join(dir, "home")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "lucca-exchange")
	copyProgram(t, own, program)
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Chmod(dir, 0o755), os.Chown(home, service, service)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	lines := map[string]string{"first": leapDay, "by-root": "@every 1s", "parked": "@every 1s"}
	s := &site{dir: dir, program: program, env: []string{"HOOK_URL=http://127.0.0.1:1/"}, state: "sqlite:" + filepath.Join(home, "exchange.db")}
	s.configure(t, "state: sqlite:./home/exchange.db\nspool: ./home/spool\nweb: {listen: 127.0.0.1:0}\nnotify: [{webhook: {url: {env: HOOK_URL}}, on: [failed]}]\n"+head+exports(lines))
	if err := os.Chmod(s.path("lucca-exchange.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	return s, home
}

// copyProgram makes a program that every account can run.
func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// ownedBy checks whose everything in a folder is.
func ownedBy(t *testing.T, folder string, uid uint32) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != uid || owner.Gid != uid {
			t.Errorf("%s belongs to %d:%d", path, owner.Uid, owner.Gid)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
