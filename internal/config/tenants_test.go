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

func TestFaultsOfAFolderNameTheirFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("x"))
	write(t, filepath.Join(dir, "common.yaml"), []byte("stat: sqlite:./all.db\n"))
	write(t, filepath.Join(dir, "acme.yaml"), fmt.Appendf(nil, tenant+"state: sqlite:./own.db\n", "acme", "a"))
	write(t, filepath.Join(dir, "globex.yaml"), fmt.Appendf(nil, tenant, "acme", "b"))
	write(t, filepath.Join(dir, "Bad Name.yaml"), fmt.Appendf(nil, tenant, "c", "c"))
	c, faults := config.Load(dir, app.Registry())
	if c != nil {
		t.Error("the configuration was accepted")
	}
	got := strings.ReplaceAll(faults.Error(), dir+"/", "")
	want := `common.yaml:1: stat: unknown key "stat"; did you mean "state"?
Bad Name.yaml: the file is named after its tenant: want a name of lower-case letters, digits, - and _
acme.yaml:5: state: belongs into common.yaml: all tenants share it
globex.yaml:2: lucca.url: tenant acme has the same: put the flows of one Lucca tenant into one file, so that they share its limit on requests`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty := t.TempDir()
	if _, faults := config.Load(empty, app.Registry()); !faults.Fatal() {
		t.Error("an empty folder was accepted")
	}
}
