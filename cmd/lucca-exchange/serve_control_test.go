package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

const webOnAnyPort = "web: {listen: \"127.0.0.1:0\"}\n"

// TestServeIsAloneOnSQLite starts a second daemon on the same state: it says whose the state
// is, and was never ready.
func TestServeIsAloneOnSQLite(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, webOnAnyPort+head+exports(map[string]string{"often": leapDay}))
	d := s.start(t)
	s.env = []string{"NOTIFY_SOCKET=" + s.path("none")}
	out, complaints, code := s.do(t, "serve")
	want := fmt.Sprintf("process %d: another lucca-exchange serve uses this state", d.cmd.Process.Pid)
	if code != 1 || !strings.Contains(complaints, want) || strings.Contains(out+complaints, "ready") {
		t.Errorf("exit code %d, want 1; it says %q", code, complaints)
	}
	d.stop(t)
	// The state is free again.
	s.env = nil
	s.start(t).stop(t)
}

// TestServeReloads sends SIGHUP: a good configuration is taken up, one with a fault or with
// another state is not, and the old one stays in use.
func TestServeReloads(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, head+exports(map[string]string{"old": leapDay}))
	d := s.start(t)

	s.configure(t, head+exports(map[string]string{"old": leapDay, "new": "@every 1s"}))
	d.signal(t, syscall.SIGHUP)
	eventually(t, "the new flow runs", func() bool { return done(s.runs(t)) >= 2 })

	for _, wrong := range []struct{ config, says string }{
		{head + "flows: {new: {export: {profil: skillup}}}\n", `config\.refused.*the old configuration stays in use.*profil`},
		{"state: sqlite:./other.db\n" + head + exports(map[string]string{"new": "@every 1s"}), `config\.refused.*state and spool cannot change while the daemon runs: restart it`},
	} {
		s.configure(t, wrong.config)
		d.signal(t, syscall.SIGHUP)
		d.await(t, wrong.says)
	}
	s.configure(t, head+exports(map[string]string{"old": leapDay, "new": "@every 1s"}))
	n := done(s.runs(t, "new"))
	eventually(t, "the new flow runs still", func() bool { return done(s.runs(t, "new")) >= n+2 })
	d.stop(t)
	for _, r := range s.runs(t) {
		// One that the stop put back into the queue has no outcome yet.
		if r.Flow != "new" || r.Outcome != run.Done && r.Outcome != "" {
			t.Errorf("flow %s ended %q, %q", r.Flow, r.Outcome, r.Reason)
		}
	}
}

// TestCommandsBesideServe uses the state of a running daemon.
func TestCommandsBesideServe(t *testing.T) {
	t.Parallel()
	front, lucca := gated(t, company(time.Now()))
	in, head := skillup(t, lucca)
	s := newSite(t, head+exports(map[string]string{"often": "@every 1s"})+`
  strict: {export: {profile: skillup, limits: {min_rows: 1000}}, to: skillup, file: strict.csv}
  slow: {export: {profile: skillup}, to: skillup, file: slow.csv}
`)
	d := s.start(t)
	eventually(t, "the daemon works", func() bool { return done(s.runs(t, "often")) >= 1 })
	if out, complaints, code := s.do(t, "run", "strict"); code != 4 {
		t.Fatalf("exit code %d, want 4: %s%s", code, out, complaints)
	}
	held := s.runs(t, "strict")[0]
	if out, complaints, code := s.do(t, "runs", "--flow", "strict"); code != 0 || !strings.Contains(out, held.ID) {
		t.Errorf("runs: exit code %d: %s%s", code, out, complaints)
	}
	if note := s.flows(t)["strict"].Note; !strings.Contains(note, held.ID+" waits for approval") {
		t.Errorf("flows says %q", note)
	}
	if out, complaints, code := s.do(t, "approve", held.ID); code != 0 {
		t.Errorf("exit code %d, want 0: %s%s", code, out, complaints)
	}
	if got := strings.Join(names(t, in.root), " "); !strings.Contains(got, "strict.csv") {
		t.Errorf("the partner has %s", got)
	}

	// One of the daemon's own runs, and one of another process.
	front.shut()
	front.stands(t)
	slow := s.command(t, "run", "slow")
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	for _, flow := range []string{"often", "slow"} {
		var id string
		eventually(t, flow+" is at work", func() bool { id = s.flows(t)[flow].Running; return id != "" && len(s.runs(t, flow)) > 0 })
		if _, complaints, code := s.do(t, "cancel", id); code != 0 {
			t.Errorf("cancel: exit code %d: %s", code, complaints)
		}
		eventually(t, "the run is canceled", func() bool {
			for _, r := range s.runs(t, flow) {
				if r.ID == id && r.Outcome == run.Canceled && r.Reason == "canceled on request" {
					return true
				}
			}
			return false
		})
		if _, complaints, code := s.do(t, "cancel", id); code != 2 || !strings.Contains(complaints, `has ended: its outcome is "canceled"`) {
			t.Errorf("a second cancel: exit code %d: %s", code, complaints)
		}
	}
	if err := slow.Wait(); slow.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("the run that was canceled: %v", err)
	}
	front.open()
	n := done(s.runs(t, "often"))
	eventually(t, "the flow goes on after the cancellation", func() bool { return done(s.runs(t, "often")) > n })
	d.stop(t)
}

