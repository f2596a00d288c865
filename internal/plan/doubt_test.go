package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/plan"
)

// What speaks against a whole file is said at the cell, and holds the run by a limit of its own.
func TestDoubtsOfAFileHoldIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rows     []string
		unclosed bool
		finding  string
		held     string
	}{
		"a date with day and month exchanged": {[]string{"login;dtBirth", "imorvan;06/05/1990"}, false, "warning B2 date_turned", "date_order 1"},
		"another date":                        {[]string{"login;dtBirth", "imorvan;05/06/1991"}, false, "", ""},
		"an accent that is another sign":      {[]string{"login;jobTitle", "imorvan;D‚veloppeur"}, false, "warning B2 letters_changed", "letters 1"},
		"another title":                       {[]string{"login;jobTitle", "imorvan;Chef"}, false, "", ""},
		"the end is missing":                  {[]string{"login;jobTitle", "imorvan;Dévelop"}, true, "warning B2 last_cell_cut", "last_cell no line end"},
		"the end is missing, of a word":       {[]string{"login;jobTitle", "imorvan;Chef"}, true, "", ""},
		"shorter, with a line end":            {[]string{"login;jobTitle", "imorvan;Dévelop"}, false, "", ""},
		"shorter, in a row before the last":   {[]string{"login;jobTitle", "imorvan;Dévelop", "lroy;Technicien"}, true, "", ""},
		"shorter, in a column before the last": {
			[]string{"login;jobTitle;gender", "imorvan;Dévelop;Female"}, true, "", "",
		},
		"an end long ago":    {[]string{"login;dtContractEnd", "imorvan;31/01/2026"}, false, "warning B2 past_end", "past_ends 1"},
		"an end of late":     {[]string{"login;dtContractEnd", "imorvan;31/10/2026"}, false, "", ""},
		"blank where it was": {[]string{"login;jobTitle", "imorvan;"}, true, "", ""},
	} {
		s := company(t)
		for i := range s.Employees {
			if e := &s.Employees[i]; e.Login == "imorvan" {
				e.JobTitle, e.BirthDate, e.Gender = "Développeur", date(t, "1990-06-05"), "Male"
			}
		}
		rows, people := table(t, tt.rows...), join(t, s)
		rows.Unclosed = tt.unclosed
		p := plan.Make(rows, people, plan.Policy{})
		said := strings.Join(codes(p), "")
		var held []string
		for _, l := range (plan.Limits{}).Judge(p, plan.Against{Table: rows, People: people}) {
			if l.Held && slices.Contains([]string{"past_ends", "late_starts", "ambiguous_names", "date_order", "letters", "accents", "last_cell"}, l.Name) {
				held = append(held, fmt.Sprint(l.Name, " ", l.Value))
				if l.Reason == "" {
					t.Errorf("%s: %s holds without a reason", name, l.Name)
				}
			}
		}
		if diff := cmp.Diff([]string{tt.finding, tt.held}, []string{said, strings.Join(held, ", ")}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// However many people a file creates, two who may be one are seen: a whole company is compared by
// parts of the names.
func TestNamesakesAmongAWholeCompany(t *testing.T) {
	t.Parallel()
	const many = 20_001
	rows := []string{"login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal"}
	for i := range many {
		first, last := "A"+word(i), "B"+word(i)
		if i == many-1 {
			first, last = "A"+word(7), "B"+word(7)
		}
		rows = append(rows, fmt.Sprintf(";%s;%s;p%d@acme.example;01/%02d/2026;LYO;DIR;Utilisateur", first, last, i, 1+i%12))
	}
	p := plan.Make(table(t, rows...), join(t, structure()), plan.Policy{})
	var said []string
	for _, f := range p.Findings {
		if f.Column == plan.LastName {
			said = append(said, fmt.Sprintf("row %d %s", f.Row, f.Code))
		}
	}
	if diff := cmp.Diff([]string{"row 9 same_name", fmt.Sprintf("row %d same_name", many+1)}, said); diff != "" {
		t.Error(diff)
	}
}

// word is one of letters for a number, far from those of its neighbours.
func word(n int) string {
	var b strings.Builder
	for x := uint32(n)*2654435761 + 12345; b.Len() < 12; x = x*1664525 + 1013904223 {
		b.WriteByte(byte('a' + x>>24%26))
	}
	return b.String()
}
