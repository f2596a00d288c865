package notify_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/secret"
)

func decode(t *testing.T, text string) notify.Config {
	t.Helper()
	var c notify.Config
	if err := yaml.Load([]byte(text), &c, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	return c
}

const example = `
- {email: {to: [hr@acme.example], smtp: {host: smtp.acme.example, port: 587, user: x, password: {env: SMTP_PW}}}, on: [failed, held, rejections, missing]}
- {webhook: {url: {env: SLACK_URL}}, on: [failed, held]}
- {ping: {url: https://hc.example/uuid}}
- {email: {to: [it@acme.example], from: robot@acme.example, smtp: {host: localhost, tls: none}}}
- {ping: {url: "http://127.0.0.1:8000/{flow}"}}
`

func TestExampleIsValid(t *testing.T) {
	t.Parallel()
	decode(t, example).Validate(func(key, message string) { t.Errorf("%s: %s", key, message) })
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := decode(t, strings.ReplaceAll(`
- {}
- {webhook: {url: {env: A}}, ping: {url: https://hc.example/x}}
- {email: {to: [], smtp: {}}}
- {email: {to: ["Ann <ann@acme.example>", a@b.example, a@b.example], from: nobody, smtp: {host: "smtp.acme.example:25", port: 70000, user: x, tls: maybe, ca_file: FILE}}, on: [failed, done]}
- {email: {to: [a@b.example], smtp: {host: smtp.acme.example, password: {env: A, file: b}, tls: none}}}
- {webhook: {url: {}}}
- {ping: {url: "http://hc.example/x"}, on: [failed]}
- {ping: {url: "https://hc.example/{run}"}}
- {webhook: {url: {env: SLACK_URL}}}
- {webhook: {url: {env: SLACK_URL}}, on: [failed, held, rejections, missing]}
`, "FILE", file))
	got := make(map[string]bool)
	c.Validate(func(key, message string) {
		got[key] = true
		if strings.Contains(message, "ann@") {
			t.Errorf("%s repeats an address: %s", key, message)
		}
	})
	want := []string{
		"notify[0]", "notify[1]", "notify[2].email.to", "notify[2].email.smtp.host",
		"notify[3].email.to[0]", "notify[3].email.to[2]", "notify[3].email.from", "notify[3].email.smtp.host", "notify[3].email.smtp.port",
		"notify[3].email.smtp.password", "notify[3].email.smtp.tls", "notify[3].email.smtp.ca_file", "notify[3].on[1]",
		"notify[4].email.smtp.user", "notify[4].email.smtp.tls", "notify[5].webhook.url",
		"notify[6].ping.url", "notify[6].on", "notify[7].ping.url", "notify[9]",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPathsStartAtTheConfiguration(t *testing.T) {
	t.Parallel()
	c := decode(t, `
- {email: {to: [a@b.example], smtp: {host: h, user: u, password: {file: pw}, ca_file: ca.pem}}}
- {webhook: {url: {file: url}}}
- {ping: {url: https://hc.example/x}}
`)
	got := c.Under("/etc/exchange")
	if p := got[0].Email.SMTP.Password.File; p != "/etc/exchange/pw" {
		t.Error(p)
	}
	if p := got[0].Email.SMTP.CAFile; p != "/etc/exchange/ca.pem" {
		t.Error(p)
	}
	if p := got[1].Webhook.URL.File; p != "/etc/exchange/url" {
		t.Error(p)
	}
	if c[0].Email.SMTP.CAFile != "ca.pem" || c[1].Webhook.URL.File != "url" {
		t.Error("the original has changed")
	}
}

func TestMachineThatMakesNoSender(t *testing.T) {
	t.Parallel()
	c := notify.Config{{Email: &notify.Email{To: []string{"a@b.example"}, SMTP: notify.SMTP{Host: "h"}}}}
	_, err := notify.New(c, notify.Options{Hostname: "my machine", Memory: new(memory)})
	if err == nil || !strings.Contains(err.Error(), "notify[0].email.from: missing") {
		t.Errorf("got %v", err)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := notify.Config{
		{Webhook: &notify.Webhook{URL: secret.Ref{File: filepath.Join(t.TempDir(), "none")}}},
		{Email: &notify.Email{To: []string{"a@b.example"}, SMTP: notify.SMTP{Host: "h", User: "u", Password: secret.Ref{Env: "NOTIFY_TEST_UNSET"}}}},
		{Email: &notify.Email{To: []string{"a@b.example"}, SMTP: notify.SMTP{Host: "h"}}},
	}
	_, err := notify.New(c, notify.Options{Hostname: "exchange-1"})
	if err == nil {
		t.Fatal("want an error")
	}
	for _, want := range []string{"notify[0].webhook.url: ", "notify[1].email.smtp.password: ", "need a memory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
