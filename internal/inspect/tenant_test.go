package inspect_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/sandbox"
)

// TestAKeyThatMayTooLittle is said to, with what it may not: before a night shows it.
func TestAKeyThatMayTooLittle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		key  sandbox.Key
		ok   bool
		says string
	}{
		{"may all", sandbox.Key{}, true, "may create and modify employees"},
		{"may not write", sandbox.Key{ReadOnly: true}, false, "change employees at "},
		{"may not see the mail", sandbox.Key{Hidden: []string{"mail"}}, false, "the API key may not see mail, which flows send"},
		{"may not see who left", sandbox.Key{NoFormer: true, NoUpcoming: true}, true, "no former employee is seen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.key.Secret = key
			w := newWorld(t, tenantOf(t, tt.key))
			p := probeOf(t, prober(w.Config).Connect(t.Context()), "lucca")
			if said := p.Message + strings.Join(p.Warnings, "; "); p.OK != tt.ok || !strings.Contains(said, tt.says) {
				t.Errorf("%+v, want %t and %q", p, tt.ok, tt.says)
			}
		})
	}
}

// TestEachTenantIsTriedWithItsKey, under its name; one that is refused says nothing of the other.
func TestEachTenantIsTriedWithItsKey(t *testing.T) {
	t.Parallel()
	c := loadFolder(t, map[string]string{
		"common.yaml": "{}\n",
		"acme.yaml":   tenantText(tenantOf(t, sandbox.Key{Secret: key}), "key"),
		"other.yaml":  tenantText(tenantOf(t, sandbox.Key{Secret: key}), "wrong"),
	})
	probes := prober(c).Connect(t.Context())
	if p := probeOf(t, probes, "acme/lucca"); !p.OK {
		t.Errorf("acme: %+v", p)
	}
	if p := probeOf(t, probes, "other/lucca"); p.OK || !strings.Contains(p.Message, "not accepted") {
		t.Errorf("other: %+v", p)
	}
	if p := probeOf(t, probes, "acme/payroll: defaults.department"); p.OK || strings.Contains(p.Message, "first mend") {
		t.Errorf("the defaults of acme: %+v", p)
	}
	if p := probeOf(t, probes, "other/payroll: defaults"); p.OK || p.Message != "not looked up: first mend what is said of other/lucca" {
		t.Errorf("the defaults of other: %+v", p)
	}
}

func tenantText(url, secret string) string {
	return fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./%s}, requests_per_minute: 6000}
remotes: {in: {type: dir, dir: ./in}}
flows:
  payroll: {import: {defaults: {department: "Nowhere at all"}}, from: in, pattern: "*.csv"}
`, url, secret)
}

// TestAKeyThatCannotBeReadIsSaid of the tenant, and of what is looked up in it.
func TestAKeyThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	p := prober(w.Config)
	p.Lucca = func(string) (inspect.Lucca, error) { return nil, os.ErrPermission }
	probes := p.Connect(t.Context())
	if got := probeOf(t, probes, "lucca"); got.OK || got.Message != os.ErrPermission.Error() || got.Facts != nil {
		t.Errorf("lucca: %+v", got)
	}
	if got := probeOf(t, probes, "hires: defaults"); got.OK || !strings.Contains(got.Message, "first mend what is said of lucca") {
		t.Errorf("defaults: %+v", got)
	}
}

// TestAFolderThatIsNotThereIsSaid, and one that may not be written.
func TestAFolderThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenantOf(t, sandbox.Key{Secret: key}))
	folder := w.Config.Remotes["out"].Address
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if p := probeOf(t, prober(w.Config).Connect(t.Context()), "out"); p.OK || p.Address != folder || !strings.Contains(p.Message, "no such f") {
		t.Errorf("missing: %+v", p)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if p := probeOf(t, prober(w.Config).Connect(t.Context()), "out"); p.OK || p.Message == "" {
		t.Errorf("a file in its place: %+v", p)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(folder), "in")); err != nil {
		t.Error(err)
	}
}
