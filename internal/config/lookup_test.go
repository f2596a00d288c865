package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
)

// exchange has a flow of each kind, remotes of two kinds, and people who are told.
const exchange = `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
timezone: Europe/Paris
remotes:
  drop: {type: dir, dir: in, attempts: 7, retry_wait: 3s}
  partner: {type: sftp, host: sftp.partner.example, user: acme, password: {file: ./key}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"], write_only: true, done_marker: "{file}.done"}
flows:
  out: {export: {profile: skillup}, to: partner, file: a.csv}
  in: {import: {approval: always, limits: {creates: 3%}}, from: drop, pattern: "users*.csv", pickup: {keep: true}}
  hired: {hires: {source: generic}, from: drop, pattern: "hires*.csv"}
notify:
  - {email: {to: [hr@acme.example], from: exchange@acme.example, smtp: {host: 127.0.0.1, port: 25}}, on: [failed, held], language: fr}
  - {webhook: {url: {file: ./key}}, digest: "0 8 * * 1"}
  - {ping: {url: "http://127.0.0.1:9/uuid"}}
`

// TestWhatAFlowIsHandedOfARemote: the tries and waits of a remote hold for what is taken from it as
// for what is put there.
func TestWhatAFlowIsHandedOfARemote(t *testing.T) {
	t.Parallel()
	c := load(t, exchange)
	to, ok := c.Target("partner")
	if !ok || to.Name != "partner" || !to.WriteOnly || to.Options.DoneMarker != "{file}.done" || to.Remote == nil {
		t.Errorf("target %+v, %v", to, ok)
	}
	if to, ok := c.Target("nowhere"); ok || to.Remote != nil || to.Name != "nowhere" {
		t.Errorf("a remote that is not there: %+v, %v", to, ok)
	}
	from := c.Source(c.Flows["in"])
	if from.Name != "drop" || from.Remote == nil || from.Pattern != "users*.csv" || !from.Options.Keep || from.Attempts != 7 || from.RetryWait != 3*time.Second {
		t.Errorf("source %+v", from)
	}
	if from := c.Source(c.Flows["out"]); from.Name != "" || from.Remote != nil {
		t.Errorf("an export takes files of %+v", from)
	}
}

// TestHowARemoteIsReached is what its section says, or what is merged into that: a held run is for that
// way, and the same address behind another jump host is another machine.
func TestHowARemoteIsReached(t *testing.T) {
	t.Parallel()
	c := load(t, `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes:
  plain: &plain {type: sftp, host: sftp.partner.example, user: acme, password: {file: ./key}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"]}
  same: *plain
  jump: {<<: *plain, dir: /in, jump: &jump {host: jump.partner.example, user: hop, password: {file: ./key}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"]}}
  port: {<<: *plain, port: 2022, user: other, jump: {<<: *jump, port: 2222}}
  proxy: {<<: *plain, jump: *jump, proxy: "socks5://proxy.acme.example:1080"}
  ftp: {type: ftps, host: ftp.partner.example, user: acme, password: {file: ./key}, dir: in, write_only: true}
  dir: {type: dir, dir: ./out}
flows: {f: {export: {profile: skillup}, to: dir, file: a.csv}}
`)
	for name, want := range map[string]struct {
		address string
		remote.Route
	}{
		"plain": {"sftp.partner.example:22", remote.Route{User: "acme"}},
		"same":  {"sftp.partner.example:22", remote.Route{User: "acme"}},
		"jump":  {"sftp.partner.example:22", remote.Route{User: "acme", Dir: "/in", Jump: "hop@jump.partner.example:22"}},
		"port":  {"sftp.partner.example:2022", remote.Route{User: "other", Jump: "hop@jump.partner.example:2222"}},
		"proxy": {"sftp.partner.example:22", remote.Route{User: "acme", Jump: "hop@jump.partner.example:22", Proxy: "socks5://proxy.acme.example:1080"}},
		"ftp":   {"ftp.partner.example:990", remote.Route{User: "acme", Dir: "in"}},
		"dir":   {c.Remotes["dir"].Address, remote.Route{Dir: "./out"}},
	} {
		r := c.Remotes[name]
		if r.Address != want.address || r.Route != want.Route || r.WriteOnly != (name == "ftp") {
			t.Errorf("%s is at %s by %+v, write-only %v; want %+v", name, r.Address, r.Route, r.WriteOnly, want)
		}
	}
	if at := c.Remotes["dir"].Address; !filepath.IsAbs(at) || filepath.Base(at) != "out" {
		t.Errorf("the folder is %s", at)
	}
}

