// Package slip tells what people get wrong in a file of YAML, where a parser says what only programmers
// understand, or nothing: tabs and blanks that are none, quotes and brackets without an end, indents,
// dashes and colons, what git and word processors leave behind. It knows nothing of what the file is
// for, and shows no value: it may be a secret.
package slip

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Text is the text of a file, in lines.
type Text struct{ lines []string }

// Of is the text of a file, which may be no YAML and no text at all.
func Of(file []byte) Text {
	return Text{lines: strings.Split(strings.TrimPrefix(string(file), "\uFEFF"), "\n")}
}

// Slip is what is wrong at a place, and what to do.
type Slip struct {
	Line, Column int // from 1, in characters
	Message      string
}

// blanks look like one, and are letters to YAML.
const blanks = "\u00A0\u2007\u202F\u3000\u2003\u2002\u2009\u200B\u2060\uFEFF"

// firstValue is the beginning of a line up to its first value: the indent, and a key or the dash
// of a list.
var firstValue = regexp.MustCompile(`^\s*(?:- +)*(?:["']?[\w./-]+["']?:(?: +|$))?`)

// Before finds what is no YAML whatever the parser says of it: what is no text, and what it takes for
// text, so that what it says is of something else, such as blanks that are none.
func (t Text) Before() (Slip, bool) {
	if found, ok := t.encoding(); ok {
		return found, true
	}
	for n, line := range t.structure(len(t.lines)) {
		rest := strings.TrimLeft(line, " \t"+blanks)
		indent := line[:len(line)-len(rest)]
		if at := strings.IndexAny(indent, blanks); at >= 0 && key.MatchString(rest) {
			return Slip{n + 1, utf8.RuneCountInString(line[:at]) + 1, "a no-break blank stands in front of the key: put an ordinary one there"}, true
		}
		found := key.FindString(rest)
		if r, _ := utf8.DecodeRuneInString(rest[len(found):]); strings.ContainsRune(blanks, r) {
			return Slip{n + 1, utf8.RuneCountInString(indent+found) + 1, "a no-break blank stands behind the colon: put an ordinary one there"}, true
		}
		if c, found := t.odd(n); found {
			return c, true
		}
	}
	return Slip{}, false
}

// key is one, with its colon.
var key = regexp.MustCompile(`^(?:- +)*["']?[\w./-]+["']?:`)

// Doubtful finds what YAML takes, and few people mean: a value between typographic quotes, which are
// part of it then.
func (t Text) Doubtful() (Slip, bool) {
	for n, line := range t.lines {
		text, _ := outside(line)
		for _, m := range entry.FindAllStringIndex(text, -1) {
			if r, _ := utf8.DecodeRuneInString(text[m[1]:]); strings.ContainsRune("“”„«‘’", r) {
				return Slip{n + 1, utf8.RuneCountInString(line[:m[1]]) + 1, fmt.Sprintf("the quote %c is part of the value: straight ones (\") are quotes to YAML", r)}, true
			}
		}
	}
	return Slip{}, false
}

// encoding finds the first place that is not UTF-8, or a sign that no text has.
func (t Text) encoding() (Slip, bool) {
	for n, line := range t.lines {
		for at, column := 0, 1; at < len(line); column++ {
			r, size := utf8.DecodeRuneInString(line[at:])
			if r == utf8.RuneError && size == 1 {
				return Slip{n + 1, column, "a letter is not UTF-8 from here on: save the file as UTF-8"}, true
			}
			if r < ' ' && r != '\t' && r != '\r' {
				return Slip{n + 1, column, "a sign that cannot be seen stands here: delete it"}, true
			}
			at += size
		}
	}
	return Slip{}, false
}

// After explains why the parser stopped at a line, by what stands in it and above it. What the parser
// itself says is for programmers, and repeats values.
func (t Text) After(line int) Slip {
	last := min(max(line, 1), len(t.lines))
	for n, line := range t.structure(last) {
		if blockText.MatchString(line) {
			continue
		}
		if found, ok := t.slip(n); ok {
			return found
		}
	}
	if t.displaced(last - 1) {
		return Slip{last, indentOf(t.lines[last-1]) + 1, "the line is indented otherwise than those that it belongs to"}
	}
	return Slip{last, len(firstValue.FindString(t.lines[last-1])) + 1, "it cannot be read from here on: look for a quote, a bracket or a colon that is missing or too many"}
}

