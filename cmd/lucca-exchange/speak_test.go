package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestTextsOfHelpFitATerminal: paragraphs are filled anew, examples and short lines stay as they are.
func TestTextsOfHelpFitATerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three\nfour", 8, "one two\nthree\nfour"},
		{"one two three\nfour", 13, "one two three\nfour"},
		{"one two three\nfour", 0, "one two three\nfour"},
		{"example:\n  one two three four", 8, "example:\n  one two three four"},
		{"one two\n\nthree four five", 10, "one two\n\nthree four\nfive"},
	} {
		if got := filled(tt.text, tt.width); got != tt.want {
			t.Errorf("%q in %d: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

// TestOptionsStandInOneColumn whatever letters their placeholders have.
func TestOptionsStandInOneColumn(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, root := newRoot(&out, io.Discard)
	root.SetArgs([]string{"runs", "--lang", "fr", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	columns := make(map[int]bool)
	for line := range strings.Lines(out.String()) {
		for _, usage := range []string{"seulement les exécutions d'un FLUX", "au plus tant d'EXÉCUTIONS", "seulement celles de ce RÉSULTAT"} {
			if before, _, ok := strings.Cut(line, usage); ok {
				columns[ansi.StringWidth(before)] = true
			}
		}
	}
	if len(columns) != 1 {
		t.Errorf("what is said of options begins in the columns %v:\n%s", columns, &out)
	}
}

// TestOptionsHang: defaults were said in English, or fell out of their column, where a line was full.
func TestOptionsHang(t *testing.T) {
	t.Parallel()
	const line = "      --config FICHIER      FICHIER de configuration ; sinon $LUCCA_EXCHANGE_CONFIG (par défaut : « ./x.yaml »)"
	want := "      --config FICHIER      FICHIER de configuration ; sinon\n" +
		strings.Repeat(" ", 28) + "$LUCCA_EXCHANGE_CONFIG (par défaut : « ./x.yaml »)"
	if got := hung(line, 80); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
