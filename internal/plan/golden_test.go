package plan_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRules plans the file of each testdata/*.txtar, named after the rule, for the sample
// company. A case may have a policy.
func TestRules(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := make(map[string][]byte)
			for _, f := range archive.Files {
				parts[f.Name] = f.Data
			}
			var policy plan.Policy
			if text := parts["policy.yaml"]; len(text) > 0 {
				if err := yaml.Load(text, &policy, yaml.WithKnownFields()); err != nil {
					t.Fatal(err)
				}
			}
			policy.Validate(func(key, message string) { t.Errorf("policy: %s: %s", key, message) })
			policy.Account = 1 // pkern
			made := plan.Make(table(t, strings.TrimSuffix(string(parts["file.csv"]), "\n")), join(t, company(t)), policy)
			got := describe(t, made)
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			if diff := cmp.Diff(string(parts["want"]), got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func describe(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, want string) {
	t.Helper()
	var kept []txtar.File
	for _, f := range archive.Files {
		if f.Name != "want" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
