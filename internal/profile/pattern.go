package profile

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"lucca-exchange/internal/roster"
)

// Pattern is how a day is written: YYYY or YY, MM or M, DD or D, in any order and number,
// with what stands between them as it is. Letters of one's own stand in single quotes.
type Pattern []patternPart

type patternPart struct {
	token, literal string
}

// tokens are the longest first, so that YYYY is not twice YY.
var tokens = []string{"YYYY", "YY", "MM", "DD", "M", "D"}

// ParsePattern reads a pattern.
func ParsePattern(text string) (Pattern, error) {
	var p Pattern
	asked := false
	for rest := text; rest != ""; {
		part := patternPart{literal: rest[:1]}
		used := 1
		if rest[0] == '\'' {
			literal, _, closed := strings.Cut(rest[1:], "'")
			if !closed {
				return nil, fmt.Errorf("a quote without its second in the pattern %q", text)
			}
			part.literal, used = literal, len(literal)+2
		}
		for _, t := range tokens {
			if strings.HasPrefix(rest, t) {
				part, used, asked = patternPart{token: t}, len(t), true
				break
			}
		}
		if c := rest[0]; part.token == "" && used == 1 && (c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return nil, fmt.Errorf("%q in a pattern of days: write YYYY or YY, MM or M, DD or D, and letters of your own in single quotes", rest[:1])
		}
		p, rest = append(p, part), rest[used:]
	}
	if !asked {
		return nil, fmt.Errorf("want a pattern of days like DD/MM/YYYY, not %q", text)
	}
	return p, nil
}

// Format writes a day; nothing for no day.
func (p Pattern) Format(d roster.Date) string {
	if d.IsZero() {
		return ""
	}
	var b strings.Builder
	for _, part := range p {
		switch part.token {
		case "YYYY":
			fmt.Fprintf(&b, "%04d", d.Year)
		case "YY":
			fmt.Fprintf(&b, "%02d", d.Year%100)
		case "MM":
			fmt.Fprintf(&b, "%02d", d.Month)
		case "M":
			b.WriteString(strconv.Itoa(int(d.Month)))
		case "DD":
			fmt.Fprintf(&b, "%02d", d.Day)
		case "D":
			b.WriteString(strconv.Itoa(int(d.Day)))
		default:
			b.WriteString(part.literal)
		}
	}
	return b.String()
}

// The forms in which people write numbers into a text field. Thousands are told by groups of three
// alone: 12 50 may be 12.50, or a slip, and is no number.
var (
	unitBehind = regexp.MustCompile(`(?i)[\s\x{a0}\x{202f}]*(?:€|eur|euros?)?[\s\x{a0}\x{202f}]*(?:bruts?)?[\s\x{a0}\x{202f}]*(?:(?:/|par|de l['’]|l['’])[\s\x{a0}\x{202f}]*(?:h|heure)s?\.?)?$`)
	unitBefore = regexp.MustCompile(`(?i)^(?:€|eur)[\s\x{a0}\x{202f}]*`)
	grouped    = regexp.MustCompile(`^([-+−]?)(\d{1,3}(?:[ \x{a0}\x{202f}\x{2009}'’]\d{3})+|\d+)(?:[.,](\d+))?$`)
	dotted     = regexp.MustCompile(`^([-+−]?)(\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$`)
)

// PlainNumber reads a number as people write it, in French notation too (1 234,50 €, 15,20 €/h), as
// digits with a dot. ok is false when the text is no such number, and where it could be
// two: 1.234,5 is one, 1,234,567 is none.
func PlainNumber(text string) (plain string, ok bool) {
	if isPlain(text) {
		return text, true
	}
	text = strings.TrimFunc(text, unicode.IsSpace)
	text = unitBefore.ReplaceAllString(unitBehind.ReplaceAllString(text, ""), "")
	parts := grouped.FindStringSubmatch(text)
	if parts == nil {
		parts = dotted.FindStringSubmatch(text)
	}
	if parts == nil {
		return "", false
	}
	if parts[1] != "" && parts[1] != "+" {
		plain = "-"
	}
	for _, r := range parts[2] {
		if r >= '0' && r <= '9' {
			plain += string(r)
		}
	}
	if parts[3] != "" {
		plain += "." + parts[3]
	}
	return plain, true
}

// isPlain reports whether a text is digits with at most one dot between them.
func isPlain(text string) bool {
	whole, fraction, dot := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && onlyDigits(whole) && (!dot || fraction != "" && onlyDigits(fraction))
}

func onlyDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// Rounded writes a number with so many decimals, halves away from zero.
func Rounded(text string, decimals int) (rounded string, ok bool) {
	plain, ok := PlainNumber(text)
	if !ok {
		return "", false
	}
	n, ok := new(big.Rat).SetString(plain)
	if !ok {
		return "", false
	}
	return n.FloatString(decimals), true
}

// Strptime is the pattern in the words of strptime, by which other programs read what Format wrote.
func (p Pattern) Strptime() string {
	var b strings.Builder
	for _, part := range p {
		switch part.token {
		case "YYYY":
			b.WriteString("%Y")
		case "YY":
			b.WriteString("%y")
		case "MM", "M": // it reads a month, and a day, with and without a zero
			b.WriteString("%m")
		case "DD", "D":
			b.WriteString("%d")
		default:
			b.WriteString(strings.ReplaceAll(part.literal, "%", "%%"))
		}
	}
	return b.String()
}

// DayPattern is how a column, by its place, writes days: its own way, or that of the file.
func (b *Binding) DayPattern(i int) Pattern {
	if p := b.Columns[i].Pattern; p != nil {
		return p
	}
	p, err := ParsePattern(b.Dialect.Date)
	if err != nil {
		return nil // the dialect is valid, and its patterns are some of ours
	}
	return p
}
