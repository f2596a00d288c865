package remote_test

import (
	"errors"
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

func TestSplitPath(t *testing.T) {
	t.Parallel()
	for p, want := range map[string][2]string{
		"a.csv": {"", "a.csv"}, "processed/a.csv": {"processed", "a.csv"},
	} {
		sub, name, err := remote.SplitPath(p)
		if err != nil || sub != want[0] || name != want[1] {
			t.Errorf("SplitPath(%q) = %q, %q, %v", p, sub, name, err)
		}
	}
	for _, p := range []string{"", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a\n/b", `a\b/c`, "a//b"} {
		if _, _, err := remote.SplitPath(p); !errors.Is(err, remote.ErrBadName) {
			t.Errorf("SplitPath(%q): %v", p, err)
		}
	}
}
