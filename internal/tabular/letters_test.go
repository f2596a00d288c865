package tabular

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// readAll reads a file of one column to its end, and tells whether its text is doubted: as a
// whole, or the one row.
func readAll(t *testing.T, text string, f Format) (refused, rejected bool) {
	t.Helper()
	f.Separator = ";"
	s, err := Open(strings.NewReader(text), f)
	if err != nil {
		return true, false
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		row, err := s.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return true, false
		}
		for _, f := range row.Findings {
			rejected = rejected || f.Code == Damaged
		}
	}
	for _, f := range s.Findings() {
		rejected = rejected || f.Code == Damaged
	}
	return s.Doubt() != nil, rejected
}

// Names and texts of which each is the only one of its file beyond ASCII.
var lone = []string{
	"Sánchez", "González", "Suárez", "Hernández", "García", "Ramón", "Szabó", "László", "Núñez", "Muñoz", "Díaz", "Pál", "Zoltán", "Íñigo", "Martín",
	"Brûlé", "Août", "Benoît", "Anaïs", "Noël", "Hélène", "Zoé", "Élodie", "Étienne", "Côte", "Cœur", "François", "Çelik", "LEFÈVRE", "JÉRÔME", "Aide-soignante à domicile", "Maître",
	"Müller", "Günter", "Jäger", "König", "Größe", "Weiß", "Meißner", "Strauß", "Özkan", "Ünal", "MÜLLER", "ÖZTÜRK", "Schröder", "Ärztin", "Bräuer", "João", "Conceição", "Sørensen", "Åberg", "Nuñez", "Jürgen Groß", "Straße",
}

func TestALoneLetterOfAnotherEncodingIsNeverRead(t *testing.T) {
	t.Parallel()
	for name, charset := range map[string]*charmap.Charmap{"DOS": charmap.CodePage850, "Mac": charmap.Macintosh} {
		for _, text := range lone {
			bytes, err := charset.NewEncoder().String("login;name\na;" + text + "\nb;Dupont\nc;Martin\n")
			if err != nil {
				continue
			}
			if refused, rejected := readAll(t, bytes, Format{}); !refused && !rejected {
				as, _ := charmap.Windows1252.NewDecoder().String(bytes)
				t.Errorf("%s: %s is read as %q", name, text, as)
			}
		}
	}
}

func TestALoneLetterIsReadInItsOwnEncoding(t *testing.T) {
	t.Parallel()
	texts := append([]string{
		"D’Artagnan", "Prud’homme", "Chargé d’accueil", "Children’s nurse", "O’Brien", "Dell’anna", "Floc’h", "Chef\u00a0de projet", "Agent\u00a0technique", "Jean\u00a0Paul", "06\u00a012\u00a034", "N°\u00a03", "Šaric", "Žarko", "MüLLER", "LEFèVRE", "Responsable – Paris", "« Support »", "Niveau 2²", "50 €", "Nestlé®", "Aujourd’hui",
	}, lone...)
	for name, format := range map[string]Format{"windows-1252": {}, "UTF-8": {}, "windows-1252, set": {Encoding: Windows1252}} {
		for _, text := range texts {
			in := "login;name\na;" + text + "\nb;Dupont\nc;Martin\n"
			if strings.HasPrefix(name, "windows") {
				bytes, err := charmap.Windows1252.NewEncoder().String(in)
				if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				in = bytes
			}
			if refused, rejected := readAll(t, in, format); refused || rejected {
				t.Errorf("%s: %s is doubted: refused %t, rejected %t", name, text, refused, rejected)
			}
		}
	}
}

// A file whose sender says what it is in is read so, whatever its letters look like.
func TestTheEncodingThatIsSetSettlesALoneLetter(t *testing.T) {
	t.Parallel()
	for encoding, text := range map[string]string{Windows1252: "Kovaž", CP850: "Sánchez", Macintosh: "Brûlé"} {
		charset := map[string]*charmap.Charmap{Windows1252: charmap.Windows1252, CP850: charmap.CodePage850, Macintosh: charmap.Macintosh}[encoding]
		bytes, err := charset.NewEncoder().String("login;name\na;" + text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if refused, rejected := readAll(t, bytes, Format{Encoding: encoding}); refused || rejected {
			t.Errorf("%s: %s is doubted: refused %t, rejected %t", encoding, text, refused, rejected)
		}
	}
}

// The … that à of DOS has become is one where letters show that the text is whole.
func TestALoneSignIsReadWhereLettersShowThatTheTextIsWhole(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"login;name\na;Aide-soignante … domicile\nb;Dupont\n":        true,
		"login;name\na;Aide-soignante … domicile\nb;Weiá\n":          true,
		"login;name\na;Weiá\n":                                       true,
		"login;name\na;Straáe 3\n":                                   true,
		"login;name\na;Suite … venir\nb;Hélène\nc;Noël\nd;Lefèvre\n": false,
		"login;name\na;Agent…\nb;Agent …\n":                          false,
		"login;name\na;Suárez\nb;Tomás\n":                            false,
	} {
		if refused, rejected := readAll(t, in, Format{}); (refused || rejected) != want {
			t.Errorf("%q: refused %t, rejected %t, want doubt %t", in, refused, rejected, want)
		}
	}
}
