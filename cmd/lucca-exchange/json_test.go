package main

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// spelt is how a key of a document is written. What stands for a name of the user's own, such as a
// flow or a column, is below one of these, and free.
var spelt = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

// free are the keys whose own keys are names.
var free = map[string]bool{"warnings": true, "set": true, "map": true, "sources": true, "cells": true}

// withoutJSON are the commands that print no findings of theirs: a document of a form of its own, or
// what goes on until somebody stops it.
var withoutJSON = map[string]string{
	"completion": "a script", "demo": "shows everything to a person", "help": "a text", "man": "pages", "metrics dashboard": "JSON of Grafana",
	"metrics rules": "YAML of Prometheus", "profiles show": "JSON, a schema", "profiles try": "shows three people to a person",
	"sandbox": "goes on", "schema": "JSON, a schema", "serve": "goes on, and logs", "unit": "a unit",
}

// TestEveryCommandHasJSON: whatever does or shows something has --json.
func TestEveryCommandHasJSON(t *testing.T) {
	t.Parallel()
	_, root := newRoot(io.Discard, io.Discard)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		name := strings.TrimPrefix(c.CommandPath(), "lucca-exchange ")
		group := c.HasSubCommands() && c.Flags().Lookup("json") == nil
		if _, known := withoutJSON[name]; !known && !group && c.Flags().Lookup("json") == nil {
			t.Errorf("%s has no --json", name)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// TestJSONHasOneShapeOfNames: the keys of all documents are in one style.
func TestJSONHasOneShapeOfNames(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	flows := exports(map[string]string{"nightly": leapDay}) + "  held: {export: {profile: skillup, limits: {min_rows: 100000}}, to: skillup, file: held.csv}\n"
	s := newSite(t, head+flows)
	for _, flow := range []string{"nightly", "held"} {
		if _, complaints, code := s.do(t, "run", flow); code != 0 && code != 4 {
			t.Fatalf("run %s: exit code %d: %s", flow, code, complaints)
		}
	}
	id := s.runs(t, "nightly")[0].ID
	for _, args := range [][]string{
		{"flows"}, {"runs"}, {"runs", "show", id}, {"run", "nightly"}, {"run", "nightly", "--dry-run"}, {"audit"}, {"audit", "verify"},
		{"check"}, {"check", "--connect"}, {"profiles"}, {"profiles", "skillup"}, {"hires"}, {"token", "list"}, {"version"},
		{"diff", "nightly"}, {"notify", "test"}, {"person", "1"}, {"explain", "nightly", "1"},
		{"pause", "nightly", "--until", "36h"}, {"flows"}, {"resume", "nightly"}, {"export-file", id}, {"resend", id}, {"backup", "b.db"},
		{"token", "create", "payroll"}, {"token", "list"}, {"token", "revoke", "payroll"},
		{"approve", s.runs(t, "held")[0].ID, "--yes"}, {"init", "--dir", "first"}, {"health", "--url", "http://127.0.0.1:1"},
	} {
		out, complaints, code := s.do(t, append(args, "--json")...)
		if out == "" && code != 0 {
			if complaints == "" {
				t.Errorf("%v: exit code %d, and nothing is said", args, code)
			}
			continue // there is nothing to show, which the command says
		}
		var document any
		if err := json.Unmarshal([]byte(out), &document); err != nil {
			t.Errorf("%v: exit code %d, %v: %s%s", args, code, err, out, complaints)
			continue
		}
		checkNames(t, strings.Join(args, " "), document)
	}
}

// checkNames goes through a document.
func checkNames(t *testing.T, where string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			checkNames(t, where, one)
		}
	case map[string]any:
		for key, value := range v {
			if !spelt.MatchString(key) {
				t.Errorf("%s: the key %q is of another style", where, key)
			}
			if names, ok := value.(map[string]any); ok && free[key] {
				for _, below := range names {
					checkNames(t, where+" "+key, below)
				}
				continue
			}
			checkNames(t, where+" "+key, value)
		}
	}
}
