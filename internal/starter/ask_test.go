package starter_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/message/messagetest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/starter"
)

// asked is what somebody who types the lines is shown, and what is made of them.
func asked(t *testing.T, lines []string, secret string, keys error, a starter.Answers) (string, starter.Answers, error) {
	t.Helper()
	return askedIn(t, nil, lines, secret, keys, a)
}

func askedIn(t *testing.T, said func(string) string, lines []string, secret string, keys error, a starter.Answers) (string, starter.Answers, error) {
	t.Helper()
	var out strings.Builder
	a, err := starter.Ask(t.Context(), starter.Terminal{
		Said: said, In: bufio.NewReader(strings.NewReader(strings.Join(lines, "\n") + "\n")), Out: &out, Profiles: []string{"skillup", "360learning"},
		Secret:   func() (string, error) { return secret, nil },
		HostKeys: func(context.Context, string) ([]string, error) { return []string{"SHA256:one", "SHA256:two"}, keys },
	}, a)
	return out.String(), a, err
}

// TestAskingUntilItIsRight: what cannot be is asked again, and a server's keys are used only
// when somebody has compared them.
func TestAskingUntilItIsRight(t *testing.T) {
	t.Parallel()
	const key = "11111111-aaaa"
	out, a, err := asked(t, []string{"a b", "acme", "moodle", "360learning", "http://x", "sftp://me@sftp.x.example:2222/in", "y"}, key, nil, starter.Answers{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Tenant != "https://acme.ilucca.net" || a.Profile != "360learning" || a.Server.Address() != "sftp.x.example:2222" || a.Server.Dir != "/in" || len(a.HostKeys) != 2 || a.APIKey != key {
		t.Errorf("answers %+v", a)
	}
	for _, say := range []string{"Settings, API keys", "there are skillup, 360learning", "want sftp://user@host/folder", "SHA256:two"} {
		if !strings.Contains(out, say) {
			t.Errorf("it does not say %q:\n%s", say, out)
		}
	}
	if strings.Contains(out, key) {
		t.Error("the key is shown")
	}
	if _, a, err = asked(t, []string{"", "", "", "sftp://me@x.example/in", "n"}, "", nil, starter.Answers{Tenant: "https://acme.ilucca.net"}); err != nil || a.HostKeys != nil {
		t.Errorf("keys that nobody knows are used: %+v, %v", a, err)
	}
	if out, a, err = asked(t, []string{"", "sftp://me@x.example/in"}, "", errors.New("no answer"), starter.Answers{Tenant: "https://acme.ilucca.net"}); err != nil || a.HostKeys != nil || !strings.Contains(out, "no answer") {
		t.Errorf("a server that does not answer: %+v, %v", a, err)
	}
	if _, a, err = asked(t, []string{"", "", "ftps://me@x.example"}, "pass", nil, starter.Answers{}); err != nil || a.Tenant != "" || a.Profile != "skillup" || a.Password != "pass" || a.Server.Dir != "/" {
		t.Errorf("a trial with an FTP server: %+v, %v", a, err)
	}
	if _, _, err = asked(t, nil, "", nil, starter.Answers{}); err == nil {
		t.Error("an end of the input is an answer")
	}
}

// TestAskingInTheReadersLanguage: whoever is asked, answers wrongly and meets a server that does not answer
// reads not one English word.
func TestAskingInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	told := map[message.Language][]string{
		message.French: {"L'adresse de votre environnement Lucca", "Clé API\u00a0:", "il y a skillup, 360learning", "indiquez sftp://", "pas de mot de passe dans l'adresse", "montre ces clés", "Sont-elles celles du partenaire", "Mot de passe\u00a0:", "pas de réponse à temps"},
		message.German: {"Die Adresse Ihrer Lucca-Umgebung", "API-Schlüssel:", "es gibt skillup, 360learning", "erwartet wird sftp://", "kein Passwort in der Adresse", "zeigt diese Schlüssel", "Sind es die des Partners", "Passwort:", "keine rechtzeitige Antwort"},
	}
	for l, want := range told {
		said := message.In(l, time.UTC).Said
		var all strings.Builder
		for _, walk := range []struct {
			lines []string
			keys  error
		}{
			{lines: []string{"a b", "acme", "moodle", "360learning", "http://x", "sftp://me:pass@x.example/in", "sftp://me@x.example/in", "n"}},
			{lines: []string{"acme", "", "sftp://me@x.example/in"}, keys: os.ErrDeadlineExceeded},
			{lines: []string{"", "", "ftps://me@x.example"}},
			{lines: []string{"", "", ""}},
		} {
			out, _, err := askedIn(t, said, walk.lines, "", walk.keys, starter.Answers{})
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(out)
		}
		for line := range strings.Lines(all.String()) {
			if w := messagetest.English(line); w != "" {
				t.Errorf("%s: %q in: %s", l, w, line)
			}
		}
		for _, say := range want {
			if !strings.Contains(all.String(), say) {
				t.Errorf("%s: it does not say %q:\n%s", l, say, all.String())
			}
		}
	}
}

// TestAddresses as people write them.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"acme": "https://acme.ilucca.net", "acme.ilucca-test.net": "https://acme.ilucca-test.net", " https://acme.ilucca.net/home?x=1 ": "https://acme.ilucca.net",
		"http://127.0.0.1:8480": "http://127.0.0.1:8480", "": "", "my company": "", "https://user:pass@acme.ilucca.net": "",
	} {
		if got, err := starter.ParseTenant(text); got != want || (err == nil) != (want != "") {
			t.Errorf("tenant %q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x.example", "ftp://me@x.example", "sftp://x.example/in", "sftp://me@x.example:0/in", "sftp://me@x.example:99999/in", "sftp://me:geheim@x.example/in", "sftp://me@/in", "sftp://me@x.example/%zz"} {
		_, err := starter.ParseServer(text)
		if !errors.Is(err, run.ErrUsage) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("server %q: %v", text, err)
		}
	}
}

// TestAKeyForThePartnersServer is made, and the line that is sent to them belongs to it.
func TestAKeyForThePartnersServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := trial
	a.Tenant = "https://acme.ilucca.net"
	a.Server = &starter.Server{Type: "sftp", Host: "x.example", User: "me", Dir: "/in"}
	w, err := starter.Write(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(filepath.Join(dir, "secrets", "id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.PublicKey))
	if err != nil || string(public.Marshal()) != string(signer.PublicKey().Marshal()) {
		t.Errorf("the line %q is not of the key: %v", w.PublicKey, err)
	}
	if len(w.Empty) != 1 || w.Empty[0] != w.Key {
		t.Errorf("empty: %v", w.Empty)
	}
}
