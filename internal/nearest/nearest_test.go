package nearest_test

import (
	"maps"
	"testing"

	"lucca-exchange/internal/nearest"
)

func TestWord(t *testing.T) {
	t.Parallel()
	words := []string{"schedule", "to", "from", "limits", "Support", "Réseau", "retention"}
	for wrong, want := range map[string]string{
		"schedul": "schedule", "SCHEDULE": "schedule", "shedulle": "schedule", "limts": "limits", "tu": "to", "ot": "to", "form": "from", "scheduel": "schedule", "limis": "limits", "limsti": "limits",
		"suport": "Support", "reseau": "Réseau", "frm": "from", "": "", "x": "", "zz": "", "retries": "", "unknown": "", "schedule_time": "",
	} {
		if got := nearest.Word(wrong, words); got != want {
			t.Errorf("%q: got %q, want %q", wrong, got, want)
		}
	}
}

func TestOfStandsForSomethingElse(t *testing.T) {
	t.Parallel()
	if id, ok := nearest.Of("Suport", maps.All(map[string]int{"support": 7, "sales": 8})); !ok || id != 7 {
		t.Errorf("got %d, %t", id, ok)
	}
	if id, ok := nearest.Of("nothing like it", maps.All(map[string]int{"support": 7})); ok || id != 0 {
		t.Errorf("got %d, %t", id, ok)
	}
}
