package tabular

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"lucca-exchange/internal/finding"
)

// Names of central Europe, Turkey and the Baltic states whose letters other names have in
// windows-1252: Dvořák would be Dvoøák.
func TestNamesOfOtherAlphabetsAreNotReadAsWesternOnes(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		charset *charmap.Charmap
		names   []string
	}{
		"central Europe": {charmap.Windows1250, []string{
			"Dvořák", "Jiří", "Kučera", "Černý", "Bečka", "Zdeněk", "Němec", "Růžena", "Průša", "Ondřej", "Přemysl", "Vaněk", "Łukasz", "Wałęsa", "Michał", "Paweł", "Małgorzata", "Kamiński", "Wiśniewski", "Świątek", "Żak",
			"Erdős", "Győző", "Ernő", "Ştefănescu", "Brăila", "Ionuţ", "Petrović", "Kovačević", "Đorđe", "Ľubomír",
			"Dębski", "Kędzia", "Zięba", "Kępa", "Sęk", "Mazurkiewicz-Jędrzejczyk", "Szűcs", "Tűzes", "Keserű", "Gyűrű",
		}},
		"Latin 2":           {charmap.ISO8859_2, []string{"Dvořák", "Łukasz", "Michał", "Kučera"}},
		"Turkish":           {charmap.Windows1254, []string{"Dağ", "Yılmaz", "Aydın", "Gökşin", "İpek", "Avcı", "Özdoğan", "Şahin"}},
		"Baltic":            {charmap.Windows1257, []string{"Žukauskas", "Šarūnas"}},
		"Latin 9":           {charmap.ISO8859_15, []string{"Œuvrard", "Žarko"}},
		"of Greece, Russia": {charmap.Windows1251, []string{"Пётр", "Иванов"}},
	} {
		for _, text := range one.names {
			bytes, err := one.charset.NewEncoder().String("login;name\na;" + text + "\nb;Dupont\nc;Martin\n")
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if refused, rejected := readAll(t, bytes, Format{}); !refused && !rejected {
				as, _ := charmap.Windows1252.NewDecoder().String(bytes)
				t.Errorf("%s: %s is read as %q", name, text, as)
			}
		}
	}
}

// Names that have the same letters by right, in a file whose encoding nobody has set.
func TestRareLettersOfWesternNamesAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Søe", "Bøe", "Høie", "Jørgen", "Sørensen", "Høyer", "Øystein", "Kjær", "Æbelø", "Åse", "João", "Guimarães", "Irmã", "Simões", "Võ", "Guèye", "Noè", "Joèlle", "Thièrry", "Bình", "Hùng", "Novotný", "Anaïs", "Saïd", "Heloïse",
		"Iñaki", "Muñoz", "Fañch", "Schœlcher", "Lœwenbruck", "Cœur", "Œuvrard", "Nicolò", "Perù", "MªCarmen", "Mª Carmen", "Prêtre", "Évêché", "Hêtre", "Inocêncio", "Rêgo", "Khuê", "Lê", "Pêcheur", "Crêpe", "Bêche", "Brûlé", "Août", "Dû", "Crû", "Voûte", "Bûcheron", "cm³", "N° 3", "Nº 3", "1º andar", "m³/h",
	} {
		bytes, err := charmap.Windows1252.NewEncoder().String("login;name\na;" + text + "\nb;Dupont\nc;Martin\n")
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if refused, rejected := readAll(t, bytes, Format{}); refused || rejected {
			t.Errorf("%s is doubted: refused %t, rejected %t", text, refused, rejected)
		}
	}
}

// What is Icelandic is so in UTF-8, and where the encoding is set.
func TestIcelandicNamesAreReadWhereTheirEncodingIsKnown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Guðrún Sigurðsson", "Þórður", "Davíð", "Eyþór", "Friðþjófur", "Ýr"} {
		in := "login;name\na;" + text + "\n"
		if refused, rejected := readAll(t, in, Format{}); refused || rejected {
			t.Errorf("UTF-8: %s is doubted: refused %t, rejected %t", text, refused, rejected)
		}
		bytes, err := charmap.Windows1252.NewEncoder().String(in)
		if err != nil {
			t.Fatal(err)
		}
		if refused, rejected := readAll(t, bytes, Format{Encoding: Windows1252}); refused || rejected {
			t.Errorf("windows-1252, set: %s is doubted: refused %t, rejected %t", text, refused, rejected)
		}
		if refused, rejected := readAll(t, bytes, Format{}); !refused && !rejected {
			t.Errorf("windows-1252, guessed: %s is not doubted: it may be Turkish", text)
		}
	}
	for encoding, charset := range map[string]*charmap.Charmap{Windows1250: charmap.Windows1250, Windows1254: charmap.Windows1254} {
		text := map[string]string{Windows1250: "Dvořák Łukasz Němec", Windows1254: "Dağ Yılmaz İpek"}[encoding]
		bytes, err := charset.NewEncoder().String("login;name\na;" + text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if refused, rejected := readAll(t, bytes, Format{Encoding: encoding}); refused || rejected {
			t.Errorf("%s: %s is doubted: refused %t, rejected %t", encoding, text, refused, rejected)
		}
	}
}

// Wherever such names stand in a file, and however many western ones beside them, none of them is read
// as another one; western ones alone are read.
func TestForeignNamesAmongOthers(t *testing.T) {
	t.Parallel()
	foreign := []string{"Dvořák", "Kučera", "Wałęsa", "Dębski", "Kędzia", "Szűcs", "Keserű", "Győző", "Wiśniewski", "Petrović", "Němec"}
	western := []string{"Dupont", "Lefèvre", "Müller", "Prêtre", "Brûlé", "Muñoz", "Noël", "Bergström", "Gonçalves", "Weiß"}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(western), 1, 30).Draw(t, "western")
		n := rapid.IntRange(0, 2).Draw(t, "how many")
		at := make(map[int]bool)
		for range n {
			i := rapid.IntRange(0, len(names)-1).Draw(t, "place")
			names[i], at[i+2] = rapid.SampledFrom(foreign).Draw(t, "foreign"), true
		}
		in := "login;name\n"
		for i, name := range names {
			in += fmt.Sprintf("n%d;%s\n", i, name)
		}
		charset := charmap.Windows1252
		if n > 0 {
			charset = charmap.Windows1250
			in = strings.NewReplacer("ñ", "n", "è", "é", "ê", "e", "û", "u").Replace(in) // which that encoding lacks
		}
		bytes, err := charset.NewEncoder().String(in)
		if err != nil {
			t.Fatal(err)
		}
		read := make(map[int]bool)
		content, err := Each(strings.NewReader(bytes), Format{}, Contract{Fields: []Field{{Key: "login"}, {Key: "name"}}}, func(_ []Column, row *Row, _ []string) {
			read[row.Number] = finding.Count(row.Findings, finding.Error) == 0
		})
		if err != nil {
			if n == 0 {
				t.Fatalf("%q is refused: %v", names, content.Findings)
			}
			return // none of it is read
		}
		for row, whole := range read {
			if whole == at[row] && !content.Rejected.Has(row) || !whole && !at[row] {
				t.Fatalf("row %d of %q: read %v", row, names, whole)
			}
		}
	})
}
