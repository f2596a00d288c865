package main

import "testing"

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
