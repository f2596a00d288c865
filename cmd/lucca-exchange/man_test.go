package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryCommandAndTopicHasAManualPage: names stay whole in it, and the first one names the guide.
func TestEveryCommandAndTopicHasAManualPage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, root := newRoot(io.Discard, io.Discard)
	root.SetArgs([]string{"man", folder, "--date", "2026-11-29"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	pages := []string{"lucca-exchange.1"}
	for _, topic := range topics() {
		pages = append(pages, "lucca-exchange-"+topic+".7")
	}
	for _, c := range root.Commands() {
		if !c.Hidden && c.Name() != "help" {
			pages = append(pages, "lucca-exchange-"+c.Name()+".1")
		}
	}
	for _, name := range pages {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.HasSuffix(name, ".1") && !strings.Contains(string(text), "\n.nh\n") {
			t.Errorf("%s breaks names at hyphens", name)
		}
	}
	first, err := os.ReadFile(filepath.Join(folder, "lucca-exchange.1"))
	if err != nil || !strings.Contains(string(first), "install(7)") {
		t.Errorf("the first page names no topic: %v", err)
	}
}
