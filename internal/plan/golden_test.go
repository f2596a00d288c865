package plan_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
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
			got := describe(made)
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			if diff := gocmp.Diff(string(parts["want"]), got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// describe writes what a plan does to whom, and what it says.
func describe(p *plan.Plan) string {
	var b strings.Builder
	for i := range p.Items {
		if item := &p.Items[i]; item.Action != plan.Unchanged {
			describeItem(&b, item)
		}
	}
	c := p.Changes()
	fmt.Fprintf(&b, "create %d, update %d, end %d, rehire %d, unchanged %d, reject %d\n", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)
	for _, f := range p.Findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func describeItem(b *strings.Builder, item *plan.Item) {
	place, next := "absent", ""
	if item.Row > 0 {
		place = fmt.Sprint("row ", item.Row)
	}
	if item.Contract != nil && item.Contract.ID == 0 && item.Action != plan.Rehire {
		next = "  (a next contract)"
	}
	marks := map[plan.Action]string{plan.Create: "+", plan.Update: "~", plan.End: "-", plan.Rehire: "↻", plan.Reject: "!"}
	fmt.Fprintf(b, "%s %s  %s  %s%s\n", marks[item.Action], place, item.Action, cmp.Or(item.Login, "?"), next)
	rank := func(code string) int {
		if i := slices.Index(plan.Codes(), code); i >= 0 {
			return i
		}
		return len(plan.Codes())
	}
	set := item.Set.Map()
	for _, code := range slices.SortedFunc(maps.Keys(set), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) }) {
		fmt.Fprintf(b, "    %s: %s → %s\n", code, cmp.Or(set[code].From, "(none)"), cmp.Or(set[code].To, "(none)"))
	}
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
