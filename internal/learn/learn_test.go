package learn_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	slashpath "path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/testdata"
)

var update = flag.Bool("update", false, "write the golden files anew")

// company is a Lucca with numbers of five digits.
func company(t testing.TB) *roster.Roster {
	t.Helper()
	s := roster.Snapshot{
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon", Code: "LYO"}, {ID: 2, Name: "Acme Nantes", Code: "NAN"}},
		Departments:    []roster.Department{{ID: 1, Name: "Support", Code: "S1", Hierarchy: "/1/", Parent: "/"}, {ID: 2, Name: "Direction RH", Code: "S2", Hierarchy: "/2/", Parent: "/"}},
		Roles:          []roster.Role{{ID: 1, Name: "Utilisateur"}},
	}
	for i, p := range [][3]string{{"zlefevre", "Zoé", "Lefèvre"}, {"igarcia", "Inès", "García"}, {"pmartin", "Paul", "Martin"}} {
		s.Employees = append(s.Employees, roster.Employee{
			ID: i + 1, Login: p[0], FirstName: p[1], LastName: p[2], Mail: p[0] + "@acme.example", EmployeeNumber: fmt.Sprintf("%05d", 42+i),
			EstablishmentID: 1, DepartmentID: 1, RoleID: 1, ContractStart: roster.Date{Year: 2019, Month: 5, Day: 19},
		})
	}
	r, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 28}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told writes a lesson for a person who reads the golden file.
func told(l learn.Lesson, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, f := range l.Facts {
		fmt.Fprintf(&b, "%s: %s (%s: %s)\n", f.Name, f.Value, f.Confidence, f.Because)
	}
	for _, c := range l.Columns {
		fmt.Fprintf(&b, "%s %q = %s (%s: %s)\n", c.Column, c.Header, c.Code, c.Confidence, c.Because)
	}
	for _, d := range l.Doubts {
		fmt.Fprintf(&b, "? %s: %s", d.ID, d.Question)
		for _, c := range d.Choices {
			fmt.Fprintf(&b, " [%s: %s]", c.Answer, c.Means)
		}
		fmt.Fprintln(&b)
	}
	for _, n := range l.Notes {
		fmt.Fprintln(&b, "note:", n)
	}
	b.WriteString(l.YAML)
	fmt.Fprintf(&b, "trial: refused=%v rows=%d rejected=%d\n", l.Trial.Refused, l.Trial.Rows, l.Trial.Rejected)
	for _, f := range l.Trial.Findings {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// encoded returns a text in the encoding that the comment of an archive names.
func encoded(t *testing.T, comment, text string) string {
	t.Helper()
	for name, charset := range map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "cp850": charmap.CodePage850, "macintosh": charmap.Macintosh} {
		if strings.Contains(comment, "in "+name) {
			out, err := charset.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	return text
}

// written is the first file of an archive, or the one of the top-level testdata that it names.
func written(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	if name := a.Files[0].Name; strings.HasPrefix(name, "users/") {
		return string(testdata.Bytes(name))
	}
	return encoded(t, string(a.Comment), string(a.Files[0].Data))
}

// TestLessons learns from the files of testdata: an archive has the file, answers if there are
// any, and what is learnt. Its comment says in which encoding the file is, and whether there
// is a Lucca.
func TestLessons(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d archives, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in := learn.Input{Flow: "users", File: slashpath.Base(a.Files[0].Name)}
			if strings.Contains(string(a.Comment), "with Lucca") {
				in.People = company(t)
			}
			if len(a.Files) > 1 && a.Files[1].Name == "answers" {
				in.Answers = make(map[string]string)
				for line := range strings.Lines(string(a.Files[1].Data)) {
					id, answer, _ := strings.Cut(strings.TrimSpace(line), "=")
					in.Answers[id] = answer
				}
			}
			got := told(learn.Look(strings.NewReader(written(t, a)), in))
			want := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if want < 0 {
				want, a.Files = len(a.Files), append(a.Files, txtar.File{Name: "want"})
			}
			if *update {
				a.Files[want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(a.Files[want].Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, a.Files[want].Data)
			}
		})
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{"a PDF": "%PDF-1.7\n", "nothing": "", "blank lines": "\n\n\n", "JSON": `{"users": []}`, "no header": "jean;dupont;jd@acme.example;01/02/2020\npaul;durand;pd@acme.example;13/02/2020\n", "an old workbook": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"} {
		if _, err := learn.Look(strings.NewReader(in), learn.Input{Flow: "users", File: "u.csv"}); !errors.Is(err, tabular.ErrRefused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	for _, answers := range []map[string]string{{"dates": "day"}, {"column:Truc": "nonsense"}, {"column:login": "truc"}} {
		_, err := learn.Look(strings.NewReader("login;Truc\na;b\n"), learn.Input{Flow: "users", File: "u.csv", Answers: answers})
		if !errors.Is(err, learn.ErrAnswer) {
			t.Errorf("%v: got %v", answers, err)
		}
	}
}
