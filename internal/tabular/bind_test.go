package tabular_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

func people() tabular.Contract {
	return tabular.Contract{
		Fields: []tabular.Field{
			{Key: "login"}, {Key: "firstName"}, {Key: "employeenumber", Aliases: []string{"employee number"}},
			{Key: "role_", Family: tabular.Numbered}, {Key: "e_", Family: tabular.Worded},
		},
		Renamed:  map[string]string{"Matricule": "employeenumber"},
		Required: []string{"login"},
	}
}

func TestHeadersAreBoundStrictlyAndAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, header, want string }{
		{"case, blanks and mark", " LOGIN ;\uFEFFfirstname;MATRICULE\u00a0", "0:login 1:firstName 2:employeenumber"},
		{"alias", "login;Employee Number", "0:login 1:employeenumber"},
		{"families", "login;role_0;ROLE_12;E_Badge", "0:login 1:role_0 2:role_12 3:e_Badge | warning A1"},
		{"no member of a family", "login;role_;role_01;role_x;e_", "0:login | error B1 unknown_column error C1 unknown_column error D1 unknown_column error E1 unknown_column warning A1"},
		{"nameless at the end", "login;;", "0:login | warning A1"},
		{"nameless between", "login;;firstName", "0:login 2:firstName | error B1 unnamed_column warning A1"},
		{"everything wrong", "fristName;matricule;employee number;xyz", "1:employeenumber | error A1 unknown_column error C1 duplicate_column error D1 unknown_column error login missing_column"},
		{"duplicate in another case", "login;e_a;E_A", "0:login 1:e_a | error C1 duplicate_column warning A1"},
	} {
		var got []string
		columns, findings := people().Bind(strings.Split(tt.header, ";"), 1)
		for _, c := range columns {
			got = append(got, string(rune('0'+c.Index))+":"+c.Key)
		}
		if len(findings) > 0 {
			got = append(got, "|")
		}
		for _, f := range findings {
			switch {
			case f.Code == "absent_column":
				got = append(got, "warning A1")
			case f.Cell == "":
				got = append(got, string(f.Severity), f.Column, f.Code)
			default:
				got = append(got, string(f.Severity), f.Cell, f.Code)
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestAnUnknownColumnIsQuotedOnlyWhereItIsAHeader(t *testing.T) {
	t.Parallel()
	const none = "the first row does not look like a header: "
	for _, tt := range []struct{ name, header, want string }{
		{"a misspelt one", "fristName;login", `A1 "fristName" is unknown: did you mean firstName?`},
		{"another one", "Salaire;login", `A1 "Salaire" is unknown: name it under columns:, or under ignore: if it means nothing here`},
		{"an address", "ana@acme.example;login", `A1 the column is unknown: name it under columns:, or under ignore: if it means nothing here`},
		{"a number", "Code 2041;login", `A1 the column is unknown: name it under columns:, or under ignore: if it means nothing here`},
		{"no header", "Dupont;Jean", "A1 " + none + "want one with the known columns, or with those named under columns:; where titles stand above it, set header: {row: …}"},
		{"data with a job title that is a code", "Login;Dupont;Jean", "B1 " + none + "want one with the known columns, or with those named under columns:; where titles stand above it, set header: {row: …}"},
		{"data that is nearly a code", "Logn;Dupont;Jean", "A1 " + none + "want one with the known columns, or with those named under columns:; where titles stand above it, set header: {row: …}"},
		{"data that says a code twice", "Login;Login;a;b;c", "B1 " + none + "column A says the same"},
	} {
		_, findings := people().Bind(strings.Split(tt.header, ";"), 1)
		if got := findings[0].Cell + " " + findings[0].Message; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if strings.HasPrefix(tt.want[3:], none) {
			requireUnquoted(t, tt.header, findings)
		}
	}
}

// requireUnquoted fails when a finding about a row repeats a text of it.
func requireUnquoted(t *testing.T, header string, findings []finding.Finding) {
	t.Helper()
	for _, f := range findings {
		for _, text := range strings.Split(header, ";") {
			if f.Code != "missing_column" && f.Code != "absent_column" && len(text) > 1 && strings.Contains(f.Message+f.Column, text) {
				t.Errorf("%q is repeated: %s", text, f)
			}
		}
	}
}

type person struct {
	Login  string `csv:"login"`
	First  string `csv:"firstName"`
	Number string `csv:"employeenumber"`
}

func TestRecordsAreReadByTheContract(t *testing.T) {
	t.Parallel()
	in := "Matricule;LOGIN;e_x;e_y\r\n 007 ;jdoe;1;\r\n\r\n008;;\r\n009;zo\u0065\u0301;x;y\r\n"
	records, content, err := tabular.ReadRecords[person](strings.NewReader(in), tabular.Format{}, people())
	if err != nil {
		t.Fatal(err)
	}
	want := []tabular.Record[person]{
		{Row: 2, Value: person{Login: "jdoe", Number: "007"}},
		{Row: 4, Value: person{Number: "008"}},
		{Row: 5, Value: person{Login: "zoé", Number: "009"}},
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Error(diff)
	}
	if len(content.Findings) != 2 || content.Findings[0].Code != "cell_count" || content.Findings[0].Row != 4 || content.Info.Rows != 3 {
		t.Errorf("got %v, %+v", content.Findings, content.Info)
	}
}

func TestRecordsOfARefusedFileAreNone(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "login,firstName\r\na,b\r\n", "firstName\r\nx\r\n", "login;lgoin\r\nx;y\r\n", "login;e_x\r\na;\"b\r\n"} {
		records, content, err := tabular.ReadRecords[person](strings.NewReader(in), tabular.Format{}, people())
		if !errors.Is(err, tabular.ErrRefused) || records != nil {
			t.Errorf("%q: %v, %v", in, records, err)
		}
		if refusal, ok := errors.AsType[*tabular.Refusal](err); !ok || len(refusal.Findings) == 0 || len(content.Findings) < len(refusal.Findings) {
			t.Errorf("%q: findings %v", in, content.Findings)
		}
	}
}

func TestARecordWithoutTextNeverShowsACell(t *testing.T) {
	t.Parallel()
	type wrong struct {
		Login int `csv:"login"`
	}
	_, _, err := tabular.ReadRecords[wrong](strings.NewReader("login\r\njdoe\r\n"), tabular.Format{}, people())
	if err == nil || strings.Contains(err.Error(), "jdoe") {
		t.Errorf("got %v", err)
	}
}
