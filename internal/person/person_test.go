package person_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

func TestFoldKeepsWhatSpellingsHaveInCommon(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"N'DIAYE": "n diaye", "N’Diaye": "n diaye", "N‘Diaye": "n diaye", "NʼDiaye": "n diaye", "N`Diaye": "n diaye", "N´Diaye": "n diaye", "N Diaye": "n diaye", "N′Diaye": "n diaye",
		"Jean-Pierre": "jean pierre", "Jean‑Pierre": "jean pierre", "Jean–Pierre": "jean pierre", "JEAN\u00a0PIERRE": "jean pierre", " jean \t pierre ": "jean pierre",
		"Œuvrard": "oeuvrard", "OEUVRARD": "oeuvrard", "Strauß": "strauss", "STRAUSS": "strauss", "STRAUẞ": "strauss",
		"Müller": "muller", "Mu\u0308ller": "muller", "Łukasz": "lukasz", "Nguyễn": "nguyen", "ÇELIK": "celik", "Søndergård": "sondergard", "Zoe\u200b": "zoe",
		"DUPONT, Jean": "dupont jean", "J.-P. Martin": "j p martin", "": "", "İnci": "inci", "Иван": "иван",
	} {
		if got := person.Fold(text); got != want {
			t.Errorf("Fold(%q) = %q, want %q", text, got, want)
		}
	}
}