// TestFlowsAreFoundByTheirName, and a run goes on only with a flow of its own kind.
func TestFlowsAreFoundByTheirName(t *testing.T) {
	t.Parallel()
	c := load(t, exchange)
	for _, tt := range []struct {
		name string
		kind run.Kind
		want string
	}{
		{"out", run.Export, ""},
		{"in", run.Import, ""},
		{"hired", run.Hires, ""},
		{"in", run.Export, "flow in is no export any more"},
		{"hired", run.Import, "flow hired is no import any more"},
		{"ou", run.Export, `no flow "ou" in the configuration: there are hired, in, out`},
	} {
		f, err := c.FlowOf(tt.name, tt.kind)
		switch {
		case tt.want == "" && (err != nil || f.Kind() != tt.kind):
			t.Errorf("%s: %s, %v", tt.name, f.Kind(), err)
		case tt.want != "" && (!errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestWhoIsMeantByARow: rows mean people by their login unless the import says otherwise.
func TestWhoIsMeantByARow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]plan.Identifier{exchange: plan.ByLogin, strings.Replace(exchange, "approval: always", "approval: always, identifier: mail", 1): "mail"} {
		if got := load(t, text).Flows["in"].Import.Options.Identifier; got != want {
			t.Errorf("rows mean people by %s, want %s", got, want)
		}
	}
}

// TestColumnsWantWhatLuccaDoesNotHaveByItself: each is told with what to set up, and comes once it is.
func TestColumnsWantWhatLuccaDoesNotHaveByItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("k"))
	for _, tt := range []struct{ source, setUp, want string }{
		{"annualSalary", "annual_salary: {source: compensation, periods: 12}", "set lucca.annual_salary"},
		{"annualSalary", "annual_salary: {source: extension, field: e_pay}", "set lucca.annual_salary"},
		{"contract.type", "contract_types: {1: CDI}", "set lucca.contract_types"},
		{"contract.type", "oauth: {client_id: {file: key}, client_secret: {file: key}}", "set lucca.contract_types"},
		{"extension.rate", "extensions: {rate: e_rate}", "set lucca.extensions.rate"},
		{"costCenter.2.code", "cost_center_axes: [3, 5]", "lucca.cost_center_axes"},
		{"jobTitle", "", ""},
	} {
		for _, setUp := range []string{"", tt.setUp} {
			path := filepath.Join(dir, "c.yaml")
			write(t, path, fmt.Appendf(nil, `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}, %s}
remotes: {a: {type: dir, dir: a}}
flows: {f: {export: {profile: skillup, columns: [{header: Own, source: %s}]}, to: a, file: a.csv}}
`, setUp, tt.source))
			_, faults := config.Load(path, app.Registry())
			if setUp != "" || tt.want == "" {
				if len(faults) > 0 {
					t.Errorf("%s with %s: %v", tt.source, setUp, faults)
				}
			} else if len(faults) != 1 || faults[0].Line != 4 || !strings.HasPrefix(faults[0].Path, "flows.f.export.columns[0]") || !strings.Contains(faults[0].Message, tt.want) {
				t.Errorf("%s: %v, want %s", tt.source, faults, tt.want)
			}
		}
	}
}

