package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMessagesLinkToTheConsole: whoever reads on a phone that a run is held is one tap from its
// plan, by mail, in chat and at the terminal; without an address of the console no link is there.
func TestMessagesLinkToTheConsole(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	for _, tt := range []struct{ name, web, want string }{
		{"with an address", `web: {public_url: "https://exchange.acme.example/"}`, "https://exchange.acme.example"},
		{"without one", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var mails, chats told
			chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body) // what came will do
				chats.add(string(body))
			}))
			t.Cleanup(chat.Close)
			_, lucca := serve(t, company(time.Now()))
			in := installation{program: program, dir: t.TempDir()}
			if err := os.Mkdir(filepath.Join(in.dir, "drop"), 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(in.dir, "drop", "users.csv"), "login;jobTitle\nbea;Cheffe\n")
			writeFile(t, filepath.Join(in.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}}
remotes: {drop: {type: dir, dir: ./drop}}
flows: {users: {from: drop, pattern: "*.csv", import: {approval: first}}}
notify:
  - {webhook: {url: {env: CHAT_URL}}}
  - {email: {to: [hr@acme.example], from: lx@acme.example, smtp: {host: 127.0.0.1, port: %d, tls: none}}}
%s
`, lucca, mailbox(t, &mails), tt.web))
			said := func(args ...string) string {
				cmd := in.command(t, args...)
				cmd.Env = append(cmd.Env, "CHAT_URL="+chat.URL)
				text, _ := cmd.CombinedOutput() // a held run ends with 4
				return string(text)
			}
			ran := said("run", "users")
			run := regexp.MustCompile(`approve (\S+)`).FindStringSubmatch(ran)
			if run == nil {
				t.Fatalf("no run is held:\n%s", ran)
			}
			page := ""
			if tt.want != "" {
				page = tt.want + "/runs/" + run[1] + "/plan"
			}
			for where, text := range map[string]string{
				"run": ran, "runs show": said("runs", "show", run[1]), "runs show --json": said("runs", "show", run[1], "--json"), "chat": chats.all(),
				"mail": strings.ReplaceAll(strings.ReplaceAll(mails.all(), "=\n", ""), "=3D", "="),
			} {
				switch {
				case page == "" && (strings.Contains(text, "In a browser") || strings.Contains(text, `"page"`)):
					t.Errorf("%s links to nowhere:\n%s", where, text)
				case !strings.Contains(text, page):
					t.Errorf("%s lacks %s:\n%s", where, page, text)
				case where == "mail" && page != "" && !strings.Contains(text, `<a href="`+page+`">`):
					t.Errorf("%s has no link to %s:\n%s", where, page, text)
				}
				for _, value := range []string{"Cheffe", "bea"} {
					if (where == "mail" || where == "chat") && strings.Contains(text, value) {
						t.Errorf("%s holds the value %s", where, value)
					}
				}
			}
			if shown := said("notify", "test"); tt.want != "" && !strings.Contains(chats.all(), `"page":"`+tt.want+`/"`) {
				t.Errorf("a test does not say where the console is:\n%s\n%s", shown, chats.all())
			}
		})
	}
}
