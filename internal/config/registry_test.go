package config_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/remote"
)

// pigeon is a transport of one key, whose server shows a certificate.
type pigeon struct {
	Loft string `yaml:"loft"`
}

func (p pigeon) Under(dir string) pigeon { p.Loft = filepath.Join(dir, p.Loft); return p }

func (p pigeon) Validate(report func(key, message string)) {
	if filepath.Base(p.Loft) == "empty" {
		report("loft", "there is no pigeon in it")
	}
}

func (p pigeon) Address() string     { return p.Loft }
func (p pigeon) CanRead() bool       { return false }
func (p pigeon) Route() remote.Route { return remote.Route{Dir: p.Loft, User: "keeper"} }

// flight is a remote that shows its certificate when it is opened.
type flight struct{ show func(time.Time) }

func (f *flight) Certificate(ends func(time.Time)) { f.show = ends }

func (f *flight) Open(context.Context) (remote.Session, error) {
	f.show(certified)
	return nil, errors.New("no wind")
}

var certified = time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC)

// TestWhatIsKnownOfARemote comes from its transport: where it is, how it is reached, whether it can be
// read, and when the certificate ends that it showed last.
func TestWhatIsKnownOfARemote(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Transports = []config.Transport{config.NewTransport("pigeon", pigeon{}, func(pigeon) *flight { return new(flight) })}
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	text := `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: pigeon, loft: roof}}
flows: {out: {export: {profile: skillup}, to: a, file: a.csv}}
`
	write(t, filepath.Join(dir, "key"), []byte("k"))
	write(t, path, []byte(text))
	c, faults := config.Load(path, registry)
	if c == nil {
		t.Fatal(faults)
	}
	r := c.Remotes["a"]
	if r.Type != "pigeon" || r.Address != filepath.Join(dir, "roof") || r.Route != (remote.Route{User: "keeper", Dir: "roof"}) || !r.WriteOnly {
		t.Errorf("remote %+v", r)
	}
	if ends := c.Ends(certified); len(ends) > 0 || !r.Ends().IsZero() {
		t.Errorf("before it was opened: %+v", ends)
	}
	if _, err := r.Connect().Open(t.Context()); err == nil {
		t.Error("it flew")
	}
	if ends := c.Ends(certified); len(ends) != 1 || ends[0] != (config.End{Kind: config.EndServer, Path: "remotes.a", Remote: "a", At: certified}) {
		t.Errorf("once it was opened: %+v", ends)
	}
	for old, want := range map[string]string{
		"loft: roof":   "c.yaml:3: remotes.a.loft: there is no pigeon in it",
		"type: pigeon": "c.yaml:3: remotes.a.type: want pigeon, not \"sftp\"",
		"type":         "c.yaml:3: remotes.a.type: missing: want pigeon",
	} {
		write(t, path, []byte(strings.Replace(text, old, map[string]string{"loft: roof": "loft: empty", "type: pigeon": "type: sftp", "type": "kind"}[old], 1)))
		if _, faults := config.Load(path, registry); !strings.HasSuffix(faults.Error(), want) {
			t.Errorf("%v, want %s", faults, want)
		}
	}
}

// rolodex is a source of one key.
type rolodex struct {
	Drawer string `yaml:"drawer"`
}

func (r rolodex) Under(string) rolodex                            { return r }
func (r rolodex) Validate(hire.Config, func(key, message string)) {}
func opens(ways hire.Source) func(rolodex, hire.Flow) hire.Source {
	return func(rolodex, hire.Flow) hire.Source { return ways }
}

// TestHiresComeByTheWaysOfTheirSource: a way that the source does not have is refused, and one of those
// that it has is wanted.
func TestHiresComeByTheWaysOfTheirSource(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Sources = []config.Source{
		config.NewSource("posts", rolodex{}, opens(hire.Source{Webhook: struct{ hire.WebhookReader }{}})),
		config.NewSource("answers", rolodex{}, opens(hire.Source{Poll: struct{ hire.Poller }{}, PollKeys: "drawer"})),
		config.NewSource("silent", rolodex{}, opens(hire.Source{PollKeys: "drawer"})),
		config.NewSource("drops", rolodex{}, opens(hire.Source{File: struct{ hire.FileReader }{}})),
	}
	for text, want := range map[string]string{
		"{hires: {source: posts, webhook_token: {file: token}}}":                           "",
		"{hires: {source: posts}}":                                                         "flows.f.hires: no hire would ever come: want webhook_token",
		"{hires: {source: posts, webhook_token: {file: token}}, from: a, pattern: h}":      "flows.f.from: posts drops no files of hires: those are of source: drops",
		"{hires: {source: answers}}":                                                       "",
		"{hires: {source: answers, webhook_token: {file: token}}}":                         "flows.f.hires.webhook_token: answers sends no webhooks: leave it out",
		"{hires: {source: silent}}":                                                        "flows.f.hires: no hire would ever come: want drawer",
		"{hires: {source: drops}}":                                                         "flows.f.hires: no hire would ever come: want from",
		"{hires: {source: drops}, from: a, pattern: h}":                                    "",
		"{hires: {source: drops, drawer: 3}, from: a, pattern: h, to: a, wrap: gzip}":      "flows.f.to: a hires flow does not use it; flows.f.wrap: a hires flow does not use it",
		"{hires: {source: drops}, from: nowhere, pattern: h}":                              `flows.f.from: there is no remote "nowhere"`,
		"{hires: {source: posts, webhook_token: {file: token}}, pattern: h, unwrap: gzip}": "flows.f.pattern: a flow without from does not use it; flows.f.unwrap: a flow without from does not use it",
	} {
		dir := t.TempDir()
		for name, content := range map[string]string{"key": "k", "token": "0123456789abcdef0123456789abcdef", "c.yaml": `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
web: {}
remotes: {a: {type: dir, dir: a}}
flows: {f: ` + text + "}\n"} {
			write(t, filepath.Join(dir, name), []byte(content))
		}
		_, faults := config.Load(filepath.Join(dir, "c.yaml"), registry)
		got := make([]string, len(faults))
		for i, f := range faults {
			got[i] = f.Path + ": " + f.Message
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