// day reads YYYY-MM-DD.
func day(t testing.TB, s string) roster.Date {
	t.Helper()
	d, err := roster.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// who makes somebody of "first|last|birth|start|number|mail".
func who(t testing.TB, s string) person.Person {
	t.Helper()
	p := append(strings.Split(s, "|"), "", "", "", "", "", "")
	return person.Person{Mail: p[5], Phone: p[6], Name: person.NewName(p[0], p[1]), Birth: day(t, p[2]), Start: day(t, p[3]), Number: p[4]}
}

const (
	b1, b2 = "1985-02-17", "1990-05-18"
	s1, s2 = "2014-12-02", "2026-12-01"
)

// A slip of the pen, or an initial, makes nobody somebody else; a name that is only near
// another one does, where anything else tells the two apart.
func TestSlipsAndInitials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		want       person.Likeness
	}{
		{"two letters exchanged", "Marie|Dupnot||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"a letter wrong", "Marie|Dupomt||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"a letter left out", "Marie|Dupon||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"a letter twice", "Marie|Duppont||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"the first letter left out", "Marie|Upont||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"in a name of two parts", "Loïc|Le Guilou||" + s2, "Loïc|Le Guillou||" + s1, person.Possible},
		{"in the first name", "Mraie|Dupont||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"born on the same day", "Marie|Dupnot|" + b1, "Marie|Dupont|" + b1, person.Same},
		{"the same number", "Marie|Dupnot|||7", "Marie|Dupont|||007", person.Same},
		{"born on another day", "Marie|Dupnot|" + b2, "Marie|Dupont|" + b1, person.Other},
		{"another letter and another number", "Marie|Dupond|||8", "Marie|Dupont|||7", person.Possible},
		{"two letters exchanged and another number", "Marie|Dupnot|||8", "Marie|Dupont|||7", person.Possible},
		{"as it is heard", "Sofie|Caron", "Sophie|Caron", person.Possible},
		{"as it is heard, in both", "Erik|Mathieu|||1", "Éric|Matthieu|||2", person.Possible},
		{"as it is heard, in each other's column", "Matthieu|Erik", "Éric|Mathieu", person.Possible},
		{"as it is heard, born on another day", "Sofie|Caron|" + b1, "Sophie|Caron|" + b2, person.Other},
		{"a letter twice in the first name", "Annne|Martin", "Anne|Martin", person.Possible},
		{"a slip after a particle", "Loïc|Le Gof", "Loïc|Le Goff", person.Possible},
		{"a second first name and a slip", "Marie Zoé|Dupnot", "Marie|Dupont", person.Possible},
		{"names of three letters", "Li|Roux", "Ly|Roux", person.Other},
		{"an h in front", "Hanna|Petit", "Anna|Petit", person.Possible},
		{"slips in both, born on the same day", "Mrie|Dupond|" + b1, "Marie|Dupont|" + b1, person.Possible},
		{"another first name, born on the same day", "Agnès|Garcia|" + b1 + "||1", "Inès|García|" + b1 + "||2", person.Possible},
		{"another last name, born on the same day", "Hélène|Petit|" + b1 + "||1", "Hélène|Boyer|" + b1 + "||2", person.Possible},
		{"two letters wrong", "Marie|Dapomt", "Marie|Dupont", person.Other},
		{"two letters more", "Marie|Dupontel", "Marie|Dupont", person.Other},
		{"a short name", "Marie|Roux", "Marie|Rous", person.Possible},
		{"a short name and another number", "Marie|Roux|||7", "Marie|Rous|||8", person.Other},
		{"another first name", "Lise|Dupnot", "Marie|Dupont", person.Other},
		{"letters exchanged in each part", "Mraie|Dupnot", "Marie|Dupont", person.Possible},
		{"a letter wrong in each part", "Mrie|Dupond", "Marie|Dupont", person.Possible},
		{"a letter wrong in each part and another number", "Mrie|Dupond|||7", "Marie|Dupont|||8", person.Other},
		{"a letter wrong in each part, born on another day", "Mrie|Dupond|" + b1, "Marie|Dupont|" + b2, person.Other},
		{"as it is heard in one, a slip in the other", "Carl|Schmidt||" + s2, "Karl|Schmitt||" + s1, person.Possible},
		{"a nickname", "Cathy|Brun||" + s2 + "|7", "Catherine|Brun||" + s1 + "|8", person.Possible},
		{"a nickname with another first letter", "Bill|Petit", "William|Petit", person.Possible},
		{"a nickname of somebody born on another day", "Bill|Petit|" + b1, "William|Petit|" + b2, person.Other},
		{"another letter, married", "Anna|Martin-Dupont", "Anne|Martin", person.Possible},
		{"a nickname of another name", "Bill|Petit", "Robert|Petit", person.Other},
		{"a nickname of a relative", "Bill|Petit", "William|Grand", person.Other},
		{"a name in another language", "Agnès|Vidal", "Inès|Vidal", person.Possible},
		{"a name in another language, with numbers", "Jean|Vidal|||7", "Juan|Vidal|||8", person.Other},
		{"an Arabic last name", "Youssef|Alkhateeb", "Youssef|Al-Khatib", person.Possible},
		{"Arabic names in both", "Yusuf|Alkhateeb", "Youssef|El Khatib", person.Possible},
		{"in Greek", "Γιώργος|Παπαδόπουλος", "Giorgos|Papadopoulos", person.Homonym},
		{"in Greek, as it is heard", "Χρήστος|Μπάκας", "Christos|Bakas", person.Possible},
		{"in Russian", "Сергей|Иванов", "Sergey|Ivanov", person.Possible},
		{"in Russian letters for a soft sign", "Наталья|Петрова", "Natalia|Petrova", person.Homonym},
		{"in Arabic", "محمد|الخطيب", "Mohamed|El Khatib", person.Possible},
		{"in Chinese", "伟|王", "Wei|Wang", person.Homonym},
		{"in Chinese, two signs", "小明|王", "Xiaoming|Wang", person.Homonym},
		{"somebody else in Chinese", "伟|李", "Wei|Wang", person.Other},
		{"a brother", "Michel|Dupont", "Michèle|Dupont", person.Possible},
		{"a sister", "Julia|Dupont||" + s2, "Julie|Dupont||" + s1, person.Possible},
		{"a sister with another number", "Julia|Dupont|||7", "Julie|Dupont|||8", person.Other},
		{"a sister born on another day", "Julia|Dupont|" + b1, "Julie|Dupont|" + b2, person.Other},
		{"short for the first name", "Alex|Dumas", "Alexandre|Dumas", person.Possible},
		{"short for one of two first names", "Anne So|Blanc", "Anne-Sophie|Blanc", person.Possible},
		{"an initial in front of a first name", "M. Claude|Fontaine|||7", "Marie-Claude|Fontaine|||8", person.Possible},
		{"an Arabic name", "Mohamed|Elamrani", "Muhammad|El Amrani", person.Possible},
		{"a letter that became two", "Djordje|Jovic", "Đorđe|Jović", person.Possible},
		{"a namesake of the family", "Paul|Dupont||" + s2, "Marie|Dupont||" + s1, person.Other},
		{"an initial", "M.|Dupont||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"an initial behind", "Dupont|M||" + s2, "Marie|Dupont||" + s1, person.Possible},
		{"two initials", "J.-P.|Martin", "Jean-Pierre|Martin", person.Possible},
		{"two initials in one", "JP|Martin", "Jean-Pierre|Martin", person.Possible},
		{"the first of two initials", "J|Martin", "Jean-Pierre|Martin", person.Possible},
		{"an initial of somebody born on the day", "M|Dupont|" + b1, "Marie|Dupont|" + b1, person.Same},
		{"an initial of somebody born on another day", "M|Dupont|" + b2, "Marie|Dupont|" + b1, person.Other},
		{"another initial", "P|Dupont", "Marie|Dupont", person.Other},
		{"an initial beside another last name", "M|Durand", "Marie|Dupont", person.Other},
		{"an initial and a slip", "M|Dupnot", "Marie|Dupont", person.Other},
		{"more initials than names", "M P|Dupont", "Marie|Dupont", person.Other},
		{"a short first name", "Jo|Dupont", "Marie|Dupont", person.Other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := who(t, tt.a), who(t, tt.b)
			if got, back := person.Compare(a, b), person.Compare(b, a); got != tt.want || back != tt.want {
				t.Errorf("%d, and the other way round %d, want %d", got, back, tt.want)
			}
			x := person.NewIndex(func(int) person.Person { return b })
			x.Add(0)
			if got, _ := x.Like(a, -1); got != tt.want {
				t.Errorf("the index finds %d, want %d", got, tt.want)
			}
		})
	}
}

func TestOnePersonInTwoSpellings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		want       person.Likeness
	}{
		{"apostrophes", "Zoé|D'AUBIGNÉ|" + b1 + "|" + s1, "Zoé|D’Aubigné|" + b1 + "|" + s1, person.Same},
		{"no apostrophe", "Zoé|D'AUBIGNÉ|" + b1, "ZOE|DAUBIGNE|" + b1, person.Same},
		{"particle glued", "Loïc|Le Goff|" + b1, "Loïc|LeGoff|" + b1, person.Same},
		{"particle dropped", "Loïc|Le Goff|" + b1, "Loïc|Goff|" + b1, person.Same},
		{"long particle", "Anna|von der Heide|" + b1, "Anna|Heide|" + b1, person.Same},
		{"second first name", "Agnès Marie|OEUVRARD|" + b1, "Agnès|Œuvrard|" + b1, person.Same},
		{"usual first name second", "Marie Agnès|OEUVRARD|" + b1, "Agnès|Œuvrard|" + b1, person.Same},
		{"other second first name", "Jean-Pierre|Martin||" + s2, "Jean-Claude|Martin||" + s1, person.Other},
		{"hyphens", "Jean-Pierre|Martin|" + b1, "JEAN PIERRE|Martin|" + b1, person.Same},
		{"hyphen left out", "Jean-Pierre|Martin|" + b1, "Jeanpierre|Martin|" + b1, person.Same},
		{"umlauts", "Jörg|Müller|" + b1, "JOERG|MUELLER|" + b1, person.Same},
		{"umlauts without dots", "Jörg|Müller|" + b1, "Jorg|Muller|" + b1, person.Same},
		{"sharp s", "Uwe|Strauß|" + b1, "UWE|STRAUSS|" + b1, person.Same},
		{"columns swapped", "Inès|Morvan|" + b1, "MORVAN|Ines|" + b1, person.Same},
		{"columns swapped, particle", "Zoé|D'Aubigné|" + b1, "d’aubigné|zoé|" + b1, person.Same},
		{"double name", "Marie|Durand|" + b1, "Marie|Dupont-Durand|" + b1, person.Same},
		{"married, born and begun", "Éloïse|Vasseur|" + b1 + "|" + s1, "Éloïse|Morvan|" + b1 + "|" + s1, person.Same},
		{"married, begun", "Éloïse|Vasseur||" + s1, "Éloïse|Morvan||" + s1, person.Possible},
		{"married, born", "Éloïse|Vasseur|" + b1 + "|" + s1, "Éloïse|Morvan|" + b1 + "|" + s2, person.Possible},
		{"married, number", "Éloïse|Vasseur|||9", "Éloïse|Morvan|||0009", person.Possible},
		{"the number of another establishment", "Éloïse|Vasseur|" + b1 + "||9", "Éloïse|Morvan|" + b2 + "||9", person.Other},
		{"the phone, married", "Zoé|Dupond|||||+33649081935", "Zoé|D'Aubigné|||||06 49 08 19 35", person.Possible},
		{"the phone of the desk", "Anna|Petit|||||+33649081935", "Paul|Roux|||||+33649081935", person.Other},
		{"a saint", "Élise|St Martin|" + b1, "Élise|Saint-Martin|" + b1, person.Same},
		{"number without zeros", "Zoé|Élan|||00219", "Zoé|Élan|||219", person.Same},
		{"number, born otherwise", "Zoé|Élan|" + b1 + "||219", "Zoé|Élan|" + b2 + "||219", person.Same},
		{"second first name, number", "Agnès Marie|Œuvrard|||1", "Agnès|Œuvrard|||2", person.Possible},
		{"homonyms", "Jean|Martin||" + s1, "Jean|Martin||" + s2, person.Homonym},
		{"homonyms with numbers", "Jean|Martin|||1", "Jean|Martin|||2", person.Homonym},
		{"homonyms of one day", "Jean|Martin||" + s1 + "|1", "Jean|Martin||" + s1 + "|2", person.Homonym},
		{"homonyms born otherwise", "Jean|Martin|" + b1, "Jean|Martin|" + b2, person.Other},
		{"homonyms with a year mistyped", "Jean|Martin|" + b1 + "|" + s1, "Jean|Martin|1986-02-17|" + s2, person.Homonym},
		{"homonyms with day and month exchanged", "Jean|Martin|1985-02-11", "Jean|Martin|1985-11-02", person.Homonym},
		{"homonyms of one day born otherwise", "Jean|Martin|" + b1 + "|" + s1, "Jean|Martin|" + b2 + "|" + s1, person.Homonym},
		{"same name and day", "Jean|Martin||" + s1, "Jean|Martin||" + s1, person.Same},
		{"nickname", "William|Martin||" + s1, "Bill|Martin||" + s1, person.Possible},
		{"trainees of one day", "Anna|Petit||" + s1 + "|1", "Anna|Roux||" + s1 + "|2", person.Other},
		{"born and begun on one day", "Anna|Petit|" + b1 + "|" + s1, "Paul|Roux|" + b1 + "|" + s1, person.Possible},
		{"born and begun on one day, numbers", "Anna|Petit|" + b1 + "|" + s1 + "|1", "Paul|Roux|" + b1 + "|" + s1 + "|2", person.Other},
		{"twins of one day", "Anna|Petit|" + b1 + "|" + s1 + "|1", "Paul|Petit|" + b1 + "|" + s1 + "|2", person.Possible},
		{"twins without numbers", "Anna|Petit|" + b1 + "|" + s1, "Paul|Petit|" + b1 + "|" + s1, person.Same},
		{"the mailbox at another domain", "Loïk|Legof||||l.legoff@acme.fr", "Loïc|Le Goff||||llegoff@acme.example", person.Possible},
		{"the mailbox, born otherwise", "Omar|Roux|" + b1 + "|||oroux@acme.fr", "Omar|Roux|" + b2 + "|||oroux+rh@acme.example", person.Possible},
		{"the mailbox, married", "Loïc|Muster||||llegoff@acme.fr", "Loïc|Le Goff||||LLeGoff@acme.example", person.Possible},
		{"the mailbox of others", "Anna|Petit||||accueil@acme.fr", "Paul|Roux||||accueil@acme.example", person.Other},
		{"a short mailbox", "Anna|Petit||||rh@acme.fr", "Anna|Roux||||rh@acme.example", person.Other},
		{"siblings", "Anna|Petit|" + b1, "Paul|Petit|" + b2, person.Other},
		{"strangers", "Anna|Petit|" + b1 + "|" + s1, "Paul|Roux|" + b2 + "|" + s2, person.Other},
		{"nobody known", "|Petit|" + b1, "|Petit|" + b1, person.Other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := who(t, tt.a), who(t, tt.b)
			if got := person.Compare(a, b); got != tt.want {
				t.Errorf("%q and %q: %d, want %d", tt.a, tt.b, got, tt.want)
			}
			if got := person.Compare(b, a); got != tt.want {
				t.Errorf("the other way round: %d, want %d", got, tt.want)
			}
		})
	}
}

