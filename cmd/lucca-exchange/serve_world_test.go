package main

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state"
)

// site is an installation of the program that runs as a daemon.
type site struct {
	dir string
	env []string
	// program is this test program's own main unless it is another one.
	program string
	// state is that of the configuration unless it is the usual file.
	state string
	// account is who runs commands, by number; 0 is whoever runs the tests.
	account uint32
}

// newSite makes one with a configuration.
func newSite(t testing.TB, config string) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	s.configure(t, config)
	return s
}

func (s *site) configure(t testing.TB, config string) {
	t.Helper()
	writeFile(t, filepath.Join(s.dir, "lucca-exchange.yaml"), config)
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) command(t testing.TB, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), cmp.Or(s.program, "lucca-exchange"), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LUCCA_API_KEY="+keys()["LUCCA_API_KEY"].Secret, "SFTP_PASSWORD="+partnerPassword, "LUCCA_EXCHANGE_CONFIG=")
	cmd.Env = append(cmd.Env, s.env...)
	if s.account != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.account, Gid: s.account}}
	}
	return cmd
}

// do runs a command to its end, and returns its standard output and error, and exit code.
func (s *site) do(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := s.command(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), complaints.String(), cmd.ProcessState.ExitCode()
}

// runs lists all runs, or those of one flow, the oldest first. It reads the state itself:
// tests wait by it, and a process for each look would be all that the machine does.
func (s *site) runs(t testing.TB, flow ...string) []state.Record {
	t.Helper()
	l, err := state.OpenReadOnly(t.Context(), cmp.Or(s.state, "sqlite:"+s.path("state/exchange.db")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	runs, err := l.History().Runs(t.Context(), state.Filter{Flow: strings.Join(flow, ""), Limit: 100_000})
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(runs)
	return runs
}

// flowState is what flows --json says of a flow.
type flowState struct {
	Flow, Outcome, Run, Running, Note string
	Missed                            int
	Waiting                           []string
	Overdue, Next                     time.Time
}

func (s *site) flows(t testing.TB) map[string]flowState {
	t.Helper()
	out, complaints, code := s.do(t, "flows", "--json")
	if code != 0 {
		t.Fatalf("flows: exit code %d: %s", code, complaints)
	}
	var list []flowState
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	states := map[string]flowState{}
	for _, f := range list {
		states[f.Flow] = f
	}
	return states
}

// daemon is a running serve.
type daemon struct {
	cmd   *exec.Cmd
	said  *speech
	ended chan struct{}
	// address is that of its web server; empty where there is none.
	address string
}

// start starts a daemon and waits until it is ready.
func (s *site) start(t testing.TB) *daemon {
	t.Helper()
	d := s.launch(t)
	d.await(t, `: ready, `)
	if found := regexp.MustCompile(`listening on (\S+)`).FindStringSubmatch(d.said.String()); found != nil {
		d.address = found[1]
	}
	return d
}

// launch starts one that may not get so far.
func (s *site) launch(t testing.TB) *daemon {
	t.Helper()
	d := &daemon{cmd: s.command(t, "serve"), said: &speech{}, ended: make(chan struct{})}
	d.cmd.Stdout, d.cmd.Stderr = d.said, d.said
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // its code is looked at by whoever expects one
	}()
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("the daemon said:\n%s", d.said)
		}
	})
	return d
}

// await waits until the daemon has said something.
func (d *daemon) await(t testing.TB, pattern string) {
	t.Helper()
	said := regexp.MustCompile(pattern)
	eventually(t, "the daemon says "+pattern, func() bool {
		select {
		case <-d.ended:
			if !said.MatchString(d.said.String()) {
				t.Fatalf("the daemon ended before it said %s", pattern)
			}
		default:
		}
		return said.MatchString(d.said.String())
	})
}

func (d *daemon) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// kill ends it with SIGKILL, unless it has ended.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill() // it may have ended
	<-d.ended
}

// wait waits for the end and returns the exit code, -1 after a signal.
func (d *daemon) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-d.ended:
	case <-time.After(patience):
		t.Fatal("the daemon does not end")
	}
	return d.cmd.ProcessState.ExitCode()
}

