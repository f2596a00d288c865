package dossier

import (
	"testing"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/tabular"
)

func eleonore() who {
	return newWho([]explain.Names{{Name: "Éléonore de Müller", Login: "emuller", Mail: "eleonore.muller@acme.example", Number: "0042"}, {Login: "em", Mail: "em@acme.example"}})
}

// TestWhoIsNamed: a cell, or a text, names a person by what they were ever called, and by nothing less.
func TestWhoIsNamed(t *testing.T) {
	t.Parallel()
	w := eleonore()
	for cell, want := range map[string]string{
		"emuller": "login", " EMULLER ": "login", "Eleonore.Muller@ACME.example": "mail", "em@acme.example": "mail", "0042": "number", "'0042": "number",
		"Eleonore de Muller": "name", "MÜLLER Éléonore de": "name", "de Müller Éléonore": "name",
		"Müller": "", "Éléonore": "", "42": "", "emullers": "", "": "", "paul.muller@acme.example": "",
	} {
		if got := w.cell(cell); got != want {
			t.Errorf("%q names them by %q, want %q", cell, got, want)
		}
	}
	for text, want := range map[string]bool{
		"the manager emuller has left": true, "write to eleonore.muller@acme.example.": true, "reports to Éléonore de Müller; since May": true,
		"the manager emullers has left": false, "row 0042x": false, "number 0042": true, "em": true, "see em": false, "them": false, "": false, "Müller": false,
	} {
		if got := w.in(text); got != want {
			t.Errorf("%q names them: %t", text, got)
		}
	}
	if (who{}).in("anybody") || newWho(nil).cell("") != "" {
		t.Error("nobody is named")
	}
}

// TestWhoseRowItIs: a row of somebody whose manager they are is not theirs, nor one of a namesake.
func TestWhoseRowItIs(t *testing.T) {
	t.Parallel()
	sheet := sheet{rows: []tabular.RawRow{
		{Number: 1, Cells: []string{"login", "mail", "last", "first", "number", "manager"}},
		{Number: 2, Cells: []string{"emuller", "eleonore.muller@acme.example", "de Müller", "Éléonore", "0042", ""}},
		{Number: 3, Cells: []string{"paul", "paul@acme.example", "Petit", "Paul", "0043", "emuller"}},
		{Number: 4, Cells: []string{"e2", "e2@acme.example", "de Müller", "Éléonore", "0044", "paul"}},
		{Number: 5, Cells: []string{"lea", "lea@acme.example", "Petit", "Léa", "0045", "eleonore.muller@acme.example"}},
		{Number: 6, Cells: []string{"em", "", "", "", "", "x"}},
		{Number: 7, Cells: []string{"em", "", "", "", "", "x", "reason"}},
	}}
	for _, tt := range []struct {
		name    string
		numbers []int
		like    [][]string
		want    []int
	}{
		{"told by itself", nil, nil, []int{2}},
		{"known by its number", []int{6}, nil, []int{2, 6}},
		{"another row has the number", []int{4, 3}, nil, []int{2, 3, 4}},
		{"a row that names nobody", []int{1}, nil, []int{2}},
		{"like one that is theirs", nil, [][]string{{"em", "", "", "", "", "x"}}, []int{2, 6, 7}},
		{"like nothing", nil, [][]string{nil, {}}, []int{2}},
	} {
		var got []int
		for _, r := range sheet.own(eleonore(), tt.numbers, tt.like) {
			got = append(got, r.Number)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: rows %v, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: rows %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}

func TestSeparatorIsTheCommonest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a;b,c;d\n1,2,3,4": ";", "a,b;c,d\n": ",", "\r\na\tb\tc": "\t", "a|b": "|", "": ";", "a": ";"} {
		if got := separatorOf([]byte(text)); got != want {
			t.Errorf("%q is separated by %q, want %q", text, got, want)
		}
	}
}
