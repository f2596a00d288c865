package watch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/web/watch"
)

// TestEveryMetricIsThere: an alert on a metric that nobody has never fires.
func TestEveryMetricIsThere(t *testing.T) {
	t.Parallel()
	// What package web's own test compares a scrape with.
	scrape, err := os.ReadFile("../testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^(lucca_exchange_[a-z_]+)[{ ]`).FindAllSubmatch(scrape, -1) {
		there[string(m[1])] = true
	}
	named := regexp.MustCompile(`lucca_exchange_[a-z_]+`)
	for what, text := range map[string]string{"rules": watch.Rules, "dashboard": watch.Dashboard} {
		found := named.FindAllString(text, -1)
		if len(found) == 0 {
			t.Errorf("%s: no metric at all", what)
		}
		for _, name := range found {
			if !there[name] {
				t.Errorf("%s: there is no metric %s", what, name)
			}
		}
	}
}

func TestFormsAreThoseOfPrometheusAndGrafana(t *testing.T) {
	t.Parallel()
	var rules struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal([]byte(watch.Rules), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Expr == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("rule %q is not whole", r.Alert)
			}
			if strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") {
				t.Errorf("rule %q: brackets", r.Alert)
			}
		}
	}
	var dashboard struct {
		Title  string           `json:"title"`
		Panels []map[string]any `json:"panels"`
	}
	if err := json.Unmarshal([]byte(watch.Dashboard), &dashboard); err != nil || dashboard.Title == "" || len(dashboard.Panels) == 0 {
		t.Errorf("dashboard: %v", err)
	}
}

// TestPromtoolTakesTheRules, and each expression of the dashboard as one of a rule.
func TestPromtoolTakesTheRules(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool is needed: .ci/test.sh installs it")
		}
		t.Skip("no promtool (Debian's package prometheus)")
	}
	var dashboard struct {
		Panels []struct {
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal([]byte(watch.Dashboard), &dashboard); err != nil {
		t.Fatal(err)
	}
	asRules := "groups:\n- name: dashboard\n  rules:\n"
	n := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			n++
			asRules += fmt.Sprintf("  - {record: %q, expr: %q}\n", fmt.Sprintf("panel:%d", n), target.Expr)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.yaml": watch.Rules, "dashboard.yaml": asRules} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
