package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
)

// told keeps what came by mail and by webhook.
type told struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *told) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.WriteString(text)
}

func (s *told) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// mailbox is a mail server that takes everything, and returns its port.
func mailbox(t *testing.T, keep *told) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { defer func() { _ = conn.Close() }(); takeMail(conn, keep) })
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}

func takeMail(conn net.Conn, keep *told) {
	_, _ = io.WriteString(conn, "220 mailbox\r\n")
	lines, data := bufio.NewScanner(conn), false
	for lines.Scan() {
		line, answer := lines.Text(), "250 ok\r\n"
		switch {
		case data && line != ".":
			keep.add(line + "\n")
			continue
		case data:
			data = false
		case strings.HasPrefix(line, "DATA"):
			data, answer = true, "354 go on\r\n"
		case strings.HasPrefix(line, "QUIT"):
			_, _ = io.WriteString(conn, "221 bye\r\n")
			return
		}
		_, _ = io.WriteString(conn, answer)
	}
}

// TestAPasswordThatAServerSaysBackGoesNowhere: a server that is let in and repeats the password in
// its refusals put it into the report of the run, the log, the state, mail and chat.
func TestAPasswordThatAServerSaysBackGoesNowhere(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	const password = `canary "7d1f"/pa55`
	says := `no room for acme, who came with ` + password + " " + strings.Repeat("and on, ", 20) + password
	for kind, remote := range map[string]func(t *testing.T) string{
		"sftp": func(t *testing.T) string {
			s := remotetest.ScriptedSFTP(t, remotetest.SFTPScript{Says: says})
			host, port, _ := net.SplitHostPort(s.Addr)
			return fmt.Sprintf("{type: sftp, host: %s, port: %s, user: acme, password: {env: ECHO_PASSWORD}, host_keys: [%q], dir: %q, attempts: 2, retry_wait: 1ms}", host, port, s.Print, t.TempDir())
		},
		"ftp": func(t *testing.T) string {
			s := remotetest.NewScriptedFTP(t, remotetest.FTPOptions{Root: t.TempDir(), Script: map[string]remotetest.FTPScript{
				"STOR": {Answer: "553 " + says},
			}})
			s.Password = password
			host, port, _ := net.SplitHostPort(s.Addr)
			return fmt.Sprintf("{type: ftp, allow_plaintext: true, host: %s, port: %s, user: acme, password: {env: ECHO_PASSWORD}, attempts: 2, retry_wait: 1ms}", host, port)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var came told
			chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body) // what came will do
				came.add(string(body))
			}))
			t.Cleanup(chat.Close)
			_, lucca := serve(t, company(time.Now()))
			in := installation{program: program, dir: t.TempDir()}
			writeFile(t, filepath.Join(in.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}}
remotes: {partner: %s}
flows: {out: {export: {profile: skillup}, to: partner, file: out.csv}}
notify:
  - {webhook: {url: {env: CHAT_URL}}}
  - {email: {to: [hr@acme.example], from: lx@acme.example, smtp: {host: 127.0.0.1, port: %d, tls: none}}}
`, lucca, remote(t), mailbox(t, &came)))
			var out strings.Builder
			for _, args := range [][]string{
				{"check", "--connect"}, {"run", "out", "--log-level", "debug"}, {"run", "out", "--json"}, {"runs"}, {"runs", "--json"}, {"flows"},
			} {
				cmd := in.command(t, args...)
				cmd.Env = append(cmd.Env, "ECHO_PASSWORD="+password, "CHAT_URL="+chat.URL+"/canary-in-the-address")
				text, err := cmd.CombinedOutput()
				if args[0] != "runs" && args[0] != "flows" && err == nil {
					t.Errorf("%v: the server was to refuse:\n%s", args, text)
				}
				out.Write(text)
			}
			texts := map[string]string{"what was printed and logged": out.String(), "mail and chat": strings.ReplaceAll(came.all(), "=\n", "")}
			err := filepath.WalkDir(filepath.Join(in.dir, "state"), func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					data, e := os.ReadFile(path)
					texts[d.Name()], err = string(data), e
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range texts {
				for _, part := range []string{"7d1f", "pa55", "canary"} {
					if at := strings.Index(text, part); at >= 0 {
						t.Errorf("%s: %q", name, text[max(0, at-100):min(len(text), at+60)])
						break
					}
				}
			}
			for _, name := range []string{"what was printed and logged", "mail and chat"} {
				if !strings.Contains(texts[name], "who came with [redacted]") {
					t.Errorf("%s does not tell the reason:\n%s", name, texts[name])
				}
			}
		})
	}
}
