package app

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/config"
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
		{"missing folder", partner.Quirks{}, "dir: /none", false, "the folder must exist"},
		{"folder to be made", partner.Quirks{}, "dir: /none, create_dir: true", true, "the first delivery creates it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, folder := probed(t, tt.quirks, tt.keys)
			p := a.probeRemote(t.Context(), "partner")
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
func probed(t *testing.T, quirks partner.Quirks, keys string) (a *App, folder string) {
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
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./secret}}
remotes:
  partner: {type: sftp, host: %q, port: %s, user: acme, password: {file: ./secret}, host_keys: [%q], %s}
flows:
  f: {export: {profile: skillup}, to: partner, file: a.csv}
`, host, port, server.HostKeys()[0], keys), 0o600); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(file, Registry())
	if c == nil {
		t.Fatal(faults)
	}
	return newApp(Options{Config: c, Logger: slog.New(slog.DiscardHandler), Version: "test"}, nil), folder
}

// A key that is refused is said once, and not again for the defaults of each flow.
func TestTheSameFaultOfLuccaIsSaidOnce(t *testing.T) {
	t.Parallel()
	lucca := Probe{Name: "acme/lucca", Message: "grant a right"}
	got := sayOnce([]Probe{
		{Name: "a: defaults", Message: "grant a right"}, {Name: "b: defaults.department", Message: "nothing has this name"},
		{Name: "c: defaults", OK: true, Message: "all of them are in Lucca"},
	}, lucca)
	for i, want := range []string{"not looked up: first mend what is said of acme/lucca", "nothing has this name", "all of them are in Lucca"} {
		if got[i].Message != want {
			t.Errorf("probe %d says %q, want %q", i, got[i].Message, want)
		}
	}
}