// stop ends it in order.
func (d *daemon) stop(t testing.TB) {
	t.Helper()
	d.signal(t, syscall.SIGTERM)
	if code := d.wait(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

// speech is what a process has said so far.
type speech struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *speech) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *speech) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// patience is how long anything is waited for: only what hangs takes as long, also where twenty
// others want the processor.
const patience = 10 * time.Minute

// eventually waits until something is so, but not for ever.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for tick := time.Tick(100 * time.Millisecond); !so(); {
		select {
		case <-deadline:
			t.Fatalf("it does not become so: %s", what)
		case <-tick:
		}
	}
}

// sql changes the state of a site whose program does not run.
func (s *site) sql(t testing.TB, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path("state/exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// gated starts a Lucca tenant with a gate.
func gated(t testing.TB, c *sandbox.Company) (*front, string) {
	t.Helper()
	f := &front{tenant: sandbox.New(c, sandbox.Options{Keys: []sandbox.Key{keys()["LUCCA_API_KEY"]}, RequestsPerMinute: -1})}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Cleanup(f.open)
	return f, server.URL
}

// stands waits until a request stands at the gate.
func (f *front) stands(t testing.TB) {
	t.Helper()
	if err := await(t.Context(), f.arrived); err != nil {
		t.Fatal(err)
	}
}

// skillup starts a partner's server, and returns it with the lines of a configuration up
// to its flows.
func skillup(t *testing.T, lucca string) (in inbox, head string) {
	t.Helper()
	in = embedded(t, partner.Quirks{})
	return in, in.head(t, lucca, in.addr)
}

// head is the lines of a configuration up to its flows.
func (in inbox) head(t testing.TB, lucca, addr string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}
remotes: {skillup: {type: sftp, host: %s, port: %s, %s, host_keys: ["%s"], dir: /}}
`, lucca, host, port, in.login, strings.Join(in.pins, `", "`))
}

// exports are flows of which each slot has a file of its own.
func exports(lines map[string]string) string {
	text := "flows:\n"
	for name, line := range lines {
		text += fmt.Sprintf("  %s: {export: {profile: skillup}, to: skillup, file: \"{flow}_{date}{time}.csv\", schedule: %q, timezone: UTC}\n", name, line)
	}
	return text
}

// leapDay is a line that is not due while tests run.
const leapDay = "0 0 29 2 *"

// slotFile is the name of a slot's file.
func slotFile(flow string, slot time.Time) string {
	return flow + "_" + slot.UTC().Format("20060102150405") + ".csv"
}

// names are those of the files in a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// done counts the runs of a flow that ended well.
func done(runs []state.Record) (n int) {
	for _, r := range runs {
		if r.Outcome == run.Done {
			n++
		}
	}
	return n
}

// checkOncePerSlot checks what a daemon promises of flows that exports made: no slot is
// left out of the queue's table, each that was queued has one run that is done, with one
// file at the partner, and there is nothing else.
func checkOncePerSlot(t *testing.T, dsn, root string, lines map[string]string, runs []state.Record) {
	t.Helper()
	byID := map[string]state.Record{}
	for _, r := range runs {
		byID[r.ID] = r
	}
	store, err := state.OpenReadOnly(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	var want []string
	for name, line := range lines {
		due, err := schedule.Parse(line, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		slots, err := store.Jobs().Slots(t.Context(), name, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for i, slot := range slots {
			if i > 0 && !due.Next(slot.At).Equal(slots[i-1].At) {
				t.Errorf("flow %s has no slot between %v and %v", name, slot.At, slots[i-1].At)
			}
			if slot.State != state.Queued {
				continue
			}
			record, there := byID[slot.Run]
			if !there || record.Outcome != run.Done || !record.Slot.Equal(slot.At) {
				t.Errorf("slot %v of flow %s has the run %q (known: %v), outcome %q, reason %q, slot %v", slot.At, name, slot.Run, there, record.Outcome, record.Reason, record.Slot)
			}
			delete(byID, slot.Run)
			want = append(want, slotFile(name, slot.At))
		}
	}
	for id, r := range byID {
		t.Errorf("run %s of flow %s has no slot: %v", id, r.Flow, r.Slot)
	}
	slices.Sort(want)
	if got := names(t, root); !slices.Equal(got, want) {
		t.Errorf("the partner has the files %v, want %v", got, want)
	}
}
