package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/sandbox/partner"
)

// standardConfig exports the required columns of Skillup to the partner's server.
//
//go:embed testdata/lucca-exchange.yaml
var standardConfig []byte

// worldKey finds the world of a script.
type worldKey struct{}

// world is what a script's program talks to: it lives in the test process.
type world struct {
	t   testing.TB
	ctx context.Context
	dir string

	tenant  *sandbox.Tenant
	front   *front
	ats     *flatchr.Server
	closers []func()
}

func (w *world) close() {
	for _, c := range w.closers {
		c()
	}
}

// tenantCommand, "tenant [N]", starts a Lucca tenant at $LUCCA_URL, with the small company
// and N more people. Its keys are those of keys; $LUCCA_API_KEY is the one that sees
// everything.
func (w *world) tenantCommand(ts *testscript.TestScript, args []string) error {
	more := 0
	if len(args) > 0 {
		var err error
		if more, err = strconv.Atoi(args[0]); err != nil {
			return err
		}
	}
	o := sandbox.Options{RequestsPerMinute: -1}
	for _, k := range keys() {
		o.Keys = append(o.Keys, k)
	}
	for _, c := range clients() {
		o.Clients = append(o.Clients, c)
	}
	w.tenant = sandbox.New(crowd(time.Now(), more), o)
	w.front = &front{tenant: w.tenant}
	server := httptest.NewServer(w.front)
	w.closers = append(w.closers, w.front.open, server.Close)
	ts.Setenv("LUCCA_URL", server.URL)
	return nil
}

// front lets requests through to a tenant, or holds them at its gate.
type front struct {
	mu      sync.Mutex
	tenant  *sandbox.Tenant
	gate    chan struct{}
	arrived chan struct{}
}

// ServeHTTP waits at the gate where it is shut.
func (f *front) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	// Once its body is read, a request whose client is gone ends.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	gate, arrived, tenant := f.gate, f.arrived, f.tenant
	f.mu.Unlock()
	if gate != nil {
		select {
		case arrived <- struct{}{}:
		default:
		}
		select {
		case <-gate:
		case <-r.Context().Done():
			return
		}
	}
	tenant.ServeHTTP(rw, r)
}

// become has another tenant answer from now on.
func (f *front) become(t *sandbox.Tenant) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tenant = t
}

func (f *front) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gate, f.arrived = make(chan struct{}), make(chan struct{}, 1)
}

func (f *front) open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		close(f.gate)
		f.gate = nil
	}
}

// gate, "gate shut", makes Lucca answer nothing until "gate open"; "gate await" waits
// until a request stands there.
func (w *world) gate(_ *testscript.TestScript, args []string) error {
	switch args[0] {
	case "shut":
		w.front.shut()
	case "await":
		return await(w.ctx, w.front.arrived)
	case "open":
		w.front.open()
	}
	return nil
}

// await waits for a signal, but not for ever.
func await(ctx context.Context, signal <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	select {
	case <-signal:
		return nil
	case <-ctx.Done():
		return errors.New("what was waited for did not happen")
	}
}

// fault, "fault JSON…", makes Lucca's answers go wrong; see sandbox.Fault. "fault" alone
// makes them right again.
func (w *world) fault(_ *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		w.tenant.Heal()
	}
	for _, text := range args {
		var f sandbox.Fault
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return err
		}
		if err := w.tenant.Inject(f); err != nil {
			return err
		}
	}
	return nil
}

// edit, "edit LOGIN JSON", changes an employee in Lucca. A date of -3 is three days ago.
func (w *world) edit(ts *testscript.TestScript, args []string) error {
	id := 0
	for _, u := range w.tenant.Users() {
		if u.Login == args[0] {
			id = u.ID
		}
	}
	var change map[string]any
	if err := json.Unmarshal([]byte(args[1]), &change); err != nil {
		return err
	}
	for key, value := range change {
		if days, ok := value.(float64); ok && strings.HasPrefix(key, "dt") {
			change[key] = time.Now().AddDate(0, 0, int(days)).Format(time.DateOnly)
		}
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	url := ts.Getenv("LUCCA_URL") + "/api/v3/users/" + strconv.Itoa(id)
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "lucca application="+keys()["LUCCA_API_KEY"].Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(resp.Body) // it is only shown
		return fmt.Errorf("edit %s: %s: %s", args[0], resp.Status, answer)
	}
	return nil
}

// requests, "requests N", checks how many requests Lucca has had since the last time.
func (w *world) requests(_ *testscript.TestScript, args []string) error {
	got := strconv.Itoa(w.tenant.RequestTotal())
	w.tenant.ResetRequests()
	if got != args[0] {
		return fmt.Errorf("%s requests, want %s", got, args[0])
	}
	return nil
}

// partner, "partner [QUIRKS]", starts a partner's SFTP server over the folder partner.
// QUIRKS is JSON; see partner.Quirks.
func (w *world) partner(ts *testscript.TestScript, args []string) error {
	o := partner.Options{Root: filepath.Join(w.dir, "partner"), User: "acme", Password: partnerPassword, SecondHostKey: true}
	if len(args) > 0 {
		if err := json.Unmarshal([]byte(args[0]), &o.Quirks); err != nil {
			return err
		}
		if o.PickUp != "" {
			o.PickUp = ts.MkAbs(o.PickUp)
		}
	}
	if err := os.MkdirAll(o.Root, 0o700); err != nil {
		return err
	}
	server, err := partner.Start(w.ctx, o)
	if err != nil {
		return err
	}
	w.closers = append(w.closers, func() { _ = server.Close() }) // only stopping
	host, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		return err
	}
	ts.Setenv("SFTP_HOST", host)
	ts.Setenv("SFTP_PORT", port)
	ts.Setenv("SFTP_PIN", server.HostKeys()[0])
	ts.Setenv("SFTP_OTHER_PIN", server.HostKeys()[1])
	return nil
}

// openSSH, "openssh", starts the machine's own server over the folder $SFTP_DIR, where
// $SFTP_USER logs in with the key in $SFTP_KEY.
func (w *world) openSSH(ts *testscript.TestScript, _ []string) error {
	s := remotetest.OpenSSH(w.t)
	for name, value := range map[string]string{
		"SFTP_HOST": s.Host, "SFTP_PORT": strconv.Itoa(s.Port), "SFTP_USER": s.User, "SFTP_KEY": s.KeyFile,
		"SFTP_DIR": s.Folder, "SFTP_PIN": s.HostKeys["ssh-ed25519"], "KNOWN_HOSTS": s.KnownHosts,
	} {
		ts.Setenv(name, value)
	}
	return nil
}
