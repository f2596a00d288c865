package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// registry is what the demo's configuration names.
func registry() config.Registry {
	return config.Registry{
		Transports: []config.Transport{config.NewTransport("sftp", sftp.Config{}, sftp.New)},
		Sources:    []config.Source{config.NewSource(flatchr.Source, flatchr.Config{}, flatchr.New)},
	}
}

func start(t *testing.T, dir, web string) (*demo.Demo, *config.Config) {
	t.Helper()
	d, err := demo.Start(t.Context(), demo.Options{Dir: dir, Web: web})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	c, faults := config.Load(d.Config, registry())
	if c == nil || len(faults) > 0 {
		t.Fatal(faults)
	}
	return d, c
}

// TestTheConfigurationIsRight and has a flow of each kind, whose partners, tenant and ATS are up.
func TestTheConfigurationIsRight(t *testing.T) {
	t.Parallel()
	d, c := start(t, t.TempDir(), "127.0.0.1:8484")
	for _, p := range d.Partners {
		if f := c.Flows[p.Flow]; f.Export == nil || filepath.Join(d.Dir, f.To) != p.Folder {
			t.Errorf("%s: %+v", p.Flow, f)
		}
	}
	if c.Flows[demo.Import].Import == nil || c.Flows[demo.Hires].Hires == nil || len(d.Partners) != 3 {
		t.Errorf("flows %v, partners %v", c.Flows, d.Partners)
	}
	if c.Web == nil {
		t.Error("the daemon would not listen")
	}
	for name := range c.Remotes {
		session, err := c.Remotes[name].Connect().Open(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := session.List(t.Context(), ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	o, err := lucca.Options{Config: c.Tenants[""], Logger: slog.New(slog.DiscardHandler), Version: "test"}.WithSecrets()
	if err != nil {
		t.Fatal(err)
	}
	client, err := lucca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if account, err := client.Check(t.Context(), roster.Query{}); err != nil || account.Employees == 0 {
		t.Errorf("the tenant answers %+v, %v", account, err)
	}
}

// TestADemoCanBeRepeated in its folder, whose state is that of another tenant by then; a folder
// of somebody else is left alone.
func TestADemoCanBeRepeated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, dir, "")
	old := filepath.Join(dir, "state", "exchange.db")
	if err := os.MkdirAll(filepath.Dir(old), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, c := start(t, dir, "")
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state of the earlier demo: %v", err)
	}
	if c.Web != nil {
		t.Error("a daemon would listen that nobody starts")
	}
	mine := filepath.Join(dir, "lucca-exchange.yaml")
	if err := os.WriteFile(mine, []byte("lucca: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Start(t.Context(), demo.Options{Dir: dir}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(mine); err != nil || string(b) != "lucca: {}\n" {
		t.Errorf("the configuration is %q, %v", b, err)
	}
}

// TestWhatThePayrollDrops are files with CRLF, one with good and bad rows, one of ends.
func TestWhatThePayrollDrops(t *testing.T) {
	t.Parallel()
	d, c := start(t, t.TempDir(), "")
	for _, drop := range []struct {
		write func() (string, error)
		rows  int
		has   string
	}{{d.DropMixed, 33, "31/02/"}, {d.DropSuspicious, 41, "login;dtContractEnd\r\n"}} {
		name, err := drop.write()
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := filepath.Match(c.Flows[demo.Import].Pattern, name); !ok || err != nil {
			t.Errorf("the import does not take %s", name)
		}
		b, err := os.ReadFile(filepath.Join(d.Dir, c.Flows[demo.Import].From, name))
		if err != nil || strings.Count(string(b), "\r\n") != drop.rows || !strings.Contains(string(b), drop.has) {
			t.Errorf("%s has %d rows, %v:\n%s", name, strings.Count(string(b), "\r\n"), err, b)
		}
	}
	if err := d.Recruit(); err != nil {
		t.Error(err)
	}
}

// TestServersEndWithTheDemo.
func TestServersEndWithTheDemo(t *testing.T) {
	t.Parallel()
	d, err := demo.Start(t.Context(), demo.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(d.Config, registry())
	if c == nil {
		t.Fatal(faults)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	addresses := []string{strings.TrimPrefix(c.Tenants[""].URL, "http://")}
	for _, r := range c.Remotes {
		addresses = append(addresses, r.Address)
	}
	for _, address := range addresses {
		if connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address); err == nil {
			t.Errorf("%s is still served", address)
			_ = connection.Close()
		}
	}
}

// TestASandboxIsServed until its context ends.
func TestASandboxIsServed(t *testing.T) {
	t.Parallel()
	ready, ended := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- demo.ServeTenant(ctx, demo.TenantOptions{Listen: "127.0.0.1:0", Employees: demo.MinSize}, func(url string) { ready <- url })
	}()
	select {
	case url := <-ready:
		if !strings.HasPrefix(url, "http://127.0.0.1:") {
			t.Errorf("it is at %s", url)
		}
	case err := <-ended:
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := demo.ServeTenant(t.Context(), demo.TenantOptions{Listen: "127.0.0.1:none", Employees: demo.MinSize}, nil); err == nil {
		t.Error("an address that is none was listened on")
	}
}
