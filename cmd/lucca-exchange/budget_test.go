package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// TestRequestsToLucca counts what an export costs. Lucca allows 50 requests a minute.
func TestRequestsToLucca(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	for _, tt := range []struct {
		name, profile, columns string
		employees, most        int
	}{
		{"required columns of Skillup", "skillup", "", 12_000, 14},
		{"required and recommended columns of Place de la Formation", "place-de-la-formation", "", 12_000, 14},
		{"what the employees carry themselves", "skillup",
			"job_title, gender, phone, birth_date, start_date, end_date, company, manager_email, n2_email", 2500, 4},
		{"departments are one list more", "skillup", "management, department, service", 2500, 4},
		{"contracts are a page for each thousand", "skillup", "contract", 2500, 7},
		{"categories are one list more", "skillup", "contract, contract_type", 2500, 8},
		{"pay is a page for each thousand items", "skillup", "annual_gross_salary", 2500, 8},
		{"axes are one list each, and custom fields nothing", "place-de-la-formation",
			"hr_manager_email, gross_hourly_rate, cost_center_code_1, cost_center_label_1", 2500, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tenant, url := serve(t, companyThatLists(t, tt.employees))
			v := &victim{program: program, dir: t.TempDir()}
			record := v.export(t, url, tt.profile, tt.columns)
			if got := tenant.RequestTotal(); got > tt.most || got != record.Requests.Lucca {
				t.Errorf("%d requests, and the run says %d; at most %d are allowed: %v", got, record.Requests.Lucca, tt.most, tenant.Requests())
			}
			if record.Rows.Read != tt.employees {
				t.Errorf("%d employees were read, want %d", record.Rows.Read, tt.employees)
			}
		})
	}
}

// companyThatLists is an invented company of which Lucca lists n people: those who have
// left are not listed.
func companyThatLists(t testing.TB, n int) *sandbox.Company {
	t.Helper()
	c := sandbox.NewCompany(n+n/10+sandbox.MinSize, 1, time.Now())
	listed := 0
	for i, u := range c.Users {
		if end := u.Applicable(c.Today).End; end == 0 || end >= c.Today {
			listed++
		}
		if listed == n {
			c.Users = slices.Clip(c.Users[:i+1])
			return c
		}
	}
	t.Fatalf("only %d people are listed", listed)
	return nil
}

// export runs an export into the program's own folder, and returns its document.
func (v *victim) export(t testing.TB, lucca, profile, columns string) (record state.Record) {
	t.Helper()
	writeFile(t, filepath.Join(v.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca:
  url: %q
  api_key: {env: LUCCA_API_KEY}
  requests_per_minute: 60000
  contract_types: {1: CDI, 2: CDD}
  extensions: {hr_manager: e_hr_manager, hourly_rate: e_hourly_rate}
  cost_center_axes: [3]
  annual_salary: {source: compensation, periods: 12}
remotes: {out: {type: dir, dir: .}}
flows: {skillup: {export: {profile: %s, columns: [%s]}, to: out, file: out.csv}}
`, lucca, profile, columns))
	cmd := v.command(t, "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &record); err != nil {
		t.Fatal(err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		v.peak = usage.Maxrss << 10
	}
	return record
}
