package learn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/userfile"
)

// header is what the payrolls of three languages call a column.
type header struct{ code, french, german, english string }

func headers() []header {
	return []header{
		{"employeenumber", "N° matricule", "Personalnummer", "Employee ID"}, {"lastName", "Nom", "Nachname", "Last name"}, {"firstName", "Prénom", "Vorname", "First name"},
		{"dtBirth", "Date de naissance (JJ/MM/AAAA)", "Geburtsdatum", "Date of birth"}, {"gender", "Sexe", "Geschlecht", "Gender"}, {"legalEntity", "Établissement", "Betrieb", "Establishment"},
		{"jobTitle", "Intitulé du poste", "Stellenbezeichnung", "Job title"}, {"mail", "E-mail professionnel", "Dienstliche E-Mail", "Work email"}, {"dtContractEnd", "Date de sortie", "Austrittsdatum", "End date"},
		{"directLine", "Téléphone", "Telefon", "Phone"}, {learn.Ignore, "Salaire brut", "Gehalt", "Salary"}, {"department", "Service", "Abteilung", "Department"},
	}
}

// manner is how a program writes its files.
type manner struct {
	language, separator, encoding, date, titles, footer, end string
}

func drawManner(t *rapid.T) manner {
	return manner{
		language:  rapid.SampledFrom([]string{"fr", "de", "en"}).Draw(t, "language"),
		separator: rapid.SampledFrom([]string{";", ",", "\t", "|"}).Draw(t, "separator"),
		encoding:  rapid.SampledFrom([]string{"utf-8", "bom", "windows-1252", "cp850", "macintosh"}).Draw(t, "encoding"),
		date:      rapid.SampledFrom([]string{"02/01/2006", "2006-01-02", "2.1.2006", "01/02/2006", "20060102", "02-01-2006", "2006-01-02 00:00:00", "02/01/06"}).Draw(t, "date"),
		titles:    rapid.SampledFrom([]string{"", "", "Export du 28/11/2026\r\n", "# paie\r\n# Acme\r\n", "\r\nListe des salariés\r\n\r\n"}).Draw(t, "titles"),
		footer:    rapid.SampledFrom([]string{"", "", "TOTAL"}).Draw(t, "footer"),
		end:       rapid.SampledFrom([]string{"", "NULL"}).Draw(t, "end"),
	}
}

func (m manner) header(h header) string {
	switch m.language {
	case "fr":
		return h.french
	case "de":
		return h.german
	default:
		return h.english
	}
}

// gender is a word for Male or Female.
func (m manner) gender(male bool) string {
	words := map[string][2]string{"fr": {"H", "F"}, "de": {"M", "W"}, "en": {"male", "Female"}}[m.language]
	if male {
		return words[0]
	}
	return words[1]
}

func (m manner) encode(t *rapid.T, text string) string {
	charset := map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "cp850": charmap.CodePage850, "macintosh": charmap.Macintosh}[m.encoding]
	switch {
	case m.encoding == "bom":
		return "\uFEFF" + text
	case charset == nil:
		return text
	}
	out, err := charset.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWhatIsLearntReadsTheFileAsItWasMeant writes files as payrolls do, answers the doubts as
