package remote_test

import (
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/remote"
)

func TestLineIsSafeToShow(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                                     "",
		"Welcome\r\n  to\tACME \n":             "Welcome to ACME",
		"\x1b[31mred\x1b[0m \xff\u202etxt\x00": "[31mred[0m txt",
		"Accès réservé":                        "Accès réservé",
		strings.Repeat("é", 400):               strings.Repeat("é", 150) + "…",
		"x" + strings.Repeat("é", 400):         "x" + strings.Repeat("é", 149) + "…",
	} {
		if got := remote.Line(said); got != want {
			t.Errorf("Line(%.40q) = %q, want %q", said, got, want)
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string][]string{
		".": nil, "/": nil, "in": {"in"}, "/in": {"/in"}, "/a/b/": {"/a", "/a/b"}, "a//b/../c": {"a", "a/c"}, "../x": {"..", "../x"},
	} {
		if got := remote.Levels(dir); !slices.Equal(got, want) {
			t.Errorf("Levels(%q) = %q, want %q", dir, got, want)
		}
	}
}
