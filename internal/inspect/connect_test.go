package inspect_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/sandbox"
	flatchrbox "lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/sandbox/partner"
)

// TestProbeOfARemote tries remotes as their flows would use them.
func TestProbeOfARemote(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		quirks partner.Quirks
		keys   string
		ok     bool
		says   string
	}{
		{"as usual", partner.Quirks{}, "", true, `entries in the folder: 1; a file was written, renamed and removed; it says "keep out"`},
		{"own suffix", partner.Quirks{}, "temp_suffix: .tmp", true, "a file was written, renamed and removed"},
		{"rename refused", partner.Quirks{RefuseRename: true}, "", false, "rename"},
		{"in place", partner.Quirks{RefuseRename: true}, "in_place: true", true, "a file was written and removed"},
		{"write-only", partner.Quirks{WriteOnly: true}, "write_only: true", true, "not tried any further"},
		{"missing folder", partner.Quirks{}, "dir: /none", false, "no such folder"},
		{"folder to be made", partner.Quirks{}, "dir: /none, create_dir: true", true, "the first delivery creates it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, folder := probed(t, tt.quirks, tt.keys)
			probes := prober(c).Connect(t.Context())
			i := slices.IndexFunc(probes, func(p inspect.Probe) bool { return p.Name == "partner" })
			p := probes[i]
			if p.OK != tt.ok || !strings.Contains(p.Message, tt.says) {
				t.Errorf("probe = %+v, want %t and %q", p, tt.ok, tt.says)
			}
			if tt.name == "as usual" && (p.Banner != "keep out" || !strings.Contains(p.Protocol, "ssh-ed25519, ") || !strings.HasPrefix(p.Key, "SHA256:")) {
				t.Errorf("probe = %+v", p)
			}
			left, err := os.ReadDir(folder)
			if err != nil || len(left) != 1 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

// probed starts a partner with one file and configures it as a remote that a flow writes to.
func probed(t *testing.T, quirks partner.Quirks, keys string) (c *config.Config, folder string) {
	t.Helper()
	folder, dir := t.TempDir(), t.TempDir()
	for _, file := range []string{filepath.Join(folder, "users.csv"), filepath.Join(dir, "secret")} {
		if err := os.WriteFile(file, []byte("canary-2c1e"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server, err := partner.Start(t.Context(), partner.Options{Root: folder, User: "acme", Password: "canary-2c1e", Banner: "keep out\r\n", Quirks: quirks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	host, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(keys, "dir: ") {
		keys = strings.Trim("dir: /, "+keys, ", ")
	}
	file := filepath.Join(dir, "lucca-exchange.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, `
lucca: {url: %q, api_key: {file: ./secret}}
remotes:
  partner: {type: sftp, host: %q, port: %s, user: acme, password: {file: ./secret}, host_keys: [%q], %s}
flows:
  f: {export: {profile: skillup}, to: partner, file: a.csv}
`, tenantOf(t), host, port, server.HostKeys()[0], keys), 0o600); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(file, registry())
	if c == nil {
		t.Fatal(faults)
	}
	return c, folder
}

// prober tries what a configuration names.
func prober(c *config.Config) inspect.Prober {
	return inspect.Prober{
		Config: c,
		Lucca: func(tenant string) (inspect.Lucca, error) {
			o, err := lucca.Options{Config: c.Tenants[tenant], Logger: slog.New(slog.DiscardHandler), Version: "test"}.WithSecrets()
			if err != nil {
				return nil, err
			}
			return lucca.New(o)
		},
		Endings:  func(string) []lucca.Ending { return []lucca.Ending{{Path: "/api/v3/users"}} },
		Sentence: error.Error,
		Sources:  c.HireSources("test", slog.New(slog.DiscardHandler)),
	}
}

// tenantOf serves a tenant with an invented company.
func tenantOf(t *testing.T, keys ...sandbox.Key) (url string) {
	t.Helper()
	server := httptest.NewServer(sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{Keys: keys, RequestsPerMinute: -1}))
	t.Cleanup(server.Close)
	return server.URL
}

func probeOf(t *testing.T, list []inspect.Probe, name string) inspect.Probe {
	t.Helper()
	i := slices.IndexFunc(list, func(p inspect.Probe) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("nothing is said of %q: %+v", name, list)
	}
	return list[i]
}

// TestProbeOfATenant says how many employees there are, what may be written, and what the
// configuration can name; defaults are looked up one by one.
func TestProbeOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenantOf(t, sandbox.Key{Secret: key}))
	probes := prober(w.Config).Connect(t.Context())
	p := probeOf(t, probes, "lucca")
	if !p.OK || !strings.Contains(p.Message, "employees, and all that the flows read; may create and modify employees") {
		t.Errorf("lucca: %+v", p)
	}
	if p.Facts == nil || len(p.Facts.Establishments) == 0 || len(p.Routes) == 0 {
		t.Errorf("facts %+v, routes %+v", p.Facts, p.Routes)
	}
	if !slices.ContainsFunc(p.Warnings, func(s string) bool { return strings.HasPrefix(s, "Lucca announces that ") }) {
		t.Errorf("warnings %q", p.Warnings)
	}
	if p := probeOf(t, probes, "payroll: defaults.department"); p.OK || p.Message == "" {
		t.Errorf("a default that is nowhere: %+v", p)
	}
	if p := probeOf(t, probes, "hires: defaults"); !p.OK {
		t.Errorf("defaults that are there: %+v", p)
	}
	if p := probeOf(t, probes, "out"); !p.OK || !strings.Contains(p.Message, "a file was written") {
		t.Errorf("a folder that is written to: %+v", p)
	}
	if p := probeOf(t, probes, "in"); !p.OK || !strings.Contains(p.Message, "entries in the folder: 0") {
		t.Errorf("a folder that is read: %+v", p)
	}
}

// TestTheSameFaultOfLuccaIsSaidOnce: a key that is refused is not said again for the defaults of
// each flow, and is nowhere in what is said.
func TestTheSameFaultOfLuccaIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenantOf(t, sandbox.Key{Secret: "00000000-0000-4000-8000-00000000000f"}))
	probes := prober(w.Config).Connect(t.Context())
	if p := probeOf(t, probes, "lucca"); p.OK || p.Message == "" {
		t.Errorf("lucca: %+v", p)
	}
	for _, flow := range []string{"payroll: defaults", "hires: defaults"} {
		if p := probeOf(t, probes, flow); p.OK || p.Message != "not looked up: first mend what is said of lucca" {
			t.Errorf("%s: %+v", flow, p)
		}
	}
	for _, p := range probes {
		if strings.Contains(p.Message, key) {
			t.Errorf("%s says the key", p.Name)
		}
	}
}

// TestProbeOfAnATS asks it, with the key that the flow has.
func TestProbeOfAnATS(t *testing.T) {
	t.Parallel()
	ats := httptest.NewServer(flatchrbox.New(flatchrbox.Options{Company: "acme", Name: "Acme", Key: key}))
	t.Cleanup(ats.Close)
	c := load(t, fmt.Sprintf(`
lucca: {url: %[2]q, api_key: {file: ./key}}
remotes: {}
flows:
  good: {hires: {source: flatchr, company: acme, api_key: {file: ./key}, url: %[1]q}}
  bad: {hires: {source: flatchr, company: other, api_key: {file: ./key}, url: %[1]q}}
`, ats.URL, tenantOf(t)))
	probes := prober(c).Connect(t.Context())
	if p := probeOf(t, probes, "good: flatchr"); !p.OK || p.Address != ats.URL {
		t.Errorf("good: %+v", p)
	}
	if p := probeOf(t, probes, "bad: flatchr"); p.OK || p.Message == "" {
		t.Errorf("bad: %+v", p)
	}
	if p := probeOf(t, probes, "lucca"); p.OK {
		t.Errorf("a tenant that does not know the key: %+v", p)
	}
}
