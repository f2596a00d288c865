package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/plan"
)

func TestWhatASpreadsheetDamagedIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code, text string
		damaged    bool
	}{
		{"jobTitle", "#N/A", true},
		{"jobTitle", "#REF!", true},
		{"jobTitle", "#name?", true},
		{"jobTitle", "#VALUE!", true},
		{"jobTitle", "#DIV/0!", true},
		{"jobTitle", "#NULL!", true},
		{"jobTitle", "#NUM!", true},
		{"jobTitle", "#NV", true},
		{"jobTitle", "#WERT!", true},
		{"jobTitle", "#BEZUG!", true},
		{"jobTitle", "#VALEUR!", true},
		{"jobTitle", "#NOM?", true},
		{"jobTitle", "#¡VALOR!", true},
		{"jobTitle", "########", true},
		{"jobTitle", "#1 of sales", false},
		{"jobTitle", "C#", false},
		{"jobTitle", "1E+05", false},
		{"department", "#N/A", true},
		{"manager", "#N/A", true},
		{"dtBirth", "#N/A", true},
		{"mail", "#N/A", true},
		{"gender", "#N/A", true},
		{"culture", "#N/A", true},
		{"e_site", "#N/A", true},
		{"habilitedRoles_0", "#N/A", true},
		{"employeenumber", "1,23E+10", true},
		{"employeenumber", "1.2E+05", true},
		{"employeenumber", "2e-3", true},
		{"employeenumber", "1E+05", true},
		{"employeenumber", "12E05", false},
		{"employeenumber", "E+05", false},
		{"employeenumber", "1.E+05", false},
		{"employeenumber", "1.2.3E+05", false},
		{"employeenumber", "1E+", false},
		{"professionalMobile", "3,36E+10", true},
		{"directLine", "3,36E+10", true},
		{"personalMobile", "3,36E+10", true},
		{"personalMobile", "+33600000000", false},
	} {
		p := plan.Make(table(t, "login;"+tt.code, "imorvan;"+tt.text), join(t, company(t)), plan.Policy{})
		var want []string
		if tt.damaged {
			want = []string{"error B2 spreadsheet_damage"}
		}
		if diff := cmp.Diff(want, codes(p)); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", tt.code, tt.text, diff)
		}
	}
}

func TestPhonesBeginAsThoseOfTheCountryWhereLuccaHasNone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		culture, text string
		want          bool
	}{
		{"fr-FR", "478011122", true}, {"de-DE", "301234567", true}, {"fr-FR", "0478011122", false}, {"fr-FR", "+34612345678", false},
		{"fr-FR", "4711", false}, {"es-ES", "612345678", false}, {"", "478011122", false},
	} {
		policy := plan.Policy{Defaults: plan.Defaults{Values: map[string]string{"culture": tt.culture}}}
		p := plan.Make(table(t, "login;personalMobile", "imorvan;"+tt.text), join(t, company(t)), policy)
		if got := slices.Contains(codes(p), "error B2 leading_zeros"); got != tt.want {
			t.Errorf("%q in %s: %v", tt.text, tt.culture, codes(p))
		}
	}
}

func TestATextIsNoLongerThanLuccaTakes(t *testing.T) {
	t.Parallel()
	for code, most := range map[string]int{"firstName": 255, "lastName": 255, "employeenumber": 50, "jobTitle": 1024, "externalId": 100} {
		for _, n := range []int{most, most + 1} {
			text := strings.Repeat("é", n)
			if code == "employeenumber" {
				text = strings.Repeat("1", n)
			}
			p := plan.Make(table(t, "login;"+code, "imorvan;"+text), join(t, company(t)), plan.Policy{})
			if got := slices.Contains(codes(p), "error B2 too_long"); got != (n > most) {
				t.Errorf("%s of %d characters: %v", code, n, codes(p))
			}
		}
	}
}

func TestADamagedIdentifierMeansNobody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		identifier plan.Identifier
		header     string
		row        string
		want       string
	}{
		{plan.ByLogin, "login;jobTitle", "#REF!;Chef", "error A2 spreadsheet_damage"},
		{plan.ByMail, "mail;jobTitle", "#N/A;Chef", "error A2 spreadsheet_damage"},
		{plan.ByNumber, "legalEntity;employeenumber", "LYO;1,23E+10", "error B2 spreadsheet_damage"},
		{plan.ByNumber, "legalEntity;employeenumber", "#NV;00219", "error A2 spreadsheet_damage"},
	} {
		policy := plan.Policy{Identifier: tt.identifier, Mode: plan.Full, OnAbsent: plan.EndAbsent}
		p := plan.Make(table(t, tt.header, tt.row), join(t, company(t)), policy)
		var said []string
		for _, code := range codes(p) {
			if code != "warning - absent" {
				said = append(said, code)
			}
		}
		if diff := cmp.Diff([]string{"warning - absent_uncertain", tt.want}, said); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.identifier, diff)
		}
		if p.Changes().End != 0 {
			t.Errorf("%s: somebody is ended", tt.identifier)
		}
	}
}
