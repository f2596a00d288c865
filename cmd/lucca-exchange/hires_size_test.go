package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// TestNoFileOfHiresWithinTheCapsKillsTheProgram: a file of as many hires as there may be is stored and
// judged within the bound of memory, and so is one in which every row is bad.
func TestNoFileOfHiresWithinTheCapsKillsTheProgram(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	_, url := serve(t, company(time.Now()))
	const columns = "externalId;lastName;firstName;mail;dtContractStart;legalEntity;department;rolePrincipal\n"
	for _, tt := range []struct {
		name    string
		row     string
		outcome run.Outcome
		reject  int
	}{
		{"200,000 hires", "a-%[1]d;Name%[1]d;Ana;user%[1]d@acme.example;01/12/2030;Acme Lyon;Conseil;Utilisateur\n", run.Held, 0},
		{"200,000 bad hires", "a-%[1]d;Name%[1]d;;no;32/13/2026;Nowhere;Nowhere;Nobody\n", run.Rejections, 199_999},
		{"200,000 times one hire", "a-1;Name;Ana;user@acme.example;01/12/2030;Acme Lyon;Conseil;Utilisateur\n", run.Rejections, 199_998},
		{"200,000 rows without a key", ";Name%[1]d;Ana;user%[1]d@acme.example;01/12/2030;Acme Lyon;Conseil;Utilisateur\n", run.Rejections, 199_999},
	} {
		t.Run(tt.name, func(t *testing.T) { // one after the other, for the sake of the machine
			in := imports(t, program, url)
			writeFile(t, filepath.Join(in.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 600000}
remotes: {drop: {type: dir, dir: %q}}
flows:
  users:
    hires: {source: arca24, approval: limits}
    from: drop
    pattern: "users*.csv"
    pickup: {marker: "{file}.done"}
`, url, in.inbox))
			var file strings.Builder
			file.WriteString(columns)
			for i := range 199_999 {
				if strings.Contains(tt.row, "%") {
					fmt.Fprintf(&file, tt.row, i)
				} else {
					file.WriteString(tt.row)
				}
			}
			in.drop(t, "users.csv", file.String())
			started := time.Now()
			record, _, peak := in.measured(t)
			t.Logf("%d MB, %s, %d bytes", peak/1e6, time.Since(started).Round(time.Millisecond), file.Len())
			if said := fmt.Sprintf("%d rows of the file were rejected", tt.reject); record.Outcome != tt.outcome || tt.reject > 0 && !strings.Contains(record.Reason, said) {
				t.Errorf("%s: %s, want %s", record.Outcome, record.Reason, said)
			}
			if peak > mostMemory {
				t.Errorf("%d MB, more than %d", peak/1e6, int(mostMemory/1e6))
			}
			if _, err := os.Stat(filepath.Join(in.inbox, "processed", "users.csv")); err != nil {
				t.Error(err)
			}
		})
	}
}
