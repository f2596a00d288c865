package config_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// tenant is a configuration of one tenant, whose state is that of the folder.
const tenant = `
lucca: {url: "https://%s.ilucca.net", api_key: {file: ./key}}
remotes: {skillup: {type: dir, dir: ./%s}}
flows: {nightly: {export: {profile: skillup}, to: skillup, file: "{flow}.csv"}}
`

func TestAFolderHoldsATenantPerFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("x"))
	write(t, filepath.Join(dir, "common.yaml"), []byte("state: sqlite:./all.db\nretention: {files: 3d}\n"))
	for _, name := range []string{"acme", "globex"} {
		write(t, filepath.Join(dir, name+".yaml"), fmt.Appendf(nil, tenant, name, name))
	}
	c, faults := config.Load(dir, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	if c.State != "sqlite:"+filepath.Join(dir, "all.db") || c.Spool != filepath.Join(dir, "state/spool") {
		t.Errorf("state %q, spool %q", c.State, c.Spool)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(c.Flows)), " "); got != "acme/nightly globex/nightly" {
		t.Errorf("flows %s", got)
	}
	f := c.Flows["globex/nightly"]
	if f.To != "globex/skillup" || c.Remotes[f.To].Address != filepath.Join(dir, "globex") || f.Name != "nightly" {
		t.Errorf("flow %+v", f)
	}
	if got := c.Tenants[f.Tenant].URL; got != "https://globex.ilucca.net" {
		t.Errorf("tenant %s", got)
	}
}

// TestAFolderByAnyName holds tenants without a file of what they share; its clock is that of the first.
func TestAFolderByAnyName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "exchange [1]*")
	write(t, filepath.Join(dir, "key"), []byte("x"))
	write(t, filepath.Join(dir, "notes.txt"), []byte("no: [yaml"))
	write(t, filepath.Join(dir, "acme.yaml"), fmt.Appendf(nil, "timezone: Indian/Reunion"+tenant, "acme", "a"))
	write(t, filepath.Join(dir, "globex.yaml"), fmt.Appendf(nil, "timezone: Europe/Berlin"+tenant, "globex", "b"))
	c, faults := config.Load(dir, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	if f := c.Flows["globex/nightly"]; c.Zone().String() != "Indian/Reunion" || f.Zone.String() != "Europe/Berlin" || f.From != "" {
		t.Errorf("zone %s, flow %+v", c.Zone(), f)
	}
	if c.State != "sqlite:"+filepath.Join(dir, "state/exchange.db") {
		t.Errorf("state %s", c.State)
	}
	if got := strings.Join(c.TenantNames(), " "); got != "acme globex" {
		t.Errorf("tenants %s", got)
	}
}

func TestFaultsOfAFolderNameTheirFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("x"))
	write(t, filepath.Join(dir, "common.yaml"), []byte("retention: {files: soon}\nstat: sqlite:./all.db\nlanguage: it\n"))
	write(t, filepath.Join(dir, "acme.yaml"), fmt.Appendf(nil, tenant+"state: sqlite:./own.db\nspool: ./own\nretention: {files: 3d}\n", "acme", "a"))
	write(t, filepath.Join(dir, "globex.yaml"), fmt.Appendf(nil, tenant, "acme", "b"))
	write(t, filepath.Join(dir, "Bad Name.yaml"), fmt.Appendf(nil, tenant, "c", "c"))
	c, faults := config.Load(dir, app.Registry())
	if c != nil {
		t.Error("the configuration was accepted")
	}
	got := strings.ReplaceAll(faults.Error(), dir+"/", "")
	want := `common.yaml:1: retention.files: want a duration such as 30d or 12h
common.yaml:2: stat: unknown key "stat"; did you mean "state"?
common.yaml:3: language: language "it": want en, fr or de
Bad Name.yaml: the file is named after its tenant: want a name of lower-case letters, digits, - and _
acme.yaml:5: state: belongs into common.yaml: all tenants share it
acme.yaml:6: spool: belongs into common.yaml: all tenants share it
acme.yaml:7: retention: belongs into common.yaml: all tenants share it
globex.yaml:2: lucca.url: tenant acme has the same: put the flows of one Lucca tenant into one file, so that they share its limit on requests`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty := t.TempDir()
	if _, faults := config.Load(empty, app.Registry()); !faults.Fatal() {
		t.Error("an empty folder was accepted")
	}
}
