package config_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// TestSettingsOfAFlow: what is in force is what the file says and the defaults of the rest; a secret is
// where it is, and what may name people is marked.
func TestSettingsOfAFlow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := identity(t)
	for name, content := range map[string]string{"key": "k", "token": "0123456789abcdef0123456789abcdef", "identity": own.String()} {
		write(t, filepath.Join(dir, name), []byte(content))
	}
	path := filepath.Join(dir, "exchange.yaml")
	text := strings.Replace(approvedHeld, "PARTNER", own.Recipient().String(), 1)
	write(t, path, []byte(strings.Replace(text, "{approval: always,", "{approval: always, protect: [the.robot], mail_shared: [plant@acme.example],", 1)))
	c, faults := config.Load(path, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	got := make(map[string][]config.Setting)
	for name, f := range c.Flows {
		got[name] = c.Settings(f)
	}
	for _, want := range []struct {
		flow string
		config.Setting
	}{
		{"out", config.Setting{Path: "export.profile", Value: "skillup"}},
		{"out", config.Setting{Path: "export.limits.max_shrink", Value: "10%", Default: true}},
		{"out", config.Setting{Path: "export.limits.max_rejected", Value: "5%", Default: true}},
		{"out", config.Setting{Path: "wrap[0].age.recipients", Value: own.Recipient().String()}},
		{"out", config.Setting{Path: "remotes.a.address", Value: "sftp.partner.example:22"}},
		{"out", config.Setting{Path: "remotes.a.user", Value: "acme"}},
		{"out", config.Setting{Path: "remotes.a.dir", Value: "/in"}},
		{"in", config.Setting{Path: "remotes.b.type", Value: "dir"}},
		{"in", config.Setting{Path: "remotes.b.address", Value: filepath.Join(dir, "other")}},
		{"in", config.Setting{Path: "remotes.b.dir", Value: "other"}},
		{"out", config.Setting{Path: "lucca.url", Value: "https://acme.example"}},
		{"out", config.Setting{Path: "catch_up", Value: "12h", Default: true}},
		{"in", config.Setting{Path: "import.approval", Value: "always"}},
		{"in", config.Setting{Path: "import.defaults.legalEntity", Value: "Lyon", Personal: true}},
		{"in", config.Setting{Path: "import.protect", Value: "the.robot", Personal: true}},
		{"in", config.Setting{Path: "import.mail_shared", Value: "plant@acme.example", Personal: true}},
		{"in", config.Setting{Path: "import.mode", Value: "delta", Default: true}},
		{"in", config.Setting{Path: "unwrap[0].age.identity.file", Value: filepath.Join(dir, "identity")}},
		{"ats", config.Setting{Path: "hires.webhook_token.file", Value: filepath.Join(dir, "token")}},
	} {
		if !slices.Contains(got[want.flow], want.Setting) {
			t.Errorf("%s lacks %+v", want.flow, want.Setting)
		}
	}
	var ats []string
	for _, s := range got["ats"] {
		line := s.Path + ": " + strings.TrimPrefix(s.Value, dir+"/")
		if s.Default {
			line += " (default)"
		}
		if s.Personal {
			line += " (may name people)"
		}
		ats = append(ats, line)
	}
	if diff := cmp.Diff(strings.Split(`lucca.url: https://acme.example
hires.source: generic
hires.webhook_token.file: token
hires.defaults.legalEntity: Lyon (may name people)
hires.login: {f}{last} (default)
hires.country: FR (default)
hires.approval: first (default)
hires.limits.ends: 5% (default)
hires.limits.creates: 20% (default)
hires.limits.changes_per_field: 20% (default)
hires.limits.rejected: 20% (default)
hires.limits.identity_shift: 1% (default)
hires.limits.shrink: 20% (default)
approvals: 1 (default)
catch_up: 12h (default)
timezone: Europe/Paris`, "\n"), ats); diff != "" {
		t.Errorf("all of a flow of hires (-want +got):\n%s", diff)
	}
	for _, s := range got["out"] {
		if strings.HasPrefix(s.Path, "import") || strings.HasPrefix(s.Path, "hires") {
			t.Errorf("an export has %s", s.Path)
		}
		if strings.HasPrefix(s.Path, "export.columns[") && s.Default {
			t.Errorf("a column of the profile has %+v", s)
		}
	}
}

// TestSettingsTellHowAFileIsPutDown: whoever approves a held run sees what its remote was told of
// uploads, and what it does where nothing is said; of no other remote.
func TestSettingsTellHowAFileIsPutDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("k"))
	path := filepath.Join(dir, "exchange.yaml")
	write(t, path, []byte(`lucca: {url: "https://acme.example", api_key: {file: key}}
remotes:
  p: {type: dir, dir: p, temp_suffix: .tmp, done_marker: "{file}.ok", attempts: 5, retry_wait: 1s}
  q: {type: dir, dir: q, in_place: true}
flows:
  f: {export: {profile: skillup}, to: p, file: a.csv}
  g: {export: {profile: skillup}, to: q, file: a.csv}
`))
	c, faults := config.Load(path, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	for flow, want := range map[string][]config.Setting{
		"f": {{Path: "remotes.p.temp_suffix", Value: ".tmp"}, {Path: "remotes.p.done_marker", Value: "{file}.ok"}, {Path: "remotes.p.attempts", Value: "5"}, {Path: "remotes.p.retry_wait", Value: "1s"}},
		"g": {{Path: "remotes.q.in_place", Value: "true"}},
	} {
		got := c.Settings(c.Flows[flow])
		for _, one := range want {
			if !slices.Contains(got, one) {
				t.Errorf("%s lacks %+v", flow, one)
			}
		}
		other := map[string]string{"f": "remotes.q", "g": "remotes.p"}[flow]
		if slices.ContainsFunc(got, func(s config.Setting) bool { return strings.HasPrefix(s.Path, other) }) {
			t.Errorf("%s tells of %s", flow, other)
		}
	}
}
