package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// short is a disk that is full after so many bytes.
type short struct{ left int }

var errNoSpace = errors.New("no space left on device")

// Write fails once it is full.
func (s *short) Write(b []byte) (int, error) {
	if s.left -= len(b); s.left < 0 {
		return 0, errNoSpace
	}
	return len(b), nil
}

// A plan of which the end is missing would be taken for a smaller one: wherever the disk is full, that is
// said, and what was cut anywhere is not read.
func TestAPlanIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	rows := []string{"login;firstName;jobTitle"}
	for i := range 400 {
		rows = append(rows, fmt.Sprintf("nobody%d;Éloïse;Soudeur", i))
	}
	for _, row := range crew {
		login, _, _ := strings.Cut(row, "|")
		rows = append(rows, login+";;Cheffe")
	}
	made := plan.Make(table(t, rows...), join(t, ship(t)), plan.Policy{})
	empty := plan.Make(table(t, rows[0]), join(t, ship(t)), plan.Policy{})
	for name, write := range map[string]func(io.Writer) error{
		"stored":             made.Encode,
		"stored, empty":      empty.Encode,
		"the document":       func(w io.Writer) error { return made.WriteDocument(w, "users", "users.csv", nil) },
		"an empty document":  func(w io.Writer) error { return empty.WriteDocument(w, "users", "users.csv", nil) },
		"the document again": func(w io.Writer) error { return made.WriteDocument(w, "users", "", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var whole bytes.Buffer
			if err := write(&whole); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(whole.Bytes()) {
				t.Fatal("it is no JSON")
			}
			for n := 0; n < whole.Len(); n += max(1, whole.Len()/50) {
				if err := write(&short{left: n}); !errors.Is(err, errNoSpace) {
					t.Errorf("with room for %d of %d bytes: %v", n, whole.Len(), err)
				}
				if !strings.HasPrefix(name, "stored") {
					continue
				}
				if p, err := plan.Decode(json.NewDecoder(bytes.NewReader(whole.Bytes()[:n]))); p != nil || !errors.Is(err, plan.ErrDamaged) {
					t.Errorf("of the first %d of %d bytes: %v", n, whole.Len(), err)
				}
			}
			if err := write(&short{left: whole.Len()}); err != nil {
				t.Errorf("with room for all: %v", err)
			}
		})
	}
}

// The sections of an axis are those of that axis, by their code or their name.
func TestSectionsOfAnAxis(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ column, cell, to, says string }{
		{"userAxisValues_3", "R1", "Recherche", ""},
		{"userAxisValues_3", "recherche", "Recherche", ""},
		{"userAxisValues_3", "N9", "", "B2 unknown_section"},
		{"userAxisValues_5", "N9", "Nord", ""},
		{"userAxisValues_5", "Nord", "Nord", ""},
		{"userAxisValues_3", "Ventes", "", "B2 ambiguous_section"},
		{"userAxisValues_3", "V1", "Ventes (V1)", ""},
		{"userAxisValues_7", "R1", "", "B2 unknown_section"},
	} {
		s := ship(t)
		s.Sections = []roster.Section{
			{ID: 30, AxisID: 3, Name: "Recherche", Code: "R1"}, {ID: 31, AxisID: 3, Name: "Ventes", Code: "V1"}, {ID: 32, AxisID: 3, Name: "Ventes", Code: "V2"},
			{ID: 50, AxisID: 5, Name: "Nord", Code: "N9"},
		}
		made := plan.Make(table(t, "login;"+tt.column, "ynguyen;"+tt.cell), join(t, s), plan.Policy{})
		var says []string
		for _, f := range codes(made) {
			says = append(says, strings.TrimPrefix(f, "error "))
		}
		if got := made.Items[0].Set.Map()[tt.column].To; got != tt.to || strings.Join(says, ", ") != tt.says {
			t.Errorf("%s %s is %q, and it says %q, want %q and %q", tt.column, tt.cell, got, says, tt.to, tt.says)
		}
	}
}

// Whoever is not in a full file is ended only where the file is whole, as far as anybody can tell.
func TestAbsencesOfAFullFile(t *testing.T) {
	t.Parallel()
	all := new(limit.Percent(100))
	everybody := func(but ...string) []string {
		rows := []string{"login;jobTitle"}
		for _, row := range crew[:9] {
			login, _, _ := strings.Cut(row, "|")
			if !strings.Contains(strings.Join(but, " "), login) {
				rows = append(rows, login+";")
			}
		}
		return rows
	}
	for _, tt := range []struct {
		name     string
		rows     []string
		last     int
		repeated bool
		held     string
		says     string
	}{
		{"nobody is absent", everybody(), 9, false, "", ""},
		{"one in the midst", everybody("oroux"), 9, false, "", ""},
		{"one in the midst, of the first file", everybody("oroux"), 0, false, "absences", "the first full file of the flow would end 1 people who are not in it"},
		{"one in the midst, beside a row that is there twice", everybody("oroux"), 9, true, "absences", "1 people would be ended who are not in the file, while a row is there twice"},
		{"nobody, beside a row that is there twice", everybody(), 9, true, "", ""},
		{"those at the end", everybody("aoeuvrard", "clefevre"), 9, false, "absences", "the 2 people to be ended are all missing at one end of the file: it may have been cut"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := table(t, tt.rows...), join(t, ship(t))
			if tt.repeated {
				file.Findings = []finding.Finding{{Severity: finding.Warning, Code: "repeated_row", Row: 2, Message: "twice"}}
			}
			policy := plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}
			limits := plan.Limits{Ends: all, Shrink: all, ChangesPerField: all}.Judge(plan.Make(file, people, policy), plan.Against{Table: file, People: people, Mode: plan.Full, Last: tt.last})
			says := ""
			for _, l := range limits {
				if l.Held {
					says += l.Reason
				}
			}
			if got := held(limits); got != tt.held || !strings.HasPrefix(says, tt.says) || (says == "") != (tt.says == "") {
				t.Errorf("held by %q: %s", got, says)
			}
		})
	}
}
