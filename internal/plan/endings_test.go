package plan_test

import (
	"testing"

	"lucca-exchange/internal/plan"
)

// TestEndsThatMayBeASlip: somebody who is there loses access by them, and three rows are under every
// floor.
func TestEndsThatMayBeASlip(t *testing.T) {
	t.Parallel()
	people := join(t, company(t)) // on 22/11/2026
	for _, tt := range []struct {
		name string
		file []string
		want string
	}{
		{"one leaver", []string{"login;dtContractEnd", "imorvan;20/11/2026"}, ""},
		{"one leaver among others", []string{"login;jobTitle;dtContractEnd", "imorvan;;20/11/2026", "agarcia;Chef;"}, ""},
		{"two leavers at the end of a month", []string{"login;dtContractEnd", "imorvan;31/10/2026", "agarcia;31/10/2026"}, ""},
		{"two leavers on two days", []string{"login;dtContractEnd", "imorvan;20/11/2026", "agarcia;16/11/2026"}, ""},
		{"leavers of some day to come", []string{"login;dtContractEnd", "imorvan;10/12/2026", "agarcia;10/12/2026"}, ""},
		{"today in all rows", []string{"login;dtContractEnd", "imorvan;22/11/2026", "agarcia;22/11/2026"}, "doubtful_ends"},
		{"two days in a row", []string{"login;dtContractEnd", "imorvan;20/11/2026", "agarcia;21/11/2026"}, ""},
		{"days in a row", []string{"login;dtContractEnd", "imorvan;19/11/2026", "agarcia;20/11/2026", "pkern;21/11/2026"}, "doubtful_ends"},
		{"a leaver who is promoted", []string{"login;department;dtContractEnd", "imorvan;Ventes;20/11/2026", "agarcia;;"}, "identity_shift"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := table(t, tt.file...)
			limits := plan.Limits{}.Judge(plan.Make(file, people, plan.Policy{}), plan.Against{Table: file, People: people, Mode: plan.Delta})
			if got := held(limits); got != tt.want {
				t.Errorf("held by %q, want %q", got, tt.want)
			}
		})
	}
}