// their author would, and reads them with what was learnt.
func TestWhatIsLearntReadsTheFileAsItWasMeant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawManner(t)
		all := headers()
		perm := rapid.Permutation(all[3:]).Draw(t, "columns")
		columns := append(slices.Clone(all[:3]), perm[:rapid.IntRange(1, len(perm)).Draw(t, "count")]...)
		var text strings.Builder
		var meant []map[string]string
		text.WriteString(m.titles)
		for i, h := range columns {
			text.WriteString(strings.Repeat(m.separator, min(i, 1)) + m.header(h))
		}
		for row := range rapid.IntRange(2, 8).Draw(t, "rows") {
			text.WriteString("\r\n")
			p, written := drawPerson(t, m, row)
			for i, h := range columns {
				text.WriteString(strings.Repeat(m.separator, min(i, 1)) + written[h.code])
			}
			meant = append(meant, p)
		}
		text.WriteString("\r\n")
		if m.footer != "" {
			text.WriteString(m.footer + strings.Repeat(m.separator, len(columns)-1) + "\r\n")
		}
		in := m.encode(t, text.String())
		lesson := settle(t, in, m)
		if lesson.Trial.Refused || lesson.Trial.Rejected > 0 {
			t.Fatalf("%+v refuses\n%s\n%s", lesson.Trial, text.String(), lesson.YAML)
		}
		table, _, err := userfile.Read(strings.NewReader(in), lesson.Section.Options)
		if err != nil || len(table.Rows) != len(meant) {
			t.Fatalf("%d rows of %d, %v\n%s\n%s", len(table.Rows), len(meant), err, text.String(), lesson.YAML)
		}
		for i, row := range table.Rows {
			for j, c := range table.Columns {
				if want := meant[i][c.Code]; !strings.EqualFold(row.Cells[j], want) && c.Index != plan.NoPlace {
					t.Fatalf("%s is %q, meant %q, in\n%s\n%s", c.Code, row.Cells[j], want, text.String(), lesson.YAML)
				}
			}
		}
	})
}

// drawPerson returns what is meant, and how it is written.
func drawPerson(t *rapid.T, m manner, row int) (meant, written map[string]string) {
	// The accents are those that tell the encodings apart.
	birth := fmt.Sprintf("%02d/%02d/%d", rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1950, 2005).Draw(t, "year"))
	male := rapid.Bool().Draw(t, "male")
	p := map[string]string{
		"employeenumber": fmt.Sprintf("%05d", 100+row), "lastName": rapid.SampledFrom([]string{"Lefèvre", "Gérard", "Müller"}).Draw(t, "last"),
		"firstName": rapid.SampledFrom([]string{"Hélène", "Grégoire", "Jürgen"}).Draw(t, "first"), "dtBirth": birth, "gender": map[bool]string{true: "Male", false: "Female"}[male],
		"legalEntity": rapid.SampledFrom([]string{"Acme Lyon", "Acme Nantes"}).Draw(t, "site"), "jobTitle": rapid.SampledFrom([]string{"Ingénieur", "Aide-soignante", "Chargée de qualité"}).Draw(t, "job"),
		"mail": fmt.Sprintf("p%d@acme.example", row), "dtContractEnd": "", "directLine": fmt.Sprintf("+33 1 40 00 %02d 00", row), "department": rapid.SampledFrom([]string{"Support", "Direction RH"}).Draw(t, "department"),
	}
	w := make(map[string]string)
	for code, value := range p {
		w[code] = value
	}
	w["dtBirth"] = reformat(t, birth, m.date)
	w["gender"] = m.gender(male)
	w["dtContractEnd"] = m.end
	w[learn.Ignore] = "3000"
	return p, w
}

// settle answers all doubts as the author of the file would.
func settle(t *rapid.T, in string, m manner) learn.Lesson {
	input := learn.Input{Flow: "users", File: "u.csv", Answers: make(map[string]string)}
	for range 30 {
		lesson, err := learn.Look(strings.NewReader(in), input)
		if err != nil {
			t.Fatalf("%v\n%s", err, in)
		}
		if len(lesson.Doubts) == 0 {
			return lesson
		}
		for _, d := range lesson.Doubts {
			input.Answers[d.ID] = truth(t, d, m)
		}
	}
	t.Fatal("the doubts have no end")
	return learn.Lesson{}
}

// truth is the author's answer.
func truth(t *rapid.T, d learn.Doubt, m manner) string {
	switch d.ID {
	case "dates":
		if strings.HasPrefix(m.date, "01/02") {
			return "month"
		}
		return "day"
	case "establishment":
		return "Acme Lyon"
	case "encoding":
		return m.encoding
	case "pad":
		return "no"
	}
	for _, h := range headers() {
		if d.ID == "column:"+m.header(h) {
			return h.code
		}
	}
	t.Fatalf("nobody knows about %+v", d)
	return ""
}

// reformat writes a date as a layout of package time says.
func reformat(t *rapid.T, day, layout string) string {
	at, err := time.Parse("02/01/2006", day)
	if err != nil {
		t.Fatal(err)
	}
	return at.Format(layout)
}
