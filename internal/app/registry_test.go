package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// shelf is a transport that only this test knows: a folder by another key.
type shelf struct {
	Board string `yaml:"board"`
}

func (s shelf) Under(dir string) shelf { s.Board = filepath.Join(dir, s.Board); return s }

func (s shelf) Validate(func(key, message string)) {}

func (s shelf) Address() string { return s.Board }

func (s shelf) CanRead() bool { return true }

func (s shelf) Route() remote.Route { return remote.Route{Dir: s.Board} }

func (s shelf) remote() *dir.Remote { return dir.New(dir.Config{Dir: s.Board}) }

// A transport is its own package and one line of the registry.
func TestTransportIsOneLine(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Transports = append(registry.Transports, config.NewTransport("shelf", shelf{}, shelf.remote))

	a, _ := open(t, registry, fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: shelf, board: out}}
flows: {nightly: {export: {profile: skillup, limits: {max_rejected: 100%%}}, to: partner, file: users.csv}}
`, tenant(t)))
	result, err := a.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || result.Run.Outcome != run.Done && result.Run.Outcome != run.Rejections {
		t.Fatal(result.Run.Outcome, result.Run.Reason, err)
	}
	if result.Run.File == nil || result.Run.File.Bytes == 0 {
		t.Errorf("sent %+v", result.Run.File)
	}
}

// told is a channel that only this test knows: it collects headlines.
type told struct {
	config tell
	got    *[]string
}

type tell struct {
	Whom string `yaml:"whom"`
}

func (c tell) Under(string) tell { return c }

func (c tell) WithDefaults() tell { return c }

func (c tell) Validate(func(key, message string)) {}

func (c told) Send(_ context.Context, m notify.Message) (bool, error) {
	*c.got = append(*c.got, c.config.Whom+": "+m.Word())
	return true, nil
}

// A channel is its own package and one line of the registry.
func TestChannelIsOneLine(t *testing.T) {
	t.Parallel()
	var got []string
	registry := app.Registry()
	registry.Channels = append(registry.Channels, config.NewChannel("pager", func(c tell) (told, error) { return told{c, &got}, nil }))

	a, _ := open(t, registry, fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: dir, dir: out}}
flows: {nightly: {export: {profile: skillup, limits: {min_rows: 1000}}, to: partner, file: users.csv}}
notify: [{pager: {whom: ann}, on: [held]}]
`, tenant(t)))
	if _, err := a.Run(t.Context(), "nightly", app.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"ann: held"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// agency is an ATS that only this test knows: it is asked, drops files of names, and sends no
// webhooks.
type agency struct {
	Desk string `yaml:"desk"`
}

func (c agency) Under(string) agency { return c }

func (c agency) Validate(hire.Config, func(key, message string)) {}

func (c agency) source(f hire.Flow) hire.Source {
	s := hired{c.Desk, f.Config.Source}
	return hire.Source{Poll: s, File: s, Check: s, PollKeys: "desk"}
}

type hired struct{ desk, name string }

func (s hired) event(id, lastName string, at time.Time) hire.Event {
	return hire.Event{
		Source: s.name, ExternalID: id, LastName: lastName, FirstName: "Zoé", Mail: lastName + "@agency.example",
		JobTitle: "Vendeuse", HiredAt: at,
	}
}

func (s hired) Poll(_ context.Context, p hire.Poll) (hire.Found, error) {
	return hire.Found{Events: []hire.Event{s.event("1", "Polled"+s.desk, p.Now)}}, nil
}

func (s hired) File(in io.Reader, at time.Time) (hire.File, error) {
	b, err := io.ReadAll(in)
	return hire.File{Events: []hire.Event{s.event("2", string(b), at)}, Rows: 1}, err
}

func (s hired) Address() string { return "desk " + s.desk }

func (s hired) Check(context.Context) (string, error) { return "somebody is there", nil }

const agencyFlow = `
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {agency: {type: dir, dir: out}}
flows:
  agency-hires:
    hires:
      source: agency
      %s
      approval: limits
      defaults: {legalEntity: "Acme Lyon", department: "Support", rolePrincipal: "Utilisateur"}
    from: agency
    pattern: "*.txt"
    pickup: {settle: 1ms}
`

// An ATS is its own package and one line of the registry.
func TestSourceIsOneLine(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Sources = append(registry.Sources, config.NewSource("agency", agency{}, agency.source))

	a, folder := open(t, registry, fmt.Sprintf(agencyFlow, tenant(t), "desk: Lyon"))
	if err := os.WriteFile(filepath.Join(folder, "out", "hires.txt"), []byte("Dropped"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []run.Outcome{run.Done, run.Nothing} { // the second time they are known
		result, err := a.Run(t.Context(), "agency-hires", app.RunOptions{})
		if err != nil || result.Run.Outcome != want {
			t.Fatal(result.Run.Outcome, result.Run.Reason, result.Run.Findings, err)
		}
	}
	hires, err := a.Inspect().Hires(t.Context(), state.HireFilter{Flow: "agency-hires"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hires {
		got = append(got, h.Source+" "+h.State+" "+h.Name)
		if h.EmployeeID == 0 {
			t.Errorf("%s is nobody in Lucca", h.Name)
		}
	}
	slices.Sort(got)
	if want := []string{"agency applied Zoé Dropped", "agency applied Zoé PolledLyon"}; !slices.Equal(got, want) {
		t.Errorf("hires %q, want %q", got, want)
	}
}

// What a source can do and which keys it has is known wherever the program speaks of it.
func TestSourceIsKnownByItsLine(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Sources = append(registry.Sources, config.NewSource("agency", agency{}, agency.source))

	c, _, faults := load(t, registry, fmt.Sprintf(agencyFlow, tenant(t), "desk: Lyon"))
	if c == nil {
		t.Fatal(faults)
	}
	probes := app.Prober(c, slog.New(slog.DiscardHandler), "test").Connect(t.Context())
	if !slices.ContainsFunc(probes, func(p inspect.Probe) bool {
		return p.OK && p.Name == "agency-hires: agency" && p.Address == "desk Lyon" && p.Message == "somebody is there"
	}) {
		t.Errorf("tried %+v", probes)
	}
	for keys, want := range map[string]string{
		"dsk: Lyon":                    `hires.dsk: unknown key "dsk"; did you mean "desk"?`,
		"company: acme":                "hires.company: is no key of source: agency, but of flatchr",
		"webhook_token: {file: ./key}": "hires.webhook_token: agency sends no webhooks: leave it out",
	} {
		_, _, faults := load(t, registry, fmt.Sprintf(agencyFlow, tenant(t), keys))
		if !slices.ContainsFunc(faults, func(f config.Fault) bool { return strings.HasSuffix(f.String(), want) }) {
			t.Errorf("%s: faults %v, want %s", keys, faults, want)
		}
	}
}

// tenant starts a Lucca of 40 people, and returns its address.
func tenant(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{
		Keys: []sandbox.Key{{Secret: demo.Key}}, RequestsPerMinute: -1,
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// open makes an instance of a configuration in a folder of its own, with a key and an
// empty folder out; the folder comes beside it.
func open(t *testing.T, registry config.Registry, content string) (a *app.App, folder string) {
	t.Helper()
	c, folder, faults := load(t, registry, content)
	if c == nil {
		t.Fatal(faults)
	}
	a, err := app.Open(t.Context(), app.Options{Config: c, Logger: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, folder
}

// load reads a configuration in a folder of its own, with a key and an empty folder out.
func load(t *testing.T, registry config.Registry, content string) (c *config.Config, folder string, faults config.Faults) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range map[string]string{"key": demo.Key, "lucca-exchange.yaml": content} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, faults = config.Load(filepath.Join(folder, "lucca-exchange.yaml"), registry)
	return c, folder, faults
}
