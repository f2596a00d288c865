package config_test

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
)

// load reads a configuration that is right, beside a file called key.
func load(t *testing.T, text string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("k"))
	write(t, filepath.Join(dir, "c.yaml"), []byte(text))
	c, faults := config.Load(filepath.Join(dir, "c.yaml"), app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	return c
}

func TestAges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"0d": 0, "1d": 24 * time.Hour, "400d": 400 * 24 * time.Hour, "36h": 36 * time.Hour, "1h30m5s": 5405 * time.Second, "90m": 90 * time.Minute} {
		var a config.Age
		if err := a.UnmarshalText([]byte(text)); err != nil || time.Duration(a) != want {
			t.Errorf("%s: got %v, %v", text, time.Duration(a), err)
		}
		// It is shown as people write it.
		if shown := cmp.Or(map[string]string{"0d": "0s", "90m": "1h30m"}[text], text); a.String() != shown {
			t.Errorf("%s is shown as %s", text, a)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "36501d", "99999999999999999999d", "1month", "30", "-12h", "1 d"} {
		var a config.Age
		if err := a.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for %v", text, time.Duration(a))
		}
	}
}

func TestNamesOfFlows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "skillup-nightly", "payroll_2", "0"} {
		if message := config.CheckFlowName(name); message != "" {
			t.Errorf("%q: %s", name, message)
		}
	}
	for _, name := range []string{"", "-a", "_a", "Nightly", "a b", "a/b", "a.b", "é", "a\n"} {
		if config.CheckFlowName(name) == "" {
			t.Errorf("%q was taken for a name", name)
		}
	}
}

// The pattern of a template matches each name that is made of it, and no other flow's.
func TestFileNamesAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	slot := time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)
	for _, template := range []string{"users.csv", "{flow}.csv", "users_{date}.csv", "{flow}_{date}-{time}.csv", "a+b ({date}).csv"} {
		pattern := config.FileNames(template, "skillup")
		if name := config.FileName(template, "skillup", slot); !pattern.MatchString(name) {
			t.Errorf("%s: %q is not matched by %s", template, name, pattern)
		}
		for _, other := range []string{"", "x" + config.FileName(template, "skillup", slot), config.FileName(template, "skillup", slot) + ".part"} {
			if pattern.MatchString(other) {
				t.Errorf("%s: %q is matched by %s", template, other, pattern)
			}
		}
	}
	if config.FileNames("{flow}.csv", "a.b").MatchString("axb.csv") {
		t.Error("the name of the flow is a pattern")
	}
}

