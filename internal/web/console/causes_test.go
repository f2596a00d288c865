package console

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
)

func TestCausesWithOneSentenceAreOne(t *testing.T) {
	t.Parallel()
	c := message.Load()
	all := []inspect.Cause{
		{Severity: finding.Error, Code: "too_long", Column: "jobTitle", Message: "has 3 letters too many", Count: 2, Rows: []int{4, 9}},
		{Severity: finding.Error, Code: "bad_mail", Column: "mail", Message: "is no address", Count: 2, Rows: []int{5, 6}},
		{Severity: finding.Error, Code: "too_long", Column: "jobTitle", Message: "has 8 letters too many", Count: 1, Rows: []int{3}},
		{Severity: finding.Warning, Code: "of_an_older_version", Message: "is as it was", Count: 1},
		{Severity: finding.Warning, Code: "manager_without_login", Count: 7},
	}
	type told struct {
		Text      string
		Count     int
		Rows      []int
		Originals int
	}
	for language, want := range map[message.Language][]told{
		message.English: {
			{"has 3 letters too many", 2, []int{4, 9}, 0}, {"is no address", 2, []int{5, 6}, 0}, {"has 8 letters too many", 1, []int{3}, 0},
			{"The manager lacks a value in Lucca that the partner needs. Fill it in there.", 7, nil, 0}, {"is as it was", 1, nil, 0},
		},
		message.German: {
			{"Dieser Wert ist länger, als Lucca erlaubt. Bitte kürzen.", 3, []int{3, 4, 9}, 2}, {"Das ist keine E-Mail-Adresse. Bitte in der Datei korrigieren.", 2, []int{5, 6}, 1},
			{"Der Führungskraft fehlt in Lucca ein Wert, den der Partner braucht. Bitte dort eintragen.", 7, nil, 0}, {"is as it was", 1, nil, 0},
		},
	} {
		var got []told
		for _, s := range causes(c.In(language, time.UTC))(all, "/runs/1/plan", nil, true) {
			if s.Plan != "" && len(s.Rows) == 0 || s.Plan == "" && len(s.Rows) > 0 || s.Column == "manager" && s.Plan != "" && !strings.HasSuffix(s.Plan, "by=manager&code="+s.Code) {
				t.Errorf("%s: rows %v of %s are at %q", language, s.Rows, s.Column, s.Plan)
			}
			got = append(got, told{s.Text, s.Count, s.Rows, len(s.Originals)})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", language, diff)
		}
	}
}
