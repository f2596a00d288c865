package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// flow is the flow.yaml of a golden case.
type flow struct {
	Profile           string
	profile.Selection `yaml:",inline"`
	Population        export.Population
	Extensions        map[string]string
	Axes              []int
	ContractTypes     map[int]string `yaml:"contract_types"`
	Day               roster.Date
}

// TestGolden renders each testdata/*.txtar: flow.yaml and roster.json give the file of the same
// name in the partners of the top-level testdata, byte for byte, and findings.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(cases, err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, findings := renderArchive(t, archive)
			got := &txtar.Archive{Comment: archive.Comment, Files: append(archive.Files[:2:2], txtar.File{Name: "findings", Data: []byte(findings)})}
			name := strings.TrimSuffix(filepath.Base(path), ".txtar") + ".csv"
			partner := filepath.Join("../../testdata/partners", name)
			if name == "blocked.csv" { // no partner ever gets it
				partner = filepath.Join("testdata", name)
			}
			if *update {
				if err := os.WriteFile(partner, []byte(file), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(partner)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), file); diff != "" {
				t.Errorf("%s (-want +got):\n%s", partner, diff)
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func renderArchive(t *testing.T, a *txtar.Archive) (file, findings string) {
	t.Helper()
	if len(a.Files) < 2 || a.Files[0].Name != "flow.yaml" || a.Files[1].Name != "roster.json" {
		t.Fatal("want flow.yaml and roster.json first")
	}
	var f flow
	if err := yaml.Unmarshal(a.Files[0].Data, &f); err != nil {
		t.Fatal(err)
	}
	var s roster.Snapshot
	if err := json.Unmarshal(a.Files[1].Data, &s); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Open(f.Profile, ".")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Bind(f.Selection, profile.Sources{Extensions: f.Extensions, CostCenterAxes: f.Axes, Salary: profile.SalaryFromPay, ContractTypes: true},
		func(fault profile.Fault) {
			if !fault.Warning {
				t.Errorf("%s: %s", fault.Path, fault.Message)
			}
		})
	r, err := roster.New(s, roster.Settings{Day: f.Day, Extensions: f.Extensions, CostCenterAxes: f.Axes, ContractTypes: f.ContractTypes, PayPeriods: 12})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	result, err := renderTo(&out, r, b, f.Population)
	var lines strings.Builder
	if err != nil {
		fmt.Fprintf(&lines, "NOT SENT %v\n", err)
	}
	for _, finding := range result.Findings {
		fmt.Fprintln(&lines, finding)
	}
	for _, p := range result.People {
		fmt.Fprintf(&lines, "%d %s %d\n", p.ID, p.Decision, p.Row)
	}
	return out.String(), lines.String()
}

func mustBind(t testing.TB, name string, sel profile.Selection) *profile.Binding {
	t.Helper()
	p, err := profile.Open(name, ".")
	if err != nil {
		t.Fatal(err)
	}
	return p.Bind(sel, profile.Sources{Salary: profile.SalaryFromPay, ContractTypes: true}, func(f profile.Fault) {
		if !f.Warning {
			t.Fatalf("%s: %s", f.Path, f.Message)
		}
	})
}

func mustRoster(t testing.TB, day roster.Date, employees ...roster.Employee) *roster.Roster {
	t.Helper()
	r, err := roster.New(roster.Snapshot{Employees: employees}, roster.Settings{Day: day})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(m, d uint8) roster.Date { return roster.Date{Year: 2026, Month: m, Day: d} }

func TestAFileWhoseRequiredColumnNobodyMaySeeIsNotSent(t *testing.T) {
	t.Parallel()
	hidden := roster.Employee{ID: 1, EmployeeNumber: "1", LastName: "A", FirstName: "B", Hidden: roster.Mail | roster.Login}
	_, err := renderTo(&bytes.Buffer{}, mustRoster(t, day(11, 22), hidden), mustBind(t, "skillup", profile.Selection{}), export.Population{})
	if !errors.Is(err, export.ErrNotVisible) || !strings.Contains(err.Error(), "mail or login if email") {
		t.Errorf("error = %v", err)
	}
}

// Without the dates of the contract, leavers would be sent as active and future hires as
// present; a column that is blank for everybody would erase what the partner has.
func TestWhatTheKeyMayNotSeeIsNotTakenForEmpty(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		hidden     roster.Fields
		profile    string
		population export.Population
		want       string
	}{
		{"the end of the contract", roster.ContractEnd, "skillup", export.Population{}, "dtContractStart, dtContractEnd of 1 employees"},
		{"the start of the contract", roster.ContractStart, "skillup", export.Population{}, "dtContractStart, dtContractEnd of 1 employees"},
		{"the establishment, when it decides", roster.EstablishmentRef, "skillup", export.Population{Establishments: []string{"Acme"}}, "legalEntity, dtContractStart, dtContractEnd of 1 employees"},
		{"a recommended column of everybody", roster.Mail, "place-de-la-formation", export.Population{}, "Lucca shows mail of no employee"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := roster.Snapshot{
				Employees: []roster.Employee{{
					ID: 1, Mail: "a@b.example", EmployeeNumber: "1", LastName: "A", FirstName: "B", EstablishmentID: 1, Hidden: tt.hidden,
				}},
				Establishments: []roster.Establishment{{ID: 1, Name: "Acme", LegalUnitID: 2}},
				LegalUnits:     []roster.LegalUnit{{ID: 2, Name: "Acme SAS"}},
			}
			r, err := roster.New(s, roster.Settings{Day: day(11, 22)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = renderTo(&bytes.Buffer{}, r, mustBind(t, tt.profile, profile.Selection{}), tt.population)
			if !errors.Is(err, export.ErrNotVisible) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	e := roster.Employee{ID: 1, Mail: "a@b.example", EmployeeNumber: "1", LastName: "A", FirstName: "B"}
	_, err := renderTo(full{}, mustRoster(t, day(11, 22), e), mustBind(t, "skillup", profile.Selection{}), export.Population{})
	if !errors.Is(err, errFull) {
		t.Errorf("error = %v", err)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// A line of another employee, a name or an address must never be in a finding.
func TestFindingsCarryNoValues(t *testing.T) {
	t.Parallel()
	e := roster.Employee{
		ID: 7, Mail: "canary-mail@b.example", EmployeeNumber: "canary-number", LastName: "Canary-Łast", FirstName: "=canary-first",
		JobTitle: "canary-title 山", ManagerID: 99, Login: "canary-login",
	}
	sel := profile.Selection{Columns: profile.Listed("job_title")}
	sel.Dialect.Encoding, sel.Dialect.Formulas = "windows-1252", "reject"
	f, err := renderTo(&bytes.Buffer{}, mustRoster(t, day(11, 22), e), mustBind(t, "skillup", sel), export.Population{})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, finding := range f.Findings {
		codes = append(codes, finding.Code)
		if strings.Contains(strings.ToLower(finding.String()), "canary") {
			t.Errorf("%s carries a value", finding)
		}
	}
	if diff := cmp.Diff([]string{"not_encodable", "formula", "manager_left", "not_encodable"}, codes); diff != "" {
		t.Error(diff)
	}
}

// renderTo renders without cells and parts.
func renderTo(w io.Writer, r *roster.Roster, b *profile.Binding, p export.Population) (*export.File, error) {
	return export.Source{Roster: r, Binding: b, Population: p}.Render(w)
}
