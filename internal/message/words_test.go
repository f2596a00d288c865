package message_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/message"
)

// hrSaid are the parts of what is said in English first that HR people read, beside findings, mails
// and the console: reasons, plans and reports. All else of it is for whoever runs the program.
var hrSaid = []string{"plan", "tabular", "userfile", "export", "limit", "hire", "apply", "explain", "acts"}

// jargon are words of this program's inside, in each language: HR people have other ones.
var jargon = map[message.Language][]string{
	message.English: {"spool", "slot", "slots", "roster", "ledger", "river", "digest", "hash", "hashes", "payload", "daemon", "snapshot", "goroutine", "upsert", "marshal", "nil", "regexp"},
	message.French:  {"spool", "slot", "roster", "ledger", "river", "digest", "hash", "hachage", "payload", "démon", "instantané", "marshal", "nil", "passage", "passages", "valider", "validation", "validez"},
	message.German:  {"spool", "slot", "roster", "ledger", "river", "digest", "hash", "hashwert", "payload", "daemon", "snapshot", "marshal", "nil", "genehmigen", "genehmigung"},
}

// literal is what no language tells: a command, a key of the configuration, what stands between quotes.
var literal = regexp.MustCompile("`[^`]*`|\"[^\"]*\"|«[^»]*»|„[^“]*“|lucca-exchange [a-z]+( [a-z-]+)?|--[a-z-]+|[a-z_]+\\.[a-z_.]+|\\b[a-z]+_[a-z_]+\\b|\\b[a-z_]+:|\\{[a-z_]+\\}")

// TestNoJargonInWhatHRReads.
func TestNoJargonInWhatHRReads(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, l := range message.Languages() {
		for _, key := range c.Keys(l) {
			if !forHR(key) {
				continue
			}
			for _, form := range c.Forms(l, key) {
				if found := inWords(literal.ReplaceAllString(form, " "), jargon[l]); found != "" {
					t.Errorf("%s: %s says %q to HR people: %s", l, key, found, form)
				}
			}
		}
	}
	if inWords("the file is in the spool", jargon[message.English]) != "spool" {
		t.Error("the test does not see a word")
	}
}

// forHR tells a text that HR people may read.
func forHR(key string) bool {
	section, rest, _ := strings.Cut(key, ".")
	if section == "said" {
		part, _, _ := strings.Cut(rest, ".")
		return slices.Contains(hrSaid, part)
	}
	return true
}

var letters = regexp.MustCompile(`[\p{L}]+`)

// inWords is the first of some words that is one of a text's.
func inWords(text string, words []string) string {
	for _, w := range letters.FindAllString(text, -1) {
		if lower := strings.ToLower(w); slices.Contains(words, lower) && strings.ToUpper(w) != w { // WHO and ID are names
			return lower
		}
	}
	return ""
}

// english are words that neither French nor German has, nor any key of the configuration, and of which
// a text in English has some.
var english = strings.Fields("the is are were been with which that this these those and of has had its their them they there cannot would " +
	"could should does did nobody nor once until since while where who how why each than then only after before between " +
	"into without within for but because found taken sent wants given wrong your you")

// TestNoTextIsLeftInEnglish: no French or German text has a word that only English has, but in what no
// language tells; and none addresses the reader as a friend.
func TestNoTextIsLeftInEnglish(t *testing.T) {
	t.Parallel()
	c := load(t)
	familiar := map[message.Language][]string{
		message.French: {"tu", "toi", "ton", "tes"}, message.German: {"du", "dich", "dein", "deine", "deinen", "euch", "euer"},
	}
	doubled := regexp.MustCompile(`\p{L}\((s|e|es|en|n)\)`)
	for _, l := range message.Languages()[1:] {
		for _, key := range c.Keys(l) {
			if strings.HasPrefix(key, "language.") {
				continue
			}
			for _, form := range c.Forms(l, key) {
				told := literal.ReplaceAllString(form, " ")
				if found := inWords(told, english); found != "" {
					t.Errorf("%s: %s has the English word %q: %s", l, key, found, form)
				}
				if found := inWords(told, familiar[l]); found != "" {
					t.Errorf("%s: %s says %q to people we do not know: %s", l, key, found, form)
				}
				if found := doubled.FindString(told); found != "" {
					t.Errorf("%s: %s has two numbers in one, %q: write the forms one and other: %s", l, key, found, form)
				}
			}
		}
	}
}

// TestFrenchOneSaysItsNumber: French says one of zero too, so a form for one that has the number in
// its words, as "une ligne", would say a row where there is none.
func TestFrenchOneSaysItsNumber(t *testing.T) {
	t.Parallel()
	c := load(t)
	counted := 0
	for _, key := range c.Keys(message.French) {
		forms := c.Forms(message.French, key)
		if len(forms) != 2 || !strings.Contains(forms[1], "{n}") {
			continue
		}
		counted++
		if !strings.Contains(forms[0], "{n}") {
			t.Errorf("%s: %q is said of 0 too: have {n} in it", key, forms[0])
		}
	}
	if counted == 0 {
		t.Error("the test sees no form for one")
	}
	p := c.In(message.French, time.UTC)
	for n, want := range []string{"0 ligne", "1 ligne", "2 lignes"} {
		if got := p.Text("counts.rows", "n", n); got != want {
			t.Errorf("%d rows: %q, want %q", n, got, want)
		}
	}
}

// TestGermanVerbsComeBeforeTheCause: what was tried is told with its cause at its end, which the last
// parameter may hold, and a verb behind that would be one of the cause.
func TestGermanVerbsComeBeforeTheCause(t *testing.T) {
	t.Parallel()
	c := load(t)
	late := regexp.MustCompile(`\{[a-f]\} (öffnen|suchen|lesen|holen|auflisten|zustellen|verbinden|vorbereiten|(wieder )?aufnehmen)$`)
	for _, key := range c.Keys(message.German) {
		if form := c.Forms(message.German, key)[0]; late.MatchString(form) {
			t.Errorf("%s: the verb stands behind what its cause may be in: %s", key, form)
		}
	}
}
