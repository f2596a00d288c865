package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/web/auth"
)

// TestAHeldRunIsApprovedOnItsPage of the daemon: exactly what the page showed, once, by
// somebody who may, and on record with their note.
func TestAHeldRunIsApprovedOnItsPage(t *testing.T) {
	t.Parallel()
	w := newWrapping(t, "{min_rows: 1000}")
	held, err := w.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || held.Run.Outcome != run.Held {
		t.Fatal(held.Run.Outcome, held.Run.Reason, err)
	}
	base, path := serveConsole(t, w, auth.Approver)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	get := func(path string) (int, string) {
		t.Helper()
		return ask(t, client, http.MethodGet, base+path, nil)
	}
	if status, text := get(path); status != http.StatusOK || !strings.Contains(text, "nightly") {
		t.Fatalf("the link leads to %d\n%s", status, text)
	}
	page := "/runs/" + held.Run.ID
	_, text := get(page)
	hash := regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`).FindStringSubmatch(text)
	if hash == nil {
		t.Fatalf("the page of the run has nothing to decide:\n%s", text)
	}
	decide := func(hash string) int {
		t.Helper()
		status, _ := ask(t, client, http.MethodPost, base+page+"/decision", url.Values{"decision": {"approve"}, "hash": {hash}, "note": {"seen with the partner"}})
		return status
	}
	if status := decide(strings.Repeat("0", 64)); status != http.StatusConflict {
		t.Errorf("another file than the one that was shown: %d", status)
	}
	if status := decide(hash[1]); status != http.StatusOK {
		t.Errorf("approve: %d", status)
	}
	// The delivery goes on while the page is answered; go test ends a test that hangs.
	for range time.Tick(20 * time.Millisecond) {
		record, err := w.Inspect().Run(t.Context(), held.Run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if record.Outcome == run.Done || record.Outcome == run.Rejections {
			w.partnerReads(t, record)
			break
		}
		if record.Outcome == run.Failed {
			t.Fatal(record.Reason)
		}
	}
	if status := decide(hash[1]); status != http.StatusConflict {
		t.Errorf("a second time: %d", status)
	}
	// The page that answers an approval shows the run's names where the run has ended by then.
	acts, err := w.Acts().Latest(t.Context(), 10)
	revealed := len(acts)
	acts = slices.DeleteFunc(acts, func(a audit.Line) bool { return a.Act == "reveal" })
	revealed -= len(acts)
	if err != nil || len(acts) != 4 || revealed == 0 || acts[1].Act != "approve" || acts[1].Who != "guest" || acts[1].Note != "seen with the partner" || acts[1].Hash != hash[1] {
		t.Fatalf("on record are %d times that names were shown, and %+v, %v", revealed, acts, err)
	}
	if acts[0].Note != "approve: not held" || acts[2].Note != "approve: another plan or file" || acts[0].Act != "refused" || acts[2].Act != "refused" {
		t.Errorf("what was refused is on record as %+v and %+v", acts[0], acts[2])
	}
}

// serveConsole serves the instance, and returns its address and the path that signs in.
func serveConsole(t *testing.T, w wrapping, role auth.Role) (base, path string) {
	t.Helper()
	file := filepath.Join(w.dir, "lucca-exchange.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(w.write(t, "serve.yaml", string(text)+"web: {listen: \"127.0.0.1:0\"}\n"), app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	ctx, stop := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.Options{Config: c, Logger: slog.New(slog.DiscardHandler)}, app.Process{
			Load:   func() (*config.Config, error) { return c, nil },
			Ready:  func(address string) { up <- address },
			Guest:  &auth.Account{Name: "guest", Grants: []auth.Grant{{Role: role}}},
			Invite: func(p string) { path = p },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case address := <-up:
		return "http://" + address, path
	case err := <-ended:
		ended <- nil
		t.Fatalf("serve: %v", err)
		return "", ""
	}
}

func ask(t *testing.T, client *http.Client, method, address string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
