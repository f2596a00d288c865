package slip

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// entry is the beginning of a value: behind a key, a dash, a bracket or a comma.
	entry = regexp.MustCompile(`(?:: +|^\s*(?:- +)+|[{\[,] *)`)
	// conflict is a line that git leaves in a file.
	conflict = regexp.MustCompile(`^(?:<{7} |={7}$|>{7} )`)
	// dashed is a key right behind a dash, or behind one that is none to YAML.
	dashed = regexp.MustCompile(`^\s*(?:-|[–—•‐−]\s*)[a-z_]+:(?:\s|$)`)
	// tight is a key with its value right behind the colon.
	tight = regexp.MustCompile(`^[a-z_]+:[^\s/]`)
	// anchored is the name of a file that is an anchor or a tag to YAML.
	anchored = regexp.MustCompile(`^[&!][^\s,}\]]*\.[^\s,}\]]*`)
)

// outside is the line with blanks in the place of what stands between straight quotes, and without a
// comment. open is where a quote begins that has no end in the line, or -1.
func outside(line string) (text string, open int) {
	b, quote, open, before := []byte(line), byte(0), -1, byte(':')
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quote == 0 && c == '#' && (i == 0 || b[i-1] == ' '):
			return string(b[:i]), -1
		case quote == 0 && (c == '"' || c == '\'') && strings.IndexByte(":{[,-", before) >= 0:
			quote, open = c, i
		case i+1 < len(b) && (quote == '"' && c == '\\' || quote == '\'' && c == '\'' && b[i+1] == '\''):
			b[i], b[i+1] = ' ', ' '
			i++
			continue
		case quote != 0 && c == quote:
			quote, open = 0, -1
		case quote != 0:
			b[i] = ' '
			continue
		}
		if c != ' ' {
			before = c
		}
	}
	return string(b), open
}

// inLine is what people often get wrong in the values between braces and brackets of a line.
func (t Text) inLine(n int) (Slip, bool) {
	text, open := outside(t.lines[n])
	place := func(at int, format string, args ...any) (Slip, bool) {
		return Slip{n + 1, utf8.RuneCountInString(t.lines[n][:at]) + 1, fmt.Sprintf(format, args...)}, true
	}
	for _, m := range entry.FindAllStringIndex(text, -1) {
		if m[1] >= len(text) {
			continue
		}
		switch c := text[m[1]]; c {
		case '*', '%', '@', '`':
			return place(m[1], "a value that begins with %c has to stand between quotes", c)
		}
	}
	if open >= 0 {
		return place(open, "the quote that begins here has no end in its line")
	}
	if at := escape.FindStringIndex(t.lines[n]); at != nil {
		return place(at[0], "a backslash between \" begins a sign of its own: write it twice, or take ' for quotes")
	}
	return Slip{}, false
}

// escape is a backslash between double quotes that YAML does not know, such as of a path of Windows.
var escape = regexp.MustCompile(`\\(?:[^0abtnvfre "/\\N_LPxuU]|x[^0-9a-fA-F]|x.[^0-9a-fA-F]|[uU][^0-9a-fA-F]|u.{1,3}[^0-9a-fA-F])`)

// odd is what YAML takes, and nobody means: what is said of it would be of something else.
func (t Text) odd(n int) (Slip, bool) {
	line := t.lines[n]
	indent := indentOf(line)
	switch {
	case conflict.MatchString(line):
		return Slip{n + 1, 1, "git left two versions of the file here: choose one, and take out the lines <<<<<<<, ======= and >>>>>>>"}, true
	case dashed.MatchString(line):
		return Slip{n + 1, indent + 1, "an entry of a list begins with an ordinary dash and a blank"}, true
	}
	text, _ := outside(line)
	for _, m := range entry.FindAllStringIndex(text, -1) {
		r, _ := utf8.DecodeRuneInString(text[m[1]:])
		if anchored.MatchString(text[m[1]:]) {
			return Slip{n + 1, utf8.RuneCountInString(line[:m[1]]) + 1, fmt.Sprintf("a value that begins with %c has to stand between quotes", r)}, true
		}
	}
	return Slip{}, false
}
