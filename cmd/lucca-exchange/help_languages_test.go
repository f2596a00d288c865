package main

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/message"
)

// TestTopicsSayTheSameInAllLanguages: the same number of headings, and the same options, commands,
// keys of the configuration and codes.
func TestTopicsSayTheSameInAllLanguages(t *testing.T) {
	t.Parallel()
	translated, err := fs.Glob(guide, "help/*/*.txt")
	if err != nil || len(translated) == 0 {
		t.Fatalf("%v, %v", translated, err)
	}
	for _, l := range message.Languages()[1:] {
		for _, name := range topics() {
			if path := "help/" + string(l) + "/" + name + ".txt"; !slices.Contains(translated, path) {
				t.Errorf("the topic %s is not told in %s: write %s", name, l, path)
			}
		}
	}
	for _, path := range translated {
		name := path[strings.LastIndexByte(path, '/')+1:]
		text, err := guide.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		english, err := guide.ReadFile("help/" + name)
		if err != nil {
			t.Errorf("%s has no topic in English: %v", path, err)
			continue
		}
		if got, want := parts(string(text)), parts(string(english)); got != want {
			t.Errorf("%s has %d headings, in English %d", path, got, want)
		}
		here, there := terms(string(text)), terms(string(english))
		for _, term := range there {
			if !slices.Contains(here, term) {
				t.Errorf("%s lacks %q, which is in English", path, term)
			}
		}
		for _, term := range here {
			if !slices.Contains(there, term) {
				t.Errorf("%s has %q, which is not in English", path, term)
			}
		}
	}
}

// parts counts the lines that begin a part: not indented, after a blank one.
func parts(text string) (n int) {
	before := ""
	for line := range strings.Lines(text) {
		if strings.TrimSpace(before) == "" && line != "\n" && !strings.HasPrefix(line, " ") {
			n++
		}
		before = line
	}
	return n
}

// fixed is what no language changes: an option, a command, or a key or code with an underscore.
var fixed = regexp.MustCompile(`--[a-z][a-z-]+|lucca-exchange [a-z][a-z-]+|\b[a-z]+_[a-z_]+\b`)

func terms(text string) []string {
	found := fixed.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
