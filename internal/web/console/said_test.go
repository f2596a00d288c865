package console_test

import (
	"net/url"
	"strings"
	"testing"
)

// TestFindingsAreReadInTheReadersLanguage on the pages of a run and of its plan; what the flow
// said, with its numbers, is there for all.
func TestFindingsAreReadInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	const original = "no employee with this number: correct it, or leave the cell empty"
	for language, want := range map[string]string{
		"en": original,
		"fr": "Ce manager n&#39;existe pas dans Lucca. Vérifiez son orthographe.",
		"de": "Diese Führungskraft gibt es in Lucca nicht. Bitte die Schreibweise prüfen.",
	} {
		b.post("/me", url.Values{"language": {language}, "theme": {""}})
		for _, page := range []string{"/runs/" + s.held, "/runs/" + s.held + "/plan"} {
			text := b.get(page).text
			if !strings.Contains(text, want) || !strings.Contains(text, original) {
				t.Errorf("%s of %s does not say %q with the original", language, page, want)
			}
			if apart := strings.Contains(text, `lang="en">`+original) || strings.Contains(text, `lang="en"><li>`+original); apart != (language != "en") {
				t.Errorf("%s of %s sets the original apart: %t", language, page, apart)
			}
		}
	}
}