// Second is where another document begins, in a file that has one.
func (t Text) Second() Slip {
	at := slices.IndexFunc(t.lines[1:], func(l string) bool { return strings.HasPrefix(l, "---") }) + 2
	return Slip{at, 1, "there is a second document, behind a line ---: put all into one"}
}

// blockText is a key whose value is the text below it.
var blockText = regexp.MustCompile(`: +[|>][-+0-9]*\s*(?:#.*)?$`)

// structure yields the first lines, counted from 0, but for those of a text below its key, which may
// say anything.
func (t Text) structure(count int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		block := -1 // the indent of the key whose text stands below it
		for n, line := range t.lines[:count] {
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
func (t Text) slip(n int) (Slip, bool) {
	line := t.lines[n]
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		return Slip{}, false
	}
	if at := strings.IndexByte(line[:indentOf(line)], '\t'); at >= 0 {
		return Slip{n + 1, at + 1, "a tab stands in front of the line: YAML wants blanks"}, true
	}
	start := len(firstValue.FindString(line))
	value := strings.TrimSpace(line[start:])
	at := utf8.RuneCountInString(line[:start]) + 1
	if value == "" {
		return Slip{}, false
	}
	switch value[0] {
	case '*', '%', '@', '`', '&', '!':
		return Slip{n + 1, at, fmt.Sprintf("a value that begins with %c has to stand between quotes", value[0])}, true
	case '"', '\'':
		return t.unclosed(n, at, value)
	case '{', '[':
		if found, ok := t.inLine(n); ok {
			return found, true
		}
		return t.open(n, at, value)
	}
	if start == indentOf(line) && tight.MatchString(value) {
		return Slip{n + 1, at + strings.IndexByte(value, ':'), "a blank is missing behind the colon"}, true
	}
	if start == indentOf(line) && bare.MatchString(value) {
		return Slip{n + 1, at, "a colon is missing behind the key"}, true
	}
	if colon := strings.Index(value, ": "); colon >= 0 && start > indentOf(line) {
		return Slip{n + 1, at + utf8.RuneCountInString(value[:colon]), "a value with a colon and a blank in it has to stand between quotes"}, true
	}
	return Slip{}, false
}

// unclosed is a quote without its end, or one with text behind its end.
func (t Text) unclosed(n, at int, value string) (Slip, bool) {
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
		return Slip{n + 1, at, "the quote that begins here has no end in its line"}, true
	case q == `"` && escape.MatchString(value):
		return Slip{n + 1, at + escape.FindStringIndex(value)[0], "a backslash between \" begins a sign of its own: write it twice, or take ' for quotes"}, true
	case behind != "" && behind[0] != '#' && behind[0] != ',' && behind[0] != ':':
		return Slip{n + 1, at, "text stands behind the end of the quote that begins here"}, true
	}
	return Slip{}, false
}

// open is a bracket without its end, where the next key begins.
func (t Text) open(n, at int, value string) (Slip, bool) {
	depth := 0
	for m := n; m < len(t.lines); m++ {
		line := t.lines[m]
		depth += strings.Count(line, "{") + strings.Count(line, "[") - strings.Count(line, "}") - strings.Count(line, "]")
		if depth <= 0 {
			return Slip{}, false
		}
		if m+1 < len(t.lines) && indentOf(t.lines[m+1]) <= indentOf(t.lines[n]) && key.MatchString(strings.TrimSpace(t.lines[m+1])) {
			break
		}
	}
	return Slip{n + 1, at, fmt.Sprintf("the %c that begins here has no end", value[0])}, true
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// Excerpt is the line with a caret below the place, or nothing of an empty file. Of the values only
// the character there is shown: they may be secrets.
func (t Text) Excerpt(s Slip) string {
	line := []rune(strings.TrimRight(t.lines[s.Line-1], "\r"))
	if s.Column > len(line) {
		return "" // of an empty file
	}
	keep := utf8.RuneCountInString(firstValue.FindString(string(line)))
	at := s.Column - 1
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