// draw makes somebody of few names, days and numbers.
func draw(t *rapid.T, label string) person.Person {
	one := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	days := []roster.Date{{}, {Year: 1990, Month: 5, Day: 17}, {Year: 1990, Month: 5, Day: 18}}
	return person.Person{
		Name: person.NewName(
			one("Zoé", "Zoe M", "Cathy", "Catherine", "Bill", "William", "Guillaume", "Karl", "Carl", "Youssef", "Yusuf", "Hanna", "Anna", "Иван", "Sof", "Soffia", "ZOE", "Sophie", "Sofie", "Zoé Marie", "Marie", "Marie-Zoé", "Le", "Jörg", "Joerg", "Elan", "Mraie", "M", "Z", "Z-M", "zm", "Dupont", ""),
			one("Schmidt", "Schmitt", "Al-Khatib", "Alkhateeb", "D'Élan", "DELAN", "d’elan", "Elan", "Elan-Roux", "Roux", "Le Roux", "LeRoux", "Rous", "Roy", "Rouxe", "St Elan", "Saint Elan", "Le", "Müller", "Mueller", "Mueler", "Zoe", "Dupont", "Dupnot", "Dupond", "Dupon", "Duponts", "Marie", "D", "M", ""),
		),
		Birth: rapid.SampledFrom(days).Draw(t, label), Start: rapid.SampledFrom(days).Draw(t, label), Number: one("", "7", "007", "8"),
		Mail: one("", "", "zelan@a.example", "z.elan@b.example", "info@a.example"), Phone: one("", "", "+33611223344", "0611223344"),
	}
}

func TestCompareKnowsNoSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		if one, other := person.Compare(a, b), person.Compare(b, a); one != other {
			t.Fatalf("%+v and %+v: %d, the other way round %d", a, b, one, other)
		}
	})
}

func TestTheIndexFindsWhomCompareFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		people := make([]person.Person, rapid.IntRange(1, 12).Draw(t, "people"))
		for i := range people {
			people[i] = draw(t, "known")
		}
		x := person.NewIndex(func(i int) person.Person { return people[i] })
		for i := range people {
			x.Add(i)
		}
		p := draw(t, "asked")
		want, among := person.Other, []int(nil)
		for i := range people {
			switch l := person.Compare(p, people[i]); {
			case l > want:
				want, among = l, []int{i}
			case l == want && l > person.Other:
				among = append(among, i)
			}
		}
		got, who := x.Like(p, -1)
		slices.Sort(who)
		if got != want || !slices.Equal(who, among) {
			t.Fatalf("%+v: %d of %v, want %d of %v, in %+v", p, got, who, want, among, people)
		}
	})
}

func TestACrowdOfOneNameIsFoundInConstantTime(t *testing.T) {
	t.Parallel()
	born := func(i int) roster.Date {
		return roster.Date{Year: int16(1900 + i/300%200), Month: uint8(1 + i/28%12), Day: uint8(1 + i%28)}
	}
	asked := 0
	x := person.NewIndex(func(i int) person.Person {
		asked++
		return person.Person{Name: person.NewName("Jean", "Martin"), Birth: born(i), Number: fmt.Sprint(i)}
	})
	const n = 20_000
	for i := range n {
		x.Add(i)
	}
	asked = 0
	for i := range n {
		if l, _ := x.Like(person.Person{Name: person.NewName("Jean", "Martin"), Number: fmt.Sprint(i)}, -1); l != person.Same {
			t.Fatalf("somebody in the crowd with the number %d: %d", i, l)
		}
	}
	if asked > 100*n {
		t.Fatalf("%d people were looked at for %d", asked, n)
	}
}

