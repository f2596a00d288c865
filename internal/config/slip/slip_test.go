package slip_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"lucca-exchange/internal/config/slip"
)

// TestSlips are told by their place, whatever line a parser stopped at.
func TestSlips(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text         string
		stopped      int
		line, column int
		says         string
	}{
		"above the line":       {"a: *x\nb: y\nc: z\n", 3, 1, 4, "begins with *"},
		"below the line":       {"a: x\nb: *y\n", 1, 1, 4, "cannot be read from here on"},
		"no line":              {"a: @x\n", 0, 1, 4, "begins with @"},
		"a line there is none": {"a: @x\n", 9, 1, 4, "begins with @"},
		"an empty file":        {"", 1, 1, 1, "cannot be read from here on"},
		"behind letters":       {"é: ü\nà: ö: x\n", 2, 2, 1, "cannot be read from here on"},
		"columns are letters":  {"key: éà: x\n", 1, 1, 8, "a colon and a blank"},
	} {
		if got := slip.Of([]byte(tt.text)).After(tt.stopped); got.Line != tt.line || got.Column != tt.column || !strings.Contains(got.Message, tt.says) {
			t.Errorf("%s: %+v, want %d:%d and %q", name, got, tt.line, tt.column, tt.says)
		}
	}
}

// TestWhatIsNoText is found before any other slip, also behind the mark that some editors begin a
// file with.
func TestWhatIsNoText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]slip.Slip{
		"a: x\nb: \xe9\n":          {Line: 2, Column: 4},
		"\uFEFFa: \xe9\n":          {Line: 1, Column: 4},
		"a: \u00e9\x00\n":          {Line: 1, Column: 5},
		"a:\u00a0x\nb: \xe9\n":     {Line: 2, Column: 4},
		"\uFEFFa: x\n\u00a0b: y\n": {Line: 2, Column: 1},
	} {
		got, found := slip.Of([]byte(text)).Before()
		if !found || got.Line != want.Line || got.Column != want.Column {
			t.Errorf("%q: %+v (%t), want %d:%d", text, got, found, want.Line, want.Column)
		}
	}
	if got, found := slip.Of([]byte("\uFEFFa: é\r\n\tb\r\n")).Before(); found {
		t.Errorf("a text of Windows: %+v", got)
	}
}

// FuzzSlips: each slip is at a place of the file, with a caret below a line that shows one sign at most
// of a value.
func FuzzSlips(f *testing.F) {
	for _, text := range []string{"", "a", "a: *b\n", "a:\n - 'b\n", "a: {b: [c\nd: e\n", "a: |\n b\n---\n", "\uFEFFa:\u00a0“b”\r\n", "a: \"\\q\"\n", "- - a: \xff"} {
		f.Add([]byte(text), 1)
	}
	f.Fuzz(func(t *testing.T, file []byte, stopped int) {
		text := slip.Of(file)
		lines := strings.Split(strings.TrimPrefix(string(file), "\uFEFF"), "\n")
		found := []slip.Slip{text.After(stopped), text.Second()}
		for _, look := range []func() (slip.Slip, bool){text.Before, text.Doubtful} {
			if s, ok := look(); ok {
				found = append(found, s)
			}
		}
		for _, s := range found {
			if s.Line < 1 || s.Line > len(lines) || s.Column < 1 || s.Column > utf8.RuneCountInString(lines[s.Line-1])+1 {
				t.Fatalf("%+v is no place of %q", s, file)
			}
			if e := text.Excerpt(s); e != "" && (strings.Count(e, "\n") != 1 || !strings.HasSuffix(e, " ^")) {
				t.Errorf("excerpt %q of %+v", e, s)
			}
		}
	})
}
