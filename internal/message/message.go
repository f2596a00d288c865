// Package message holds the texts that people read, in their language: one file per language,
// a text by its key, with named parameters. What is logged, every code, every key of JSON or
// YAML and every byte of a partner's file is the same in all languages, and not here.
//
// A text is a sentence for an HR administrator: the place, what was expected, what to do, in
// the words of Lucca's own screens in that language. A text that speaks of n things has the
// forms one and other.
package message

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Language is one that people may read in, as in BCP 47.
type Language string

// The languages. English is what is shown where nobody chose.
const (
	English Language = "en"
	French  Language = "fr"
	German  Language = "de"
)

// Languages are all, English first.
func Languages() []Language { return []Language{English, French, German} }

// ErrLanguage says that there are no texts in a language.
var ErrLanguage = errors.New("want en, fr or de")

// Parse reads a language of the configuration.
func Parse(s string) (Language, error) {
	if l := Language(s); slices.Contains(Languages(), l) {
		return l, nil
	}
	return "", fmt.Errorf("language %q: %w", s, ErrLanguage)
}

// UnmarshalText reads a language of the configuration.
func (l *Language) UnmarshalText(b []byte) (err error) {
	*l, err = Parse(string(b))
	return err
}

// MarshalText writes what UnmarshalText reads.
func (l Language) MarshalText() ([]byte, error) { return []byte(l), nil }

// Of is the language that the environment of a command asks for: LC_ALL, or else LC_MESSAGES,
// or else LANG. It is empty where that is nothing or a language without texts, so that another
// choice counts; C and POSIX are English.
func Of(environment func(string) string) Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := environment(name)
		if value == "" {
			continue
		}
		place, _, _ := strings.Cut(value, ".")
		if l := Match(value); l != English || strings.HasPrefix(place, "en") || place == "C" || place == "POSIX" {
			return l
		}
		return ""
	}
	return ""
}

// Match chooses the best for what a browser (Accept-Language) or a system (LC_ALL, LANG)
// says that its user reads.
func Match(preferences string) Language {
	if !strings.ContainsAny(preferences, ",;") {
		preferences, _, _ = strings.Cut(strings.ReplaceAll(preferences, "_", "-"), ".") // a system's, with its encoding
	}
	tags, _, err := language.ParseAcceptLanguage(preferences)
	if err != nil {
		return English // C, POSIX, and what is none
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		if l, err := Parse(base.String()); err == nil {
			return l
		}
	}
	return English
}

//go:embed *.yaml
var files embed.FS

// text is one text, with a form of its own for one thing where it counts some.
type text struct{ one, other string }

// Catalog is all texts. Those of a language are read when somebody wants them first: all of them
// take more memory than a daemon that nobody asks.
type Catalog struct {
	texts map[Language]func() map[string]text
	heard func() *heard
}

// Load returns the texts, which are read once.
func Load() *Catalog { return loaded() }

var loaded = sync.OnceValue(func() *Catalog {
	c := &Catalog{texts: make(map[Language]func() map[string]text)}
	for _, l := range Languages() {
		c.texts[l] = sync.OnceValue(func() map[string]text { return read(l) })
	}
	c.heard = sync.OnceValue(func() *heard { return hear(c.texts[English]()) })
	return c
})

// In returns the texts of a language, English if it is empty, with times in a zone.
func In(l Language, zone *time.Location) Printer { return Load().In(cmp.Or(l, English), zone) }

// read panics on a mistake in this package's files, of which its tests find every one.
func read(l Language) map[string]text {
	raw, err := files.ReadFile(string(l) + ".yaml")
	if err != nil {
		panic(fmt.Errorf("read texts: %w", err))
	}
	var tree map[string]any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		panic(fmt.Errorf("read texts in %s: %w", l, err))
	}
	texts := make(map[string]text)
	if err := flatten("", tree, texts); err != nil {
		panic(fmt.Errorf("read texts in %s: %w", l, err))
	}
	for key, t := range texts {
		texts[key] = text{Typeset(l, t.one), Typeset(l, t.other)}
	}
	return texts
}

func flatten(prefix string, tree map[string]any, into map[string]text) error {
	for key, value := range tree {
		key = strings.TrimPrefix(prefix+"."+key, ".")
		switch value := value.(type) {
		case string:
			into[key] = text{other: value}
		case map[string]any:
			one, isOne := value["one"].(string)
			other, isOther := value["other"].(string)
			if isOne && isOther && len(value) == 2 {
				into[key] = text{one: one, other: other}
				continue
			}
			if err := flatten(key, value, into); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: want a text, or one and other", key)
		}
	}
	return nil
}

