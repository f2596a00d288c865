package main

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox"
)

// tenantCommand is the name by which this test program serves a Lucca tenant, so that its
// memory is not that of the program that is measured.
const tenantCommand = "tenant-of-a-benchmark"

// benchmarked is how many employees the benchmarked export has.
const benchmarked = 100_000

// serveTenant serves a tenant without a limit of requests, and prints its address, until
// its standard input ends.
func serveTenant() {
	tenant := sandbox.New(sandbox.NewCompany(benchmarked, 1, time.Now()), sandbox.Options{
		Keys: []sandbox.Key{keys()["LUCCA_API_KEY"]}, RequestsPerMinute: -1,
	})
	server := httptest.NewServer(tenant)
	fmt.Println(server.URL)
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // the end is all that is waited for
	server.Close()
}

// BenchmarkExportOf100000 reports the resident set and the time of the whole program, an
// export of 100,000 people with 20 columns. The budget of memory is 300 MB.
func BenchmarkExportOf100000(b *testing.B) {
	program := shipped(b)
	tenant := exec.CommandContext(b.Context(), tenantCommand)
	in, err := tenant.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := tenant.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := tenant.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = in.Close() // it ends by that
		_ = tenant.Wait()
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	url = strings.TrimSpace(url)
	const columns = "job_title, gender, phone, birth_date, start_date, end_date, contract, contract_type, company, management, department, service, manager_email, n2_email, annual_gross_salary"
	for b.Loop() {
		v := &victim{program: program, dir: b.TempDir()}
		record := v.export(b, url, "skillup", columns)
		if record.Rows.Sent < benchmarked*9/10 {
			b.Fatalf("only %d rows were sent", record.Rows.Sent)
		}
		b.ReportMetric(float64(v.peak)/1e6, "peak-MB")
		b.ReportMetric(float64(record.Requests.Lucca), "requests")
	}
}
