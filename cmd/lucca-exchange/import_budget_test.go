package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/state"
)

// installation is the program with a configuration, apart from the scripts: what is measured
// or killed.
type installation struct {
	program, dir string
	// inbox is the folder that the user files are in.
	inbox string
}

// imports makes an installation that takes user files from a folder of its own.
func imports(t testing.TB, program, lucca string) installation {
	t.Helper()
	inbox := t.TempDir()
	return importsFrom(t, program, lucca, inbox, fmt.Sprintf("type: dir, dir: %q", inbox))
}

// importsFrom makes an installation that takes user files from the remote that shows a folder.
func importsFrom(t testing.TB, program, lucca, inbox, remote string) installation {
	t.Helper()
	in := installation{program, t.TempDir(), inbox}
	writeFile(t, filepath.Join(in.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 600000}
remotes: {payroll: {%s}}
flows:
  users:
    import: {approval: limits}
    from: payroll
    pattern: "users*.csv"
    pickup: {marker: "{file}.done"}
`, lucca, remote))
	return in
}

// drop puts a file with its marker into the folder.
func (in installation) drop(t testing.TB, name, content string) {
	t.Helper()
	writeFile(t, filepath.Join(in.inbox, name), content)
	writeFile(t, filepath.Join(in.inbox, name+".done"), "")
}

// command is the program about to do something.
func (in installation) command(t testing.TB, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), in.program, args...)
	cmd.Dir = in.dir
	cmd.Env = append(os.Environ(), "LUCCA_API_KEY="+keys()["LUCCA_API_KEY"].Secret, "SFTP_PASSWORD="+partnerPassword, "LUCCA_EXCHANGE_CONFIG=")
	return cmd
}

// run runs the flow and returns the run and the exit code.
func (in installation) run(t testing.TB) (record state.Record, code int) {
	t.Helper()
	return in.finished(t, in.command(t, "run", "users", "--json"))
}

// finished runs a command that prints a run.
func (in installation) finished(t testing.TB, cmd *exec.Cmd) (record state.Record, code int) {
	t.Helper()
	var logs strings.Builder
	cmd.Stderr = &logs
	out, err := cmd.Output()
	if json.Unmarshal(out, &record) != nil {
		t.Fatalf("%v\n%s\n%s", err, out, logs.String())
	}
	return record, cmd.ProcessState.ExitCode()
}

// TestRequestsOfAnImport: 10,000 rows with 300 changes cost the pages of the roster and one
// request for each change; the same rows again cost the pages alone.
func TestRequestsOfAnImport(t *testing.T) {
	t.Parallel()
	const rows, changes = 10_000, 300
	tenant, url := serve(t, crowd(time.Now(), rows))
	in := imports(t, shipped(t), url)
	var file strings.Builder
	file.WriteString("login;lastName;mail;employeenumber;jobTitle;department;legalEntity;manager\n")
	for i := range rows {
		title := ""
		if i%(rows/changes) == 0 && i/(rows/changes) < changes {
			title = fmt.Sprintf("Title %d", i)
		}
		fmt.Fprintf(&file, "crowd%d;Bellefond;crowd%d@acme.example;%06d;%s;Conseil;Acme Lyon;ada\n", i, i, i, title)
	}
	in.drop(t, "users.csv", file.String())
	started := time.Now()
	record, code := in.run(t)
	if code != 0 || record.Changes == nil || record.Changes.Update != changes || record.Changes.Unchanged != rows-changes {
		t.Fatalf("exit %d, %+v", code, record)
	}
	t.Logf("took %s", time.Since(started))
	reads, writes := 0, 0
	for _, r := range tenant.Requests() {
		if r.Method == http.MethodGet {
			reads += r.Count
		} else {
			writes += r.Count
		}
	}
	// Eleven pages of users, and the lists of establishments and departments.
	if writes != changes || reads > 13 || record.Requests.Lucca != reads+writes {
		t.Errorf("%d reads and %d writes, and the run says %d: %v", reads, writes, record.Requests.Lucca, tenant.Requests())
	}
	tenant.ResetRequests()
	in.drop(t, "users.csv", file.String()+"\n")
	if record, code = in.run(t); code != 0 || record.Changes.Unchanged != rows || tenant.RequestTotal() != reads {
		t.Errorf("again: exit %d, %+v, %d requests, want %d", code, record.Changes, tenant.RequestTotal(), reads)
	}
}
