package lucca

import "testing"

func TestAnAnswerToAReadNamesNobody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Resource User Jean Dupont (jean.dupont@acme.example) is not accessible": "Resource User … … is not accessible",
		"The field dtBirthDate of LegalEntity is unknown":                        "The field dtBirthDate of LegalEntity is unknown",
		"No right on employee 20417":                                             "No right on employee …",
	} {
		if got := cleanRead(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
