package learn_test

import (
	"errors"
	"strings"
	"testing"

	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/tabular"
)

// FuzzLook learns from any bytes: what is learnt can be tried, and what is none of a file's
// fault never happens.
func FuzzLook(f *testing.F) {
	for _, in := range []string{
		"Matricule;Nom;Prénom\n1;A;B\n", "sep=,\nlogin,Telefon\na,+331\n", "# x\nlogin\tdtBirth\na\t1/2/85\nTOTAL\t1\n", "Nom\xe9;\x82\n\"", "PK\x03\x04", "a|b\n\n\n1|2", "login;Date\na;31/12/9999\nb;NULL\n",
	} {
		f.Add(in)
	}
	people := company(f)
	f.Fuzz(func(t *testing.T, in string) {
		for _, with := range []learn.Input{{Flow: "users", File: "u 1.csv"}, {Flow: "users", File: "[*]", People: people}} {
			lesson, err := learn.Look(strings.NewReader(in), with)
			if err != nil && !errors.Is(err, tabular.ErrRefused) {
				t.Fatal(err)
			}
			for _, d := range lesson.Doubts {
				if d.ID == "" || d.Question == "" || len(d.Choices) == 0 && !d.Free {
					t.Fatalf("nobody can answer %+v", d)
				}
			}
		}
	})
}
