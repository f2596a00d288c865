package plan

import "testing"

func TestTextsThatDifferInLettersBeyondASCII(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to           string
		garbled, plainOnly bool
	}{
		{"Díaz", "D’az", true, false}, {"Díaz", "D,az", true, false}, {"Díaz", "D?az", true, false}, {"García", "Garcła", true, false}, {"GARCÍA", "GARCÖA", true, false}, {"ÉLOÏSE Ü", "ÔLO‹SE š", true, false},
		{"Díaz", "Diaz", false, true}, {"Lefèvre", "LEFEVRE", false, true}, {"Müller", "Mueller", false, false}, {"Strauß", "STRAUSS", false, true},
		{"Díaz", "Dïaz", false, false}, {"Díaz", "Daz", false, false}, {"Díaz", "Dóbz", false, false}, {"Diaz", "Díaz", false, false}, {"D’az", "Díaz", false, false}, {"Müller", "Möller", true, false}, {"Müller", "Moller", false, false},
		{"D'Aubigné", "D’Aubigné", false, false}, {"Díaz", "Díaz", false, false}, {"Díaz", "Petit", false, false}, {"Díaz", "D?azs", false, false}, {"Diaz", "D?az", false, false},
	} {
		if got := otherLetters(tt.from, tt.to); got != tt.garbled {
			t.Errorf("%s to %s is garbled: %v", tt.from, tt.to, got)
		}
		if got := unaccented(tt.from, tt.to); got != tt.plainOnly {
			t.Errorf("%s to %s loses accents: %v", tt.from, tt.to, got)
		}
	}
}

// A date can be read the other way where that is another day of the year.
func TestDatesThatAreTurned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"11/06/1995": "1995-11-06", "12/01/1995": "1995-12-01", "13/01/1995": "", "06/06/1995": "", "": "",
	} {
		if got := otherWay(dayOf(text)).String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestAccentsThatStandBehindOrAreGone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to     string
		behind, gone bool
	}{
		{"Lefèvre", "Lefe'vre", true, false}, {"Lefèvre", "LEFE`VRE", true, false}, {"Müller", "Mu\"ller", true, false}, {"D'Aubigné", "D'Aubigne'", true, false},
		{"Lefèvre", "Lefevre", false, false}, {"D'Aubigné", "D'Aubigne", false, false}, {"Lefevre", "Lefe'vre", false, false}, {"Lefèvre", "Le'fèvre", false, false}, {"Lefèvre", "Lefe'vr", false, false},
		{"Chloé", "Chlo", false, true}, {"CHLOÉ", "chlo", false, true}, {"Chloe", "Chlo", false, false}, {"Chloé", "Chl", false, false}, {"Chloé", "Chlö", false, false}, {"Zoé d’Or", "Zo dOr", false, false},
	} {
		if got := marksBehind(tt.from, tt.to); got != tt.behind {
			t.Errorf("%s to %s has its accents behind: %v", tt.from, tt.to, got)
		}
		if got := lettersGone(tt.from, tt.to); got != tt.gone {
			t.Errorf("%s to %s lacks letters: %v", tt.from, tt.to, got)
		}
	}
}
