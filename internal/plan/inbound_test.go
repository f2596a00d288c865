package plan_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/plan"
)

// TestFilesAsPeopleWriteThem are small files of which each would end, double or overwrite
// somebody of the crew, were it taken at its word: each is held or rejected, and says why.
func TestFilesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	defaults := plan.Defaults{Values: map[string]string{plan.Establishment: "Acme Lyon", plan.Department: "DIR", plan.PrimaryRole: "Utilisateur"}}
	full := plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}
	for _, tt := range []struct {
		name   string
		policy plan.Policy
		file   []string
		// actions are those of the rows, then of the absent.
		actions, held, codes string
	}{
		{
			"a number and a name of two people", plan.Policy{Identifier: plan.ByNumber},
			[]string{"legalEntity;employeenumber;firstName;lastName", "LYO;00005;Zoé;D'Aubigné"},
			"update", "identity_shift", "other_person",
		},
		{
			"all rows moved up by one beside their logins", plan.Policy{},
			[]string{"login;firstName;lastName", "ynguyen;Zoé;D'Aubigné", "zdaubigne;Loïc;Le Goff", "llegoff;Omar;Çelik", "ocelik;Yannick;Nguyễn"},
			"update update update update", "identity_shift", "other_person",
		},
		{
			"numbers sorted by themselves", plan.Policy{},
			[]string{"login;employeenumber", "ynguyen;00004", "zdaubigne;00003", "llegoff;00002", "ocelik;00001"},
			"reject reject reject reject", "rejected identity_shift", "number_in_use",
		},
		{
			"numbers that lost their zeros", plan.Policy{},
			[]string{"login;employeenumber", "ynguyen;1", "zdaubigne;2"},
			"reject reject", "", "leading_zeros",
		},
		{
			"numbers that became decimals", plan.Policy{},
			[]string{"login;employeenumber", "ynguyen;1,0", "zdaubigne;2.0"},
			"reject reject", "", "spreadsheet_damage",
		},
		{
			"an identifier that lost its zeros", plan.Policy{Identifier: plan.ByNumber},
			[]string{"legalEntity;employeenumber;dtContractEnd", "LYO;5;30/11/2026"},
			"reject", "", "leading_zeros",
		},
		{
			"words for nothing", plan.Policy{Blank: plan.ClearBlank},
			[]string{"login;jobTitle;dtContractEnd", "ynguyen;NULL;", "zdaubigne;nan;NaN", `llegoff;\N;None`},
			"reject reject reject", "", "word_for_nothing",
		},
		{
			"open ends as dates", plan.Policy{},
			[]string{"login;dtContractEnd", "ynguyen;31/12/9999", "zdaubigne;31/12/2099", "llegoff;01/01/2099"},
			"reject reject reject", "", "bad_date implausible_date",
		},
		{
			"a manager who leaves in the file", plan.Policy{},
			[]string{"login;manager;dtContractEnd", "llefevre;evasseur;", "evasseur;;21/11/2026"},
			"update end", "", "manager_left",
		},
		{
			"a ring of three managers", plan.Policy{},
			[]string{"login;manager", "llegoff;ocelik", "ocelik;oroux", "oroux;llegoff"},
			"reject reject reject", "", "manager_cycle",
		},
		{
			"a married name and address in a full file", full,
			[]string{"login;firstName;lastName;mail;dtContractStart", "ynguyen;;;;", "zdaubigne;;;;", "llegoff;;;;", "ocelik;;;;", "oroux;;;;", "llefevre;;;;", "clefevre;;;;", "aoeuvrard;;;;", "emorvan;Éloïse;Morvan;eloise.morvan@acme.example;02/12/2014"},
			strings.Repeat("unchanged ", 8) + "create", "doubles", "absent_uncertain similar_person",
		},
		{
			"one login mistyped in a full file", full,
			[]string{"login;firstName;lastName;mail;dtContractStart", "ynguyen;;;;", "zdaubigne;;;;", "llegoff;;;;", "ocelik;;;;", "oroux;;;;", "llefevre;;;;", "clefevre;;;;", "aoeuvrard;;;;", "evaseur;Éloïse;Vasseur;evasseur@acme.example;02/12/2014"},
			strings.Repeat("unchanged ", 8) + "reject", "", "identity_conflict",
		},
		{
			"a rehire under a new login and address", plan.Policy{},
			[]string{"login;firstName;lastName;mail;dtContractStart;dtBirth", "pndiaye;Paul;N'Diaye;paul.ndiaye@acme.example;01/12/2026;07/06/1975"},
			"reject", "", "same_person",
		},
		{
			"the present ones again under other logins", plan.Policy{},
			[]string{"login;firstName;lastName;mail;dtContractStart;employeenumber", "z.daubigne;Zoe;Daubigne;z.d@acme.example;01/12/2026;2", "l.le.goff;Loic;Le-Goff;l.l@acme.example;01/12/2026;3", "a.o;Agnes;Oeuvrard;a.o@acme.example;01/12/2026;9"},
			"reject reject reject", "", "leading_zeros",
		},
		{
			"first and last names in each other's column", plan.Policy{},
			[]string{"login;firstName;lastName;mail;dtContractStart", "new;VASSEUR;Éloïse;new@acme.example;01/12/2026"},
			"create", "doubles", "same_name",
		},
		{
			"an account of a company mailbox", plan.Policy{MailShared: []string{"usine@acme.example"}},
			[]string{"login;firstName;lastName;mail;dtContractStart", "new;Anna;Neuf;usine@acme.example;01/12/2026", "new2;Bob;Vert;usine@acme.example;01/12/2026"},
			"create create", "", "",
		},
		{
			"an end in the year of the start", plan.Policy{},
			[]string{"login;dtContractEnd", "zdaubigne;21/11/2020"},
			"end", "past_ends", "past_end",
		},
		{
			"an end in another century", plan.Policy{},
			[]string{"login;dtContractEnd", "zdaubigne;21/11/1926"},
			"reject", "", "end_before_start",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.policy.Defaults = defaults
			file, people := table(t, tt.file...), join(t, ship(t))
			made := plan.Make(file, people, tt.policy)
			if got := actions(made); got != tt.actions {
				t.Errorf("does %q, want %q: %v", got, tt.actions, made.Findings)
			}
			if got := said(made); got != tt.codes {
				t.Errorf("says %q, want %q: %v", got, tt.codes, made.Findings)
			}
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Mode: tt.policy.Mode, Last: 9})); got != tt.held {
				t.Errorf("held by %q, want %q", got, tt.held)
			}
		})
	}
}
