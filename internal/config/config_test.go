package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestFaults loads the configuration in each testdata/*.txtar, named after the mistake,
// and compares what check would say.
func TestFaults(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(cases, err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, f := range archive.Files {
				write(t, filepath.Join(dir, f.Name), f.Data)
			}
			c, faults := config.Load(filepath.Join(dir, "lucca-exchange.yaml"), app.Registry())
			if (c == nil) != faults.Fatal() {
				t.Errorf("configuration %v with fatal %v", c, faults.Fatal())
			}
			var got strings.Builder
			for _, f := range faults {
				fmt.Fprintln(&got, strings.ReplaceAll(f.String(), dir+"/", ""))
			}
			last := &archive.Files[len(archive.Files)-1]
			want := string(last.Data)
			if *update {
				last.Data = []byte(got.String())
				write(t, path, txtar.Format(archive))
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got.String(), "hunter2") {
				t.Error("a secret is repeated")
			}
		})
	}
}

// write makes a file that only its owner can read, but for one called open.
func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if filepath.Base(path) == "open" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDefaultsAndPathsStartAtTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("k"))
	write(t, filepath.Join(dir, "c.yaml"), []byte(`
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: dir, dir: out}}
flows: {f: {export: {profile: skillup}, to: a, file: a.csv, schedule: "59 22 * * *"}}
`))
	c, faults := config.Load(filepath.Join(dir, "c.yaml"), app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	f := c.Flows["f"]
	for what, pair := range map[string][2]string{
		"state":         {c.State, "sqlite:" + filepath.Join(dir, "state/exchange.db")},
		"spool":         {c.Spool, filepath.Join(dir, "state/spool")},
		"folder":        {c.Remotes["a"].Address, filepath.Join(dir, "out")},
		"key":           {c.Lucca.APIKey.File, filepath.Join(dir, "key")},
		"zone":          {f.Zone.String(), "Europe/Paris"},
		"files kept":    {time.Duration(*c.Retention.Files).String(), "720h0m0s"},
		"runs kept":     {c.Retention.Runs.String(), "400d"},
		"room":          {fmt.Sprint(c.Retention.Spool), "5GB"},
		"next slot":     {f.Slots.Next(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)).Format(time.RFC3339), "2026-11-22T22:59:00+01:00"},
		"first columns": {strings.Join(f.Binding.Headers(), "|"), "Login (email)|Employee Number|Last name|First name|Manager Number"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestFileNameIsFilledInInTheZoneOfTheSlot(t *testing.T) {
	t.Parallel()
	slot := time.Date(2026, 11, 22, 22, 59, 0, 0, time.FixedZone("CET", 3600))
	if got, want := config.FileName("{flow}_{date}T{time}.csv", "skillup-nightly", slot), "skillup-nightly_20261122T225900.csv"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhereRunsMayBeRemembered: each way to name a state that the reference has, with relative paths from
// the file on.
func TestWhereRunsMayBeRemembered(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"sqlite:./runs.db":                         "sqlite:DIR/runs.db",
		"sqlite:/var/lib/exchange/runs.db":         "sqlite:/var/lib/exchange/runs.db",
		"postgres://exchange@db.acme.example/runs": "postgres://exchange@db.acme.example/runs",
		"postgresql://exchange@127.0.0.1:5433/x":   "postgresql://exchange@127.0.0.1:5433/x",
		"postgres:///runs?host=/run/postgresql":    "postgres:///runs?host=/run/postgresql",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "key"), []byte("k"))
		write(t, filepath.Join(dir, "c.yaml"), fmt.Appendf(nil, `
state: %q
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: dir, dir: out}}
flows: {f: {export: {profile: skillup}, to: a, file: a.csv}}
`, state))
		c, faults := config.Load(filepath.Join(dir, "c.yaml"), app.Registry())
		if c == nil {
			t.Errorf("%s: %v", state, faults)
		} else if strings.Replace(c.State, dir, "DIR", 1) != want {
			t.Errorf("%s is %s, want %s", state, c.State, want)
		}
	}
}

// TestTheSecretsOfASealedConfigurationStayUnread, for commands that need none of them; else each one that
// cannot be read is told with its key.
func TestTheSecretsOfASealedConfigurationStayUnread(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, []byte(`
lucca: {url: "https://acme.ilucca.net", api_key: {file: none}}
web: {}
remotes:
  a: {type: dir, dir: ./a}
  b: {type: sftp, host: sftp.acme.example, user: acme, password: {file: none}, jump: {host: jump.acme.example, user: acme, password: {env: LUCCA_EXCHANGE_TEST_UNSET}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"]}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"]}
flows:
  out: {export: {profile: skillup}, to: a, file: a.csv}
  ats: {hires: {source: flatchr, company: acme, api_key: {file: none}, webhook_token: {file: none}}}
notify: [{webhook: {url: {file: none}}}]
`))
	_, faults := config.Load(path, app.Registry())
	var got []string
	for _, f := range faults {
		if got = append(got, fmt.Sprint(f.Line, " ", f.Path)); !strings.HasPrefix(f.Message, "secret cannot be read: ") {
			t.Error(f)
		}
	}
	want := []string{"2 lucca.api_key", "6 remotes.b.jump.password", "6 remotes.b.password", "9 flows.ats.hires.api_key", "9 flows.ats.hires.webhook_token", "10 notify[0].webhook.url"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sealed := app.Registry()
	sealed.Sealed = true
	if c, faults := config.Load(path, sealed); c == nil || len(faults) > 0 {
		t.Errorf("a secret was wanted: %v", faults)
	}
}

// FuzzLoad checks that no file, however broken, makes more than faults.
func FuzzLoad(f *testing.F) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "c.yaml")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, faults := config.Load(path, app.Registry())
		if (c == nil) != faults.Fatal() {
			t.Error("a configuration with fatal faults, or none without")
		}
	})
}
