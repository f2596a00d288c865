package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	composespec "github.com/compose-spec/compose-go/v2/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state/statetest"
)

const packaging = "../../.ci/package"

// object is a part of a YAML document.
type object = map[string]any

func readYAML(t *testing.T, text []byte) object {
	t.Helper()
	var o object
	if err := yaml.Unmarshal(text, &o); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return o
}

// at goes down a document, by keys and by numbers of elements.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("no element %d of %v, on the way %v", step, v, path)
			}
			v = list[step]
		default:
			o, ok := v.(object)
			if !ok || o[fmt.Sprint(step)] == nil {
				t.Fatalf("no %v in %v, on the way %v", step, v, path)
			}
			v = o[fmt.Sprint(step)]
		}
	}
	return v
}

// checked has a configuration that is given out be checked by the program itself.
func checked(t *testing.T, config string) {
	t.Helper()
	s := newSite(t, config)
	s.env = []string{"SKILLUP_PASSWORD=x"}
	if out, complaints, code := s.do(t, "check"); code != 0 {
		t.Errorf("check: exit code %d: %s%s\n%s", code, out, complaints, config)
	}
}

// TestComposeFileIsOneThatWorks: it keeps the published schema of Compose, its nodes share a database and a spool, and its configuration passes
// check.
func TestComposeFileIsOneThatWorks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(packaging, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := readYAML(t, text)
	if err := composespec.Validate(c); err != nil {
		t.Errorf("it does not keep the Compose specification: %v", err)
	}
	// Compose writes $$ for one $.
	checked(t, strings.ReplaceAll(at(t, c, "configs", "lucca-exchange", "content").(string), "$$", "$"))
	for _, node := range []string{"node-1", "node-2"} {
		for _, volume := range at(t, c, "services", node, "volumes").([]any) {
			name, _, _ := strings.Cut(volume.(string), ":")
			at(t, c, "volumes")
			if _, declared := c["volumes"].(object)[name]; !declared {
				t.Errorf("%s: the volume %s is not declared", node, name)
			}
		}
		if at(t, c, "services", node, "volumes", 0) != "spool:/var/lib/lucca-exchange" || at(t, c, "services", node, "depends_on", "db", "condition") != "service_healthy" {
			t.Errorf("%s: %v", node, at(t, c, "services", node))
		}
	}
	at(t, c, "services", "db", "healthcheck", "test")
}

// TestChartRenders as helm would: the values fit their schema, each document names what it is, what
// refers to something finds it, and the configuration passes check.
func TestChartRenders(t *testing.T) {
	t.Parallel()
	chart := filepath.Join(packaging, "chart")
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(chart, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	about, values := readYAML(t, read("Chart.yaml")), readYAML(t, read("values.yaml"))
	if about["apiVersion"] != "v2" || about["name"] != "lucca-exchange" || about["version"] == nil {
		t.Errorf("Chart.yaml: %v", about)
	}
	schema := jsonschema.NewCompiler()
	var document any
	if err := json.Unmarshal(read("values.schema.json"), &document); err != nil {
		t.Fatal(err)
	}
	if err := schema.AddResource("values.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := schema.Compile("values.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(any(values)); err != nil {
		t.Errorf("the values do not fit their schema: %v", err)
	}
	values["replicas"] = "two"
	if compiled.Validate(any(values)) == nil {
		t.Error("the schema takes anything")
	}
	values["replicas"] = 2
	checked(t, values["config"].(string))

	templates, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"quote":  func(v any) string { return fmt.Sprintf("%q", fmt.Sprint(v)) },
		"toJson": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
	}).ParseGlob(filepath.Join(chart, "templates", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]object)
	for _, name := range []string{"config.yaml", "spool.yaml", "service.yaml", "nodes.yaml"} {
		var out bytes.Buffer
		if err := templates.ExecuteTemplate(&out, name, object{"Values": values, "Release": object{"Name": "hr"}}); err != nil {
			t.Fatal(err)
		}
		o := readYAML(t, out.Bytes())
		if o["apiVersion"] == nil || at(t, o, "metadata", "name") != "hr" {
			t.Errorf("%s: %v", name, o)
		}
		kinds[o["kind"].(string)] = o
	}
	nodes := kinds["Deployment"]
	labels := fmt.Sprint(at(t, nodes, "spec", "template", "metadata", "labels"))
	for what, selector := range map[string]any{"nodes": at(t, nodes, "spec", "selector", "matchLabels"), "service": at(t, kinds["Service"], "spec", "selector")} {
		if fmt.Sprint(selector) != labels {
			t.Errorf("%s choose %v, the nodes have %s", what, selector, labels)
		}
	}
	if at(t, kinds["ConfigMap"], "data", "lucca-exchange.yaml") != values["config"] {
		t.Error("the configuration is not what was given")
	}
	if at(t, nodes, "spec", "replicas") != 2 || at(t, kinds["PersistentVolumeClaim"], "spec", "accessModes", 0) != "ReadWriteMany" {
		t.Errorf("%v", kinds)
	}
	spec := at(t, nodes, "spec", "template", "spec")
	mounted := make(map[string]bool)
	for _, v := range at(t, spec, "volumes").([]any) {
		mounted[v.(object)["name"].(string)] = true
	}
	for _, m := range at(t, spec, "containers", 0, "volumeMounts").([]any) {
		if !mounted[m.(object)["name"].(string)] {
			t.Errorf("no volume for %v", m)
		}
	}
}

// TestHeldFileIsApprovedFromAnyNode that has the spool, as those of the compose file and the chart do.
func TestHeldFileIsApprovedFromAnyNode(t *testing.T) {
	t.Parallel()
	dsn, spool := statetest.PostgreSQL(t), filepath.Join(t.TempDir(), "spool")
	_, lucca := serve(t, company(time.Now()))
	in, head := skillup(t, lucca)
	flows := strings.Replace(exports(map[string]string{"held": leapDay}), "{profile: skillup}", "{profile: skillup, limits: {min_rows: 100000}}", 1)
	nodes := make([]*site, 2)
	for i := range nodes {
		nodes[i] = newSite(t, fmt.Sprintf("state: %q\nspool: %q\n", dsn, spool)+head+flows)
		nodes[i].state = dsn
	}
	if _, complaints, code := nodes[0].do(t, "run", "held"); code != 4 {
		t.Fatalf("run: exit code %d: %s", code, complaints)
	}
	held := nodes[1].runs(t, "held")[0]
	if out, complaints, code := nodes[1].do(t, "approve", held.ID, "--yes"); code != 0 && code != 3 {
		t.Fatalf("approve on the other node: exit code %d: %s%s", code, out, complaints)
	}
	if got := nodes[0].runs(t, "held")[0]; got.ID != held.ID || got.Outcome != run.Done && got.Outcome != run.Rejections {
		t.Errorf("%+v", got.Run)
	}
	if files := names(t, in.root); len(files) != 1 {
		t.Errorf("the partner has %v", files)
	}
}
