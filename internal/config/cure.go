package config

import (
	"bytes"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// source is the text of a file, to say of a fault of its YAML what the parser cannot: where it
// begins and what to do.
type source struct{ lines []string }

func newSource(text []byte) source {
	return source{lines: strings.Split(strings.TrimPrefix(string(text), "\uFEFF"), "\n")}
}

// blanks look like one, and are letters to YAML.
const blanks = "\u00A0\u2007\u202F\u3000\u2003\u2002\u2009\u200B\u2060\uFEFF"

// firstValue is the beginning of a line up to its first value: the indent, and a key or the dash
// of a list.
var firstValue = regexp.MustCompile(`^\s*(?:- +)*(?:["']?[\w./-]+["']?:(?: +|$))?`)

// cause is what is wrong at a place, and what to do.
type cause struct {
	line, column int // from 1, in characters
	message      string
}

// before finds what a parser takes for text, so that what it says is of something else: blanks
// that are none, and tabs.
func (s source) before() (cause, bool) {
	for n, line := range s.structure(len(s.lines)) {
		rest := strings.TrimLeft(line, " \t"+blanks)
		indent := line[:len(line)-len(rest)]
		if at := strings.IndexAny(indent, blanks); at >= 0 && key.MatchString(rest) {
			return cause{n + 1, utf8.RuneCountInString(line[:at]) + 1, "a no-break blank stands in front of the key: put an ordinary one there"}, true
		}
		found := key.FindString(rest)
		if r, _ := utf8.DecodeRuneInString(rest[len(found):]); strings.ContainsRune(blanks, r) {
			return cause{n + 1, utf8.RuneCountInString(indent+found) + 1, "a no-break blank stands behind the colon: put an ordinary one there"}, true
		}
		if c, found := s.odd(n); found {
			return c, true
		}
	}
	return cause{}, false
}

// key is one, with its colon.
var key = regexp.MustCompile(`^(?:- +)*["']?[\w./-]+["']?:`)

// curly finds a value between typographic quotes, which are part of it then.
func (s source) curly() (cause, bool) {
	for n, line := range s.lines {
		text, _ := outside(line)
		for _, m := range entry.FindAllStringIndex(text, -1) {
			if r, _ := utf8.DecodeRuneInString(text[m[1]:]); strings.ContainsRune("“”„«‘’", r) {
				return cause{n + 1, utf8.RuneCountInString(line[:m[1]]) + 1, fmt.Sprintf("the quote %c is part of the value: straight ones (\") are quotes to YAML", r)}, true
			}
		}
	}
	return cause{}, false
}

// encoding finds the first place that is not UTF-8, or a sign that no text has.
func (s source) encoding(text []byte) (cause, bool) {
	for n, line := range bytes.Split(text, []byte("\n")) {
		for at, column := 0, 1; at < len(line); column++ {
			r, size := utf8.DecodeRune(line[at:])
			if r == utf8.RuneError && size == 1 {
				return cause{n + 1, column, "a letter is not UTF-8 from here on: save the file as UTF-8"}, true
			}
			if r < ' ' && r != '\t' && r != '\r' {
				return cause{n + 1, column, "a sign that cannot be seen stands here: delete it"}, true
			}
			at += size
		}
	}
	return cause{}, false
}

// after explains why the parser stopped at a line, by what stands in it and above it. What the parser
// itself says is for programmers, and repeats values.
func (s source) after(line int) cause {
	last := min(max(line, 1), len(s.lines))
	for n, line := range s.structure(last) {
		if blockText.MatchString(line) {
			continue
		}
		if found, ok := s.slip(n); ok {
			return found
		}
	}
	if s.displaced(last - 1) {
		return cause{last, indentOf(s.lines[last-1]) + 1, "the line is indented otherwise than those that it belongs to"}
	}
	return cause{last, len(firstValue.FindString(s.lines[last-1])) + 1, "it cannot be read from here on: look for a quote, a bracket or a colon that is missing or too many"}
}

// second is where another document begins, which no configuration has.
func (s source) second() cause {
	at := slices.IndexFunc(s.lines[1:], func(l string) bool { return strings.HasPrefix(l, "---") }) + 2
	return cause{at, 1, "there is a second document, behind a line ---: put all into one"}
}

// blockText is a key whose value is the text below it.
var blockText = regexp.MustCompile(`: +[|>][-+0-9]*\s*(?:#.*)?$`)

// structure yields the first lines, counted from 0, but for those of a text below its key, which may
// say anything.
func (s source) structure(count int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		block := -1 // the indent of the key whose text stands below it
		for n, line := range s.lines[:count] {
			if block >= 0 && (strings.TrimSpace(line) == "" || indentOf(line) > block) {
				continue
			}
			if block = -1; blockText.MatchString(line) {
				block = indentOf(line)
			}
			if !yield(n, line) {
				return
			}
		}
	}
}

