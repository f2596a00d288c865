package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/sandbox"
)

// TrialFlow is the flow of a trial, TrialFile the file that it makes in the folder.
const (
	TrialFlow = "trial"
	TrialFile = "trial.out"
)

// Trial is a schema of a partner that is tried on the invented company.
type Trial struct {
	// Dir is a folder for everything, Schema the path of the schema or the name of a built-in one.
	Dir, Schema string
	// Columns are the optional columns to send.
	Columns []string
	// Extensions are the names that the schema has for custom fields, Codes custom fields by their
	// codes; both are made up in the company, with a value that reads as its sample in Samples, by
	// name or code, or else a text.
	Extensions, Codes []string
	Samples           map[string]string
	// Values are the value tables to use in place of the schema's, by column.
	Values map[string]any
	// Levels is how many levels of cost centres the schema has.
	Levels int
}

// Serve serves the company until the returned function is called, and writes the configuration of
// an export by the schema, whose path it returns.
func (t Trial) Serve(ctx context.Context) (path string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen for the sandbox: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	tenant := sandbox.New(t.company(), sandbox.Options{Keys: []sandbox.Key{{Secret: Key}}, RequestsPerMinute: -1})
	done := make(chan error, 1)
	go func() { done <- tenant.Serve(ctx, l) }()
	stop = func() error { cancel(); return <-done }
	path = filepath.Join(t.Dir, "trial.yaml")
	for name, text := range map[string]string{path: t.configuration("http://" + l.Addr().String()), filepath.Join(t.Dir, "key"): Key} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return "", stop, fmt.Errorf("write configuration: %w", err)
		}
	}
	return path, stop, nil
}

// company is that of the demo, with the custom fields and axes that the schema has.
func (t Trial) company() *sandbox.Company {
	c := sandbox.NewCompany(size, seed, time.Now())
	codes := slices.Clone(t.Codes)
	samples := maps.Clone(t.Samples)
	for _, name := range t.Extensions {
		codes = append(codes, "e_"+name)
		samples["e_"+name] = t.Samples[name]
	}
	for n, code := range codes {
		if slices.Contains(c.Extensions, code) {
			continue
		}
		c.Extensions = append(c.Extensions, code)
		c.Fields = append(c.Fields, sandbox.Field{Code: code, Name: code, Type: 4})
		for i := range c.Users {
			u := &c.Users[i]
			u.Extensions = maps.Clone(u.Extensions)
			if u.Extensions == nil {
				u.Extensions = make(map[string]sandbox.Extension)
			}
			sample := samples[code]
			if sample == "" {
				sample = fmt.Sprintf("%s %d", strings.TrimPrefix(code, "e_"), i+1)
			}
			value, _ := json.Marshal(sample) // a text
			u.Extensions[code] = sandbox.Extension{ID: 1_000_000 + n*len(c.Users) + i, Value: value}
		}
	}
	for level := 2; level <= t.Levels; level++ {
		c.Axes = append(c.Axes, sandbox.Named{ID: 2 + level, Name: fmt.Sprintf("Axe %d", level)})
	}
	return c
}

// configuration is JSON, which YAML holds.
func (t Trial) configuration(url string) string {
	extensions := make(map[string]string, len(t.Extensions))
	for _, name := range t.Extensions {
		extensions[name] = "e_" + name
	}
	axes := []int{3}
	for level := 2; level <= t.Levels; level++ {
		axes = append(axes, 2+level)
	}
	export := map[string]any{
		"profile": t.Schema, "columns": t.Columns, "values": t.Values,
		"limits": map[string]string{"dangling_managers": "100%", "max_rejected": "100%"},
	}
	b, _ := json.Marshal(map[string]any{ // maps and texts
		"timezone": "Europe/Paris", "state": "sqlite:state.db", "spool": "spool",
		"lucca": map[string]any{
			"url": url, "api_key": map[string]string{"file": "./key"}, "requests_per_minute": 6000,
			"contract_types": map[string]string{"1": "CDI", "2": "CDD"}, "extensions": extensions, "cost_center_axes": axes,
			"annual_salary": map[string]any{"source": "compensation", "periods": 12},
		},
		"remotes": map[string]any{"out": map[string]string{"type": "dir", "dir": "."}},
		"flows":   map[string]any{TrialFlow: map[string]any{"export": export, "to": "out", "file": TrialFile}},
	})
	return string(b)
}
