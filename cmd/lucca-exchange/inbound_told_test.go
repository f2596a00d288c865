package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestADoubtAboutAFileIsToldAndShown: a file that went well, with a warning that a person should
// see, is told to the webhook as a warning, and "flows" counts it until a file without one comes.
func TestADoubtAboutAFileIsToldAndShown(t *testing.T) {
	t.Parallel()
	var told hearer
	hook := httptest.NewServer(&told)
	t.Cleanup(hook.Close)
	in := newInbound(t, "mode: delta\n", "")
	config, err := os.ReadFile(filepath.Join(in.dir, "lucca-exchange.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	in.write("lucca-exchange.yaml", string(config)+"notify:\n  - {webhook: {url: {file: hook}}, on: [warning, failed, held]}\n")
	in.write("hook", hook.URL)

	for _, tt := range []struct{ name, text, code string }{
		{"users_1.xlsx", "login;jobTitle\noroux;Chef\nclefevre;Cheffe\n!hide-row 3", "hidden_rows"},
		{"users_2.xlsx", "login;jobTitle\noroux;Chef de projet\n!hide-column B", "hidden_columns"},
		{"users_3.csv", "login;jobTitle;mail\noroux;Chef;oroux@acme.example\n", ""},
		{"users_4.csv", "login;lastName;firstName\nzdaubigne;D'Aubigne;Zoé\n", "accents_lost"},
		{"users_5.csv", "login;jobTitle\noroux;Chef\n", ""},
	} {
		text := tt.text
		if strings.HasSuffix(tt.name, ".xlsx") {
			text = workbookOf(t, text)
		}
		if got := in.drop(tt.name, text); !strings.Contains(got, "done, exit 0") {
			t.Fatalf("%s", got)
		}
		if got := told.take(); !strings.Contains(got, cmp.Or(tt.code, `"kind":"recovered"`)) {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.code)
		}
		if got := in.warnings(); fmt.Sprint(got) != fmt.Sprint(codesOf(tt.code)) {
			t.Errorf("%s: flows shows %v, want %q", tt.name, got, tt.code)
		}
	}
}

func codesOf(code string) map[string]int {
	if code == "" {
		return nil
	}
	n := 1
	return map[string]int{code: n}
}

// warnings are those that "flows --json" shows of the flow.
func (in *inbound) warnings() map[string]int {
	in.t.Helper()
	_, stdout, stderr := in.lucca("flows", "--json")
	var flows []struct{ Warnings map[string]int }
	if err := json.Unmarshal([]byte(stdout), &flows); err != nil || len(flows) != 1 {
		in.t.Fatalf("%v in %q, %s", err, stdout, stderr)
	}
	return flows[0].Warnings
}

// hearer keeps what a webhook is told.
type hearer struct {
	mu   sync.Mutex
	text strings.Builder
}

// ServeHTTP takes a message.
func (h *hearer) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = io.Copy(&h.text, r.Body) // what is missing is what the test misses
}

// take returns what was told since it was last asked.
func (h *hearer) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := h.text.String()
	h.text.Reset()
	return text
}
