package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
)

// generations are flows to every built-in partner, whose columns need lists that Lucca has in
// several generations.
const generations = `
lucca:
  {url: %[1]q, api_key: {file: ./key}, oauth: {client_id: {file: ./key}, client_secret: {file: ./key}, token_url: "%[1]s/connect/token"},
   requests_per_minute: 6000, contract_types: {1: CDI, 2: CDD}, extensions: {hr_manager: e_hr_manager, hourly_rate: e_hourly_rate}}
remotes: {out: {type: dir, dir: ./out}}
flows:
  skillup:
    export: {profile: skillup, columns: [job_title, gender, start_date, end_date, contract, contract_type, company, management, department, service, manager_email], limits: {max_rejected: 100%%, dangling_managers: 100%%}}
    to: out
    file: skillup.csv
  pdlf:
    export: {profile: place-de-la-formation, columns: [function, establishment, manager_last_name], limits: {max_rejected: 100%%, dangling_managers: 100%%}}
    to: out
    file: pdlf.csv
  360:
    export: {profile: 360learning, omit: [language], limits: {max_rejected: 100%%, dangling_managers: 100%%}}
    to: out
    file: 360.csv
`

// partnerFiles runs each flow against a tenant that serves what the options say.
func partnerFiles(t *testing.T, o sandbox.Options) map[string][]byte {
	t.Helper()
	o.Keys, o.RequestsPerMinute = []sandbox.Key{{Secret: demo.Key}}, -1
	o.Clients = []sandbox.Client{{ID: demo.Key, Secret: demo.Key}}
	server := httptest.NewServer(sandbox.New(sandbox.NewCompany(60, 1, time.Now()), o))
	t.Cleanup(server.Close)
	a, folder := open(t, app.Registry(), fmt.Sprintf(generations, server.URL))
	files := make(map[string][]byte)
	for _, flow := range []string{"skillup", "pdlf", "360"} {
		result, err := a.Run(t.Context(), flow, app.RunOptions{})
		if err != nil || result.Run.Outcome != run.Done && result.Run.Outcome != run.Rejections {
			t.Fatalf("%s: %s %s %v", flow, result.Run.Outcome, result.Run.Reason, err)
		}
		b, err := os.ReadFile(filepath.Join(folder, "out", flow+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		files[flow] = b
	}
	return files
}

// Whichever route of Lucca disappears, as long as another generation has the list: not one
// byte of a partner's file changes.
func TestPartnerFilesAreTheSameWithoutAnyOneRoute(t *testing.T) {
	t.Parallel()
	want := partnerFiles(t, sandbox.Options{V3Departments: true})
	for _, route := range []string{
		"/api/v3/users", "/api/v3/departments", "/api/v3/roles",
		"/organization/structure/api/departments", "/organization/structure/api/establishments",
		"/organization/structure/api/legal-units", "/organization/structure/api/occupation-categories",
		"/directory/api/4.0/work-contracts", "/lucca-api/employees", "/lucca-api/departments", "/lucca-api/employments",
	} {
		for _, status := range []int{http.StatusNotFound, http.StatusForbidden, http.StatusMovedPermanently} {
			t.Run(fmt.Sprintf("%s %d", route, status), func(t *testing.T) {
				t.Parallel()
				got := partnerFiles(t, sandbox.Options{V3Departments: true, Off: map[string]int{route: status}})
				for flow := range want {
					if !bytes.Equal(want[flow], got[flow]) {
						t.Errorf("the file of %s differs", flow)
					}
				}
			})
		}
	}
}