func TestKindOfAFlow(t *testing.T) {
	t.Parallel()
	c := load(t, `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {in: {type: dir, dir: in}, out: {type: dir, dir: out}}
flows:
  out: {export: {profile: skillup}, to: out, file: a.csv}
  in: {import: {}, from: in, pattern: "users*.csv", expect_by: "07:30"}
  hired: {hires: {source: generic}, from: in, pattern: "hires*.csv"}
`)
	for name, want := range map[string]run.Kind{"out": run.Export, "in": run.Import, "hired": run.Hires} {
		if got := c.Flows[name].Kind(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := c.Flows["in"].Expected; got != 7*time.Hour+30*time.Minute {
		t.Errorf("expected by %v", got)
	}
	if f := c.Flows["out"]; f.Slots != nil || *f.CatchUp == 0 {
		t.Errorf("a flow without a schedule has slots %v and catches up %v", f.Slots, f.CatchUp)
	}
	if got := c.TenantNames(); !slices.Equal(got, []string{""}) {
		t.Errorf("tenants %q", got)
	}
}

// What is said by an anchor, an alias or a merge is as if it were written out.
func TestAnchorsAndMerges(t *testing.T) {
	t.Parallel()
	c := load(t, `
lucca: {url: "https://acme.ilucca.net", api_key: &key {file: ./key}}
remotes:
  a: &a {type: dir, dir: ./a}
  b: {<<: *a, dir: ./b}
flows:
  one: {export: &export {profile: skillup, columns: [phone]}, to: a, file: a.csv}
  two: {export: *export, to: b, file: b.csv}
`)
	if got := filepath.Base(c.Remotes["b"].Address); got != "b" {
		t.Errorf("the folder of b is %q", got)
	}
	one, two := c.Flows["one"].Binding.Headers(), c.Flows["two"].Binding.Headers()
	if !slices.Equal(one, two) || !slices.Contains(two, "Phone") {
		t.Errorf("columns %q and %q", one, two)
	}
}

// Whoever shows a secret may be told it back: all of them are known.
func TestSecretsOfAllSections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := []string{"flatchr", "ftp", "hook", "lucca", "mail", "sftp", "webhook"}
	for _, name := range names {
		write(t, filepath.Join(dir, name), []byte(strings.Repeat(name, 10)))
	}
	private, public := pgpKey(t)
	write(t, filepath.Join(dir, "sign"), []byte(private))
	write(t, filepath.Join(dir, "public.asc"), []byte(public))
	write(t, filepath.Join(dir, "identity"), []byte(identity(t).String()))
	write(t, filepath.Join(dir, "c.yaml"), []byte(`
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./lucca}}
web: {}
remotes:
  a: {type: sftp, host: sftp.acme.example, user: acme, password: {file: ./sftp}, host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]}
  b: {type: ftpes, host: ftp.acme.example, user: acme, password: {file: ./ftp}}
  c: {type: dir, dir: ./c}
notify:
  - {email: {to: [hr@acme.example], from: robot@acme.example, smtp: {host: smtp.acme.example, user: robot, password: {file: ./mail}}}}
  - {webhook: {url: {file: ./hook}}}
flows:
  out: {export: {profile: skillup}, to: a, file: a.csv, wrap: {openpgp: {recipients: [public.asc], sign_with: {file: ./sign}}}}
  in: {import: {}, from: c, pattern: "users*.csv", unwrap: {age: {identity: {file: ./identity}}}}
  hired: {hires: {source: flatchr, company: acme, api_key: {file: ./flatchr}, webhook_token: {file: ./webhook}}}
`))
	c, faults := config.Load(filepath.Join(dir, "c.yaml"), app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	var got []string
	for _, ref := range c.Secrets() {
		got = append(got, filepath.Base(ref.File))
	}
	slices.Sort(got)
	if want := []string{"flatchr", "ftp", "hook", "identity", "lucca", "mail", "sftp", "sign", "webhook"}; !slices.Equal(got, want) {
		t.Errorf("known are %q, want %q", got, want)
	}
	if refs := c.Flows["hired"].Hires.Secrets; len(refs) != 1 || filepath.Base(refs[0].File) != "flatchr" {
		t.Errorf("the source is shown %v", refs)
	}
}

// A folder in which a tenant's file cannot be read tells of it, and of the others all the same.
func TestAFolderWithAFileThatIsNoYAML(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("x"))
	write(t, filepath.Join(dir, "acme.yaml"), []byte("lucca: {\n"))
	write(t, filepath.Join(dir, "globex.yaml"), []byte(`
lucca: {url: "https://globex.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: dir, dir: a}}
flows: {f: {export: {profile: skillup}, to: b, file: f.csv}}
`))
	c, faults := config.Load(dir, app.Registry())
	text := faults.Error()
	if c != nil || !strings.Contains(text, "acme.yaml") || !strings.Contains(text, `globex.yaml:4: flows.f.to: there is no remote "b"`) {
		t.Errorf("got %v:\n%s", c, text)
	}
}

// A file that is a folder, or that may not be read, is a fault and no more.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"):         "lucca-exchange init writes a first one",
		filepath.Join(dir, "none", "none.yaml"): "lucca-exchange init writes a first one",
		dir:                                     "there is no tenant: want a file for each, such as acme.yaml",
	} {
		if c, faults := config.Load(path, app.Registry()); c != nil || !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: got %v", path, faults)
		}
	}
	if faults := faultsOf(t, ""); len(faults) != 1 || !strings.Contains(faults[0].String(), "the file is empty") || faults[0].Excerpt != "" {
		t.Errorf("an empty file: %v with %q", faults, faults[0].Excerpt)
	}
	link := filepath.Join(dir, "loop.yaml")
	if err := os.Symlink(link, link); err != nil {
		t.Fatal(err)
	}
	if c, faults := config.Load(link, app.Registry()); c != nil || !faults.Fatal() {
		t.Errorf("a link to itself: got %v", faults)
	}
}

// A fault says file, line, path and what is wrong, and a list of them is in the order of lines.
func TestFaultsReadAsPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault config.Fault
		want  string
	}{
		{config.Fault{File: "c.yaml", Line: 3, Path: "flows.f.to", Message: "missing"}, "c.yaml:3: flows.f.to: missing"},
		{config.Fault{File: "c.yaml", Message: "no such file"}, "c.yaml: no such file"},
		{config.Fault{File: "c.yaml", Line: 1, Path: "web", Message: "doubtful", Warning: true}, "c.yaml:1: web: warning: doubtful"},
	} {
		if got := tt.fault.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if (config.Faults{{Warning: true}}).Fatal() || !(config.Faults{{Warning: true}, {}}).Fatal() {
		t.Error("a warning is fatal, or a fault is not")
	}
}