// TestServeIsAsked asks a daemon how it is.
func TestServeIsAsked(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, webOnAnyPort+head+exports(map[string]string{"often": "@every 1s"}))
	d := s.start(t)
	eventually(t, "a run is done", func() bool { return done(s.runs(t)) >= 1 })
	if out, complaints, code := s.do(t, "health", "--url", "http://"+d.address); code != 0 || out != "ready\n" {
		t.Errorf("health: exit code %d: %s%s", code, out, complaints)
	}
	for path, want := range map[string][]string{
		"/healthz": {"ok"},
		"/readyz":  {"ready"},
		"/metrics": {
			`lucca_exchange_runs_total{flow="often",outcome="done"} `, `lucca_exchange_runs_total{flow="often",outcome="failed"} 0`,
			`lucca_exchange_next_slot_timestamp_seconds{flow="often"}`, "lucca_exchange_state_up 1", `lucca_exchange_last_run_timestamp_seconds{flow="often",outcome="done"}`,
		},
	} {
		status, text := get(t, "http://"+d.address+path)
		for _, line := range want {
			if status != http.StatusOK || !strings.Contains(text, line) {
				t.Errorf("%s answers %d without %s:\n%s", path, status, line, text)
			}
		}
	}
	d.stop(t)
	if _, complaints, code := s.do(t, "health", "--url", "http://"+d.address); code != 1 || !strings.Contains(complaints, "connection refused") {
		t.Errorf("health after the end: exit code %d: %s", code, complaints)
	}
}

func get(t *testing.T, url string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestServeTellsSystemd listens where systemd would.
func TestServeTellsSystemd(t *testing.T) {
	t.Parallel()
	// A path of a socket is short.
	dir, err := os.MkdirTemp("", "lx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	socket := filepath.Join(dir, "notify")
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // only stopping
	told := make(chan string, 1000)
	go func() {
		defer close(told)
		b := make([]byte, 4096)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			told <- string(b[:n])
		}
	}()
	next := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for {
			select {
			case got := <-told:
				switch got {
				case want:
					return
				case "WATCHDOG=1": // it comes at any time
				default:
					t.Errorf("systemd is told %q, want %q", got, want)
				}
			case <-ctx.Done():
				t.Fatalf("systemd is not told %q", want)
			}
		}
	}
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, head+exports(map[string]string{"often": leapDay}))
	s.env = []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=300000"}
	d := s.launch(t)
	next("READY=1")
	next("WATCHDOG=1")
	next("WATCHDOG=1")
	d.signal(t, syscall.SIGHUP)
	next("RELOADING=1")
	next("READY=1")
	d.signal(t, syscall.SIGTERM)
	next("STOPPING=1")
	if code := d.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
