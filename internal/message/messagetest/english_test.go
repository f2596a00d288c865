package messagetest_test

import (
	"testing"

	"lucca-exchange/internal/message/messagetest"
)

func TestEnglish(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"le fichier were lu":          "were",
		"Who l'a fait":                "Who",
		"le dossier IS est un nom":    "",
		"l'exécution 20261130-be84be": "", // the letters of an id are no words
	} {
		if got := messagetest.English(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
