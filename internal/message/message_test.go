package message_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lucca-exchange/internal/message"
)

func load(t *testing.T) *message.Catalog {
	t.Helper()
	c := message.Load()
	return c
}

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

func parameters(form string) []string {
	found := parameter.FindAllString(form, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// longestLine is that of a text, in characters: what a command does is said in several.
func longestLine(text string) int {
	longest := 0
	for line := range strings.Lines(text) {
		longest = max(longest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return longest
}

// TestLanguagesSayTheSame: the same keys, the same parameters in each form, and nothing that
// does not fit in a line or two.
func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	const longest = 160
	c := load(t)
	english := c.Keys(message.English)
	for _, l := range message.Languages() {
		if keys := c.Keys(l); !slices.Equal(keys, english) {
			for _, key := range keys {
				if !slices.Contains(english, key) {
					t.Errorf("%s: %s is not in English", l, key)
				}
			}
			for _, key := range english {
				if !slices.Contains(keys, key) {
					t.Errorf("%s: %s is missing", l, key)
				}
			}
		}
		for _, key := range c.Keys(l) {
			forms, first := c.Forms(l, key), c.Forms(message.English, key)
			said := strings.HasPrefix(key, "said.") // English as the source has it
			for _, form := range forms {
				got, want := parameters(form), parameters(first[len(first)-1])
				if one := len(forms) == 2 && form == forms[0]; one && !slices.Contains(got, "{n}") {
					want = slices.DeleteFunc(want, func(name string) bool { return name == "{n}" }) // the form says one itself
				}
				if strings.HasPrefix(key, "said.library.") { // a library names more than helps
					want = slices.DeleteFunc(want, func(name string) bool { return !slices.Contains(got, name) })
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s has the parameters %v, in English %v", l, key, got, want)
				}
				if n := longestLine(form); n == 0 || n > longest && (!said || l != message.English) {
					t.Errorf("%s: %s has %d characters", l, key, n)
				}
			}
		}
	}
}

// TestTextsFollowTheirLanguage in numbers, forms, days and durations.
func TestTextsFollowTheirLanguage(t *testing.T) {
	t.Parallel()
	c := load(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 8, 21, 5, 0, 0, time.UTC)
	for l, want := range map[message.Language][]string{
		message.English: {"12,000", "8 Nov 2026 22:05", "12.5%", "0.4\u00a0s"},
		message.French:  {"12\u00a0000", "08/11/2026 22:05", "12,5\u00a0%", "0,4\u00a0s"},
		message.German:  {"12.000", "08.11.2026 22:05", "12,5\u00a0%", "0,4\u00a0s"},
	} {
		p := c.In(l, paris)
		got := []string{p.Number(12000), p.Time(at), p.Percent(0.125), p.Duration(400 * time.Millisecond)}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	p := c.In(message.English, paris)
	for d, want := range map[time.Duration]string{
		29*time.Millisecond + 400*time.Microsecond: "29\u00a0ms", time.Microsecond: "1\u00a0ms", 0: "0\u00a0s",
		12 * time.Second: "12\u00a0s", 200 * time.Second: "3\u00a0min 20\u00a0s", 125 * time.Minute: "2\u00a0h 5\u00a0min",
	} {
		if got := p.Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	if got := p.Text("signin.wait", "wait", 12*time.Second); got != "There were too many wrong passwords. Wait 12\u00a0s and try again." {
		t.Error(got)
	}
	if got := p.Text("no.such.key"); got != "no.such.key" {
		t.Error(got)
	}
}

func TestLanguageOfASystemOrABrowser(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]message.Language{
		"fr_FR.UTF-8": message.French, "de_AT": message.German, "C.UTF-8": message.English, "": message.English, "POSIX": message.English,
		"de-CH,fr;q=0.7,en;q=0.3": message.German, "es,fr;q=0.9": message.French, "zh": message.English, "*": message.English,
	} {
		if got := message.Match(said); got != want {
			t.Errorf("%q is %s, want %s", said, got, want)
		}
	}
	if l, err := message.Parse("fr"); err != nil || l != message.French {
		t.Errorf("fr: %v, %v", l, err)
	}
	for _, s := range []string{"", "FR", "english", "es"} {
		if _, err := message.Parse(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}