// bare is a line that wants a colon.
var bare = regexp.MustCompile(`^[a-z_]+(?: +[^:]*)?$`)

// slip is what people often get wrong in a line that the parser does not take.
func (s source) slip(n int) (cause, bool) {
	line := s.lines[n]
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		return cause{}, false
	}
	if at := strings.IndexByte(line[:indentOf(line)], '\t'); at >= 0 {
		return cause{n + 1, at + 1, "a tab stands in front of the line: YAML wants blanks"}, true
	}
	start := len(firstValue.FindString(line))
	value := strings.TrimSpace(line[start:])
	at := utf8.RuneCountInString(line[:start]) + 1
	if value == "" {
		return cause{}, false
	}
	switch value[0] {
	case '*', '%', '@', '`', '&', '!':
		return cause{n + 1, at, fmt.Sprintf("a value that begins with %c has to stand between quotes", value[0])}, true
	case '"', '\'':
		return s.unclosed(n, at, value)
	case '{', '[':
		if found, ok := s.inLine(n); ok {
			return found, true
		}
		return s.open(n, at, value)
	}
	if start == indentOf(line) && tight.MatchString(value) {
		return cause{n + 1, at + strings.IndexByte(value, ':'), "a blank is missing behind the colon"}, true
	}
	if start == indentOf(line) && bare.MatchString(value) {
		return cause{n + 1, at, "a colon is missing behind the key"}, true
	}
	if colon := strings.Index(value, ": "); colon >= 0 && start > indentOf(line) {
		return cause{n + 1, at + utf8.RuneCountInString(value[:colon]), "a value with a colon and a blank in it has to stand between quotes"}, true
	}
	return cause{}, false
}

// unclosed is a quote without its end, or one with text behind its end.
func (s source) unclosed(n, at int, value string) (cause, bool) {
	q := value[:1]
	rest := value[1:]
	if q == `"` {
		rest = strings.ReplaceAll(strings.ReplaceAll(rest, `\\`, ""), `\"`, "")
	} else {
		rest = strings.ReplaceAll(rest, "''", "")
	}
	_, behind, closed := strings.Cut(rest, q)
	behind = strings.TrimSpace(behind)
	switch {
	case !closed:
		return cause{n + 1, at, "the quote that begins here has no end in its line"}, true
	case q == `"` && escape.MatchString(value):
		return cause{n + 1, at + escape.FindStringIndex(value)[0], "a backslash between \" begins a sign of its own: write it twice, or take ' for quotes"}, true
	case behind != "" && behind[0] != '#' && behind[0] != ',' && behind[0] != ':':
		return cause{n + 1, at, "text stands behind the end of the quote that begins here"}, true
	}
	return cause{}, false
}

// open is a bracket without its end, where the next key begins.
func (s source) open(n, at int, value string) (cause, bool) {
	depth := 0
	for m := n; m < len(s.lines); m++ {
		line := s.lines[m]
		depth += strings.Count(line, "{") + strings.Count(line, "[") - strings.Count(line, "}") - strings.Count(line, "]")
		if depth <= 0 {
			return cause{}, false
		}
		if m+1 < len(s.lines) && indentOf(s.lines[m+1]) <= indentOf(s.lines[n]) && key.MatchString(strings.TrimSpace(s.lines[m+1])) {
			break
		}
	}
	return cause{n + 1, at, fmt.Sprintf("the %c that begins here has no end", value[0])}, true
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// excerpt is the line with a caret below the place. Of the values only the character there is
// shown: they may be secrets.
func (s source) excerpt(c cause) string {
	line := []rune(strings.TrimRight(s.lines[c.line-1], "\r"))
	if c.column > len(line) {
		return "" // of an empty file
	}
	keep := utf8.RuneCountInString(firstValue.FindString(string(line)))
	at := c.column - 1
	var b strings.Builder
	b.WriteString(visible(line[:min(keep, at)]))
	if at > keep {
		b.WriteString("…")
	}
	caret := utf8.RuneCountInString(b.String())
	b.WriteString(visible(line[at : at+1]))
	switch {
	case at+1 < keep:
		b.WriteString(visible(line[at+1:keep]) + "…")
	case at+1 < len(line):
		b.WriteString("…")
	}
	return "    " + b.String() + "\n    " + strings.Repeat(" ", caret) + "^"
}

// visible shows a tab and blanks that are none as signs of the same width.
func visible(text []rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return '→'
		case r == utf8.RuneError, r < ' ':
			return '?'
		case strings.ContainsRune(blanks, r):
			return '·'
		default:
			return r
		}
	}, string(text))
}
