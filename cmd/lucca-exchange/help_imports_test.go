package main

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// TestHelpImportsNamesEveryOption holds the topic against the schema of the config.
func TestHelpImportsNamesEveryOption(t *testing.T) {
	t.Parallel()
	topic, err := os.ReadFile("help/imports.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../schemas/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Ref   string `json:"$ref"`
				Items struct {
					Ref string `json:"$ref"`
				} `json:"items"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	var look func(def string)
	look = func(def string) {
		if def == "" || seen[def] {
			return
		}
		seen[def] = true
		for name, property := range schema.Defs[def].Properties {
			if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).Match(topic) {
				t.Errorf("help imports does not name %s of %s", name, def)
			}
			look(cut(property.Ref))
			look(cut(property.Items.Ref))
		}
	}
	look("configImport")
	if len(seen) < 3 {
		t.Fatalf("only %d parts of the schema were found", len(seen))
	}
}

// cut is the name of a part of the schema in a reference to it.
func cut(ref string) string { return regexp.MustCompile(`^#/\$defs/`).ReplaceAllString(ref, "") }