// In returns the texts of a language, with times in a zone.
func (c *Catalog) In(l Language, zone *time.Location) Printer {
	return Printer{Language: l, texts: c.texts[l], heard: c.heard, numbers: message.NewPrinter(language.Make(string(l))), zone: zone}
}

// Printer says things in one language.
type Printer struct {
	Language Language
	texts    func() map[string]text
	heard    func() *heard
	numbers  *message.Printer
	zone     *time.Location
}

// Text returns the text of a key, with its parameters: name and value in turn. The parameter
// n chooses between the forms. A key without a text is returned itself, and a parameter that
// was not given stays in its braces: both are found by tests.
func (p Printer) Text(key string, pairs ...any) string {
	t, ok := p.texts()[key]
	if !ok {
		return key
	}
	form := t.other
	values := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if n, counts := pairs[i+1].(int); counts && name == "n" && t.one != "" && p.isOne(n) {
			form = t.one
		}
		values = append(values, "{"+name+"}", p.value(pairs[i+1]))
	}
	return strings.NewReplacer(values...).Replace(form)
}

// isOne tells which form a number takes (CLDR: French has one for 0 too).
func (p Printer) isOne(n int) bool { return n == 1 || n == 0 && p.Language == French }

func (p Printer) value(v any) string {
	switch v := v.(type) {
	case int:
		return p.Number(v)
	case time.Time:
		return p.Time(v)
	case time.Duration:
		return p.Duration(v)
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Number writes a number with the language's separators: 12,000, 12 000, 12.000.
func (p Printer) Number(n int) string { return p.numbers.Sprint(number.Decimal(n)) }

// Percent writes a share, 0.125 as 12.5%, with one digit at most.
func (p Printer) Percent(share float64) string {
	return p.numbers.Sprint(number.Percent(share, number.MaxFractionDigits(1)))
}

// Size writes a number of bytes.
func Size(p Printer, n int64) string {
	decimal := func(unit float64) string {
		return p.numbers.Sprint(number.Decimal(float64(n)/unit, number.MinFractionDigits(1), number.MaxFractionDigits(1)))
	}
	switch {
	case n < 1000:
		return p.Text("size.bytes", "n", int(n))
	case n < 1000_000:
		return p.Text("size.kilo", "a", decimal(1000))
	default:
		return p.Text("size.mega", "a", decimal(1000_000))
	}
}

// Measure writes the value or the bound of a limit: a share, 3.54%, with the language's signs, and
// all else as Said tells it.
func Measure(p Printer, english string) string {
	if share, column, found := strings.Cut(english, "% of "); found {
		return p.Text("measure.of", "share", Measure(p, share+"%"), "column", column)
	}
	share, err := strconv.ParseFloat(strings.TrimSuffix(english, "%"), 64)
	if err != nil || !strings.HasSuffix(english, "%") || p.Language == English {
		return p.Said(english)
	}
	return p.numbers.Sprint(number.Percent(share/100, number.MaxFractionDigits(2)))
}

// Time writes an instant to the minute, in the printer's zone.
func (p Printer) Time(t time.Time) string { return t.In(p.zone).Format(p.layout() + " 15:04") }

// Second writes an instant to the second, in the printer's zone.
func (p Printer) Second(t time.Time) string { return t.In(p.zone).Format(p.layout() + " 15:04:05") }

// Date writes a day, in the printer's zone.
func (p Printer) Date(t time.Time) string { return t.In(p.zone).Format(p.layout()) }

// Weekday writes an instant to the minute in its own zone, with the day of the week and the zone.
func (p Printer) Weekday(t time.Time) string {
	days := strings.Fields(p.texts()["date.weekdays"].other)
	return days[t.Weekday()] + " " + t.Format(p.layout()+" 15:04 MST")
}

// Colon is what stands between a place and what is said of it.
func (p Printer) Colon() string { return p.separator(": ") }

// Semicolon is what stands between two things that are said of one.
func (p Printer) Semicolon() string { return p.separator("; ") }

func (p Printer) layout() string {
	switch p.Language {
	case French:
		return "02/01/2006"
	case German:
		return "02.01.2006"
	default:
		return "2 Jan 2006"
	}
}

// Duration writes how long something took: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min.
func (p Printer) Duration(d time.Duration) string {
	switch {
	case d > 0 && d < 100*time.Millisecond:
		return strconv.Itoa(int(max(d.Round(time.Millisecond), time.Millisecond)/time.Millisecond)) + "\u00a0ms"
	case d < 10*time.Second:
		return p.numbers.Sprint(number.Decimal(d.Seconds(), number.MaxFractionDigits(1))) + "\u00a0s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + "\u00a0s"
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d\u00a0min %d\u00a0s", d/time.Minute, d%time.Minute/time.Second)
	default:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%d\u00a0h %d\u00a0min", d/time.Hour, d%time.Hour/time.Minute)
	}
}