func TestNamesInOneText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		first, last, text string
		want              bool
	}{
		{"Zoé", "LEFÈVRE", "Zoé Lefèvre", true}, {"Zoé", "LEFÈVRE", "LEFEVRE, Zoé", true}, {"Zoé", "LEFÈVRE", "lefevre zoe", true},
		{"Zoé", "D'Aubigné", "D’AUBIGNÉ Zoé", true}, {"Zoé", "D'Aubigné", "daubigne zoe", true}, {"Zoé", "D'Aubigné", "AUBIGNE, Zoe", true},
		{"Loïc", "Le Goff", "LE GOFF, Loïc", true}, {"Loïc", "Le Goff", "LEGOFF Loïc", true}, {"Loïc", "Le Goff", "Goff Loïc", true},
		{"Jean-Pierre", "Martin", "MARTIN Jean Pierre", true}, {"Jörg", "Müller", "Mueller, Joerg", true},
		{"Jean", "Martin", "Jean Petit", false}, {"Jean", "Martin", "Martin", false}, {"Jean", "Martin", "", false}, {"", "Martin", "Martin", false},
	} {
		keys := person.WholeKeys(tt.first, tt.last)
		got := slices.ContainsFunc(person.TextKeys(tt.text), func(k string) bool { return slices.Contains(keys, k) })
		if got != tt.want {
			t.Errorf("%q means %s %s: %t, want %t", tt.text, tt.first, tt.last, got, tt.want)
		}
	}
}

