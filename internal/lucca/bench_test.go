package lucca_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
)

// endlessCompany answers pages of v3 users for a company of the given size.
type endlessCompany int

func (size endlessCompany) RoundTrip(r *http.Request) (*http.Response, error) {
	offset, _, _ := strings.Cut(r.URL.Query().Get("paging"), ",")
	from, err := strconv.Atoi(offset)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"data":{"count":%d,"items":[`, int(size))
	for i := from; i < min(from+1000, int(size)); i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"login":"ines.morvan%d@acme.example","mail":"ines.morvan%d@acme.example","employeeNumber":"%06d",`+
			`"lastName":"MORVAN","firstName":"Ines","jobTitle":"Chargée de support %d","gender":"Female","professionalMobile":"+33 6 00 00 00 00",`+
			`"directLine":null,"birthDate":"1990-05-17T00:00:00","dtContractStart":"2021-03-01T00:00:00","dtContractEnd":null,"cultureID":1036,`+
			`"managerId":%d,"legalEntity":{"id":3,"name":"Acme Lyon"},"departmentId":27,"userAxisValues_3":{"id":31,"name":"Ventes"},`+
			`"extendedData":{"e_hr":{"id":%d,"value":{"id":1,"name":"Paul Kern"}},"e_site":{"id":%d,"value":"Lyon"}}}`,
			i+1, i, i, i, i%50, i/8+1, i, i)
	}
	b.WriteString(`]}}`)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(b.String())), Request: r}, nil
}

// BenchmarkHundredThousandEmployees reads every property of a large company. live-MB is
// what the roster keeps, sys-MB what the process has taken from the system.
func BenchmarkHundredThousandEmployees(b *testing.B) {
	const size = 100_000
	c, err := lucca.New(lucca.Options{
		Config: lucca.Config{URL: "http://localhost", RequestsPerMinute: 1 << 30, Extensions: map[string]string{"hr_manager": "e_hr", "site": "e_site"}},
		Key:    secret.NewValue("k"),
		HTTP:   &http.Client{Transport: endlessCompany(size)},
	})
	if err != nil {
		b.Fatal(err)
	}
	var r *roster.Roster
	for b.Loop() {
		s, err := c.Snapshot(b.Context(), roster.Query{Fields: everything &^ roster.Axes})
		if err != nil {
			b.Fatal(err)
		}
		if r, err = roster.New(s, roster.Settings{}); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "live-MB")
	b.ReportMetric(float64(m.Sys)/(1<<20), "sys-MB")
	if got := len(r.Employees()); got != size {
		b.Fatalf("%d employees", got)
	}
}
