package console_test

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/message/messagetest"
)

// TestPagesMeetNoEnglish: what any page says to a person in French or German has no word that only
// English has, but in names, codes, what came from outside, and what is marked as English.
func TestPagesMeetNoEnglish(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, l := range message.Languages()[1:] {
		for _, name := range []string{"adam", "vera"} {
			b := s.signedIn(t, name)
			b.post("/me", url.Values{"language": {string(l)}, "theme": {""}})
			pages := maps.Clone(s.pages())
			if name == "adam" {
				maps.Copy(pages, b.madePages())
			}
			for _, path := range pages {
				p := b.get(path)
				if !strings.Contains(p.text, `<html lang="`+string(l)+`"`) {
					t.Errorf("%s of %s is in another language", path, name)
				}
				for _, line := range strings.Split(readable(p.text), "\n") {
					if w := messagetest.English(line); w != "" {
						t.Errorf("%s, %s, %s: %q in: %s", l, name, path, w, line)
					}
				}
			}
		}
	}
}

// madePages are those that come of what somebody does, by a name for their picture: of connections that
// were tried, dry runs, and a file that can be sent again.
func (b *browser) madePages() map[string]string {
	b.t.Helper()
	b.post("/check", nil)
	pages := map[string]string{
		"dryrun": b.post("/dry-run/payroll", nil).path, "onlyone": b.post("/dry-run/payroll", url.Values{"who": {"claire.martin"}}).path,
		"resend": regexp.MustCompile(`/runs/[^/"]+/resend`).FindString(b.get("/flows/skillup").text),
	}
	for name, path := range pages {
		if p := b.get(path); path == "" || p.status != http.StatusOK || strings.Contains(p.text, `role="status"`) {
			b.t.Fatalf("the page %s is %q, %d: %s", name, path, p.status, p.text)
		}
	}
	return pages
}

// fromOutside is what no language changes: marked as English, names, codes, what files and people wrote.
var fromOutside = []*regexp.Regexp{
	regexp.MustCompile(`(?s)<(p|ul)[^>]* lang="en">.*?</(p|ul)>`),
	regexp.MustCompile(`(?s)<bdi[^>]*>.*?</bdi>`),
	regexp.MustCompile(`(?s)<span class="mono[^"]*">.*?</span>`),
	regexp.MustCompile(`(?s)<(script|noscript)[ >].*?</(script|noscript)>`),
	regexp.MustCompile(`<option[^>]*>(skillup|payroll|ats)</option>`),
}

// readable is the text of a page that is told in the reader's language, with what labels have.
func readable(page string) string {
	for _, not := range fromOutside {
		page = not.ReplaceAllString(page, " ")
	}
	page = regexp.MustCompile(` (?:aria-label|data-label|title)="([^"]*)"`).ReplaceAllString(page, ">$1<br")
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, "\n")
	return html.UnescapeString(page)
}

// TestNotesOfTheProgramAreRead in the reader's language in the audit; what a person wrote stays.
func TestNotesOfTheProgramAreRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "adam")
	b.post("/me", url.Values{"language": {"fr"}, "theme": {""}})
	b.get("/people/104")
	b.get("/runs/" + s.held + "/plan")
	b.post("/runs/"+s.held+"/decision", url.Values{"decision": {"approve"}, "hash": {strings.Repeat("9f86d081", 8)}, "note": {"hires"}})
	text := b.get("/audit").text
	for _, want := range []string{"<bdi>personne 104</bdi>", "<bdi>le plan</bdi>", "<bdi>par mot de passe</bdi>", "<bdi>hires</bdi>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit does not say %s: %s", want, text)
		}
	}
}