func TestWhoMarriesKeepsAName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		first, last, then, after string
		want                     bool
	}{
		{"Éloïse", "Vasseur", "Eloise", "Morvan", true}, {"William", "Petit", "Bill", "Petit", true}, {"Éloïse", "Vasseur", "Vasseur", "Éloïse", true},
		{"Éloïse", "Vasseur", "Morvan", "Éloïse", true}, {"Éloïse", "Vasseur", "Paul", "Roux", false}, {"Éloïse", "", "Paul", "Roux", true},
	} {
		if got := person.NewName(tt.first, tt.last).Shares(person.NewName(tt.then, tt.after)); got != tt.want {
			t.Errorf("%s %s and %s %s: %t", tt.first, tt.last, tt.then, tt.after, got)
		}
	}
}

func TestIsAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a@b.example": true, "a.b+c@d-e.example": true, "é@b.example": true, "A@B.EXAMPLE": true,
		"a": false, "a@b": false, "@b.example": false, "a@.example": false, "a@b.": false, "a@b@c.example": false,
		"A <a@b.example>": false, "<a@b.example>": false, "a b@c.example": false, "a@b.example,c@d.example": false, "": false,
		strings.Repeat("a", 250) + "@b.example": false,
	} {
		if got := person.IsAddress(text); got != want {
			t.Errorf("IsAddress(%q) = %t", text, got)
		}
	}
}

func TestKeysOfLoginsAndAddresses(t *testing.T) {
	t.Parallel()
	if person.LoginKey("E\u0301ric") != person.LoginKey("éric") || person.AddressKey(" A@b.Example") != person.AddressKey("a@B.example ") {
		t.Error("letter case or the form of accents makes another login or address")
	}
}

func TestPlainKeepsSignsAndBlanks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Salariés_É*.CSV": "salaries_e*.csv", "Salarie\u0301s [1-2].csv": "salaries [1-2].csv", "Œuvres  d’art.csv": "oeuvres  d’art.csv", "STRAẞE": "strasse", "ﬁn\u200b": "fin", "": "",
	} {
		if got := person.Plain(text); got != want {
			t.Errorf("Plain(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWhomAnAdministratorMeans(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]bool{
		"zlefevre": true, "ZLefevre": true, "Zoe@acme.example": true, " zoe@acme.example": true, "00219": true,
		"219": false, "zlefevr": false, "": false, "zoe": false,
	} {
		if got := person.Called(who, "zlefevre", "zoe@acme.example", "00219"); got != want {
			t.Errorf("Called(%q) = %v", who, got)
		}
	}
	if person.Called("", "", "", "") {
		t.Error("nobody means somebody")
	}
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"N’DIAYE", "Jean-Pierre", "Œuvre", "ẞ", "\xff", "İ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := person.Fold(s)
		if again := person.Fold(once); again != once {
			t.Fatalf("%q folds to %q, and that to %q", s, once, again)
		}
	})
}