// TestADraftKeepsWhatPeopleHaveDecided: learning how files are read changes neither how much of them
// needs a person, nor where they go, nor the configuration that it begins with.
func TestADraftKeepsWhatPeopleHaveDecided(t *testing.T) {
	t.Parallel()
	c := load(t, exchange)
	learnt := config.Import{Policy: plan.Policy{Mode: plan.Full}}
	d, err := c.Draft("in", learnt)
	if err != nil {
		t.Fatal(err)
	}
	f, was := d.Flows["in"], c.Flows["in"]
	if f.Import.Mode != plan.Full || f.Import.Approval != plan.ApproveAlways || f.Import.Limits.Creates == nil || f.Import.Apply != config.ApplyByAPI || f.From != "drop" {
		t.Errorf("%+v of %+v", f.Import, f)
	}
	if was.Import.Mode == plan.Full || len(c.Flows) != 3 || len(d.Flows) != 1 {
		t.Errorf("the configuration itself has changed: %+v", was.Import)
	}
	d, err = c.Draft("fresh", learnt)
	if err != nil {
		t.Fatal(err)
	}
	if f := d.Flows["fresh"]; f.Name != "fresh" || f.Import.Apply != config.ApplyByAPI || f.Zone.String() != "Europe/Paris" || f.From != "" {
		t.Errorf("a flow that is not there yet: %+v", f)
	}
	for name, want := range map[string]string{
		"out": "out is no import", "hired": "hired is no import", "acme/in": "want the tenant before the name", "Two Words": "--flow: ",
	} {
		if _, err := c.Draft(name, learnt); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestWhoIsTold: each in their language, of the ends that they asked for, and by the digest's hours
// of the configuration's time zone.
func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	c := load(t, exchange)
	var places, languages []string
	ids := make(map[string]bool)
	for to, err := range c.Targets() {
		if err != nil && to.Place != "notify[1].webhook" { // its file holds no address
			t.Errorf("%s: %v", to.Place, err)
		}
		places, languages = append(places, to.Place), append(languages, string(to.Language))
		ids[to.ID] = true
		if want := map[string]string{"notify[0].email": "[failed held]", "notify[1].webhook": "[]", "notify[2].ping": "[]"}[to.Place]; fmt.Sprint(to.On) != want {
			t.Errorf("%s is told of %v, want %s", to.Place, to.On, want)
		}
		if to.Follows != (to.Place == "notify[2].ping") {
			t.Errorf("%s follows every run: %v", to.Place, to.Follows)
		}
	}
	if want := []string{"notify[0].email", "notify[1].webhook", "notify[2].ping"}; !slices.Equal(places, want) || languages[0] != "fr" || len(ids) != 3 {
		t.Errorf("told are %q in %q, as %v", places, languages, ids)
	}
	for to, err := range c.Targets() { // whoever has seen enough may stop
		if to.Place != "notify[0].email" || err != nil {
			t.Errorf("first comes %s: %v", to.Place, err)
		}
		break
	}
	digests := c.Digests()
	if len(digests) != 1 {
		t.Fatalf("digests %v", digests)
	}
	for id, s := range digests {
		at := s.Next(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))
		if want := time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC); !at.Equal(want) || !ids[id] {
			t.Errorf("the digest of %s comes at %s, want %s", id, at, want)
		}
	}
}

// TestIDsOfWhoIsTold: what was told is known by them, so that they last as long as their section
// says the same.
func TestIDsOfWhoIsTold(t *testing.T) {
	t.Parallel()
	id := func(text string) string {
		for to, err := range load(t, text).Targets() {
			if err != nil {
				t.Error(err)
			}
			return to.ID
		}
		return ""
	}
	first := id(exchange)
	if first == "" || first != id(exchange) || first != id(strings.Replace(exchange, "a.csv", "b.csv", 1)) {
		t.Error("the same section has another id")
	}
	if first != id(strings.Replace(exchange, "port: 25}", "port: 25, tls: starttls}", 1)) {
		t.Error("who writes out what holds anyway is told everything again")
	}
	for old, now := range map[string]string{"hr@acme": "it@acme", "[failed, held]": "[failed]", "language: fr": "language: de"} {
		if first == id(strings.Replace(exchange, old, now, 1)) {
			t.Errorf("%s: whoever is told now was told nothing yet", now)
		}
	}
}

// TestZoneOfTheConfiguration is Paris where nothing is said, as Lucca's tenants are mostly there.
func TestZoneOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{exchange: "Europe/Paris", strings.Replace(exchange, "Europe/Paris", "Indian/Reunion", 1): "Indian/Reunion", strings.Replace(exchange, "timezone: Europe/Paris\n", "", 1): "Europe/Paris"} {
		if got := load(t, text).Zone().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestEachHiresFlowHasItsSource, and no other flow has one.
func TestEachHiresFlowHasItsSource(t *testing.T) {
	t.Parallel()
	sources := load(t, exchange).HireSources("1.0", slog.New(slog.DiscardHandler))
	if got := slices.Collect(maps.Keys(sources)); !slices.Equal(got, []string{"hired"}) {
		t.Fatalf("sources of %q", got)
	}
	if s := sources["hired"]; s.File == nil || s.Webhook == nil {
		t.Error("the source can do nothing")
	}
}
