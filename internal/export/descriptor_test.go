package export_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// strange is a partner whose schema has all that a descriptor says of a column.
const strange = `{"name": "Étrange", "title": "A strange one", "schema": {"primaryKey": ["key"], "fields": [
	{"name": "key", "title": "Matricule; clé", "constraints": {"required": true, "pattern": "[A-Z]{3}-\\d+", "maxLength": 12}, "x-level": "required", "x-source": ["ACM-{employeeNumber}"], "x-width": 16},
	{"name": "name", "title": "Nom \"complet\"", "x-level": "recommended", "x-source": ["join(' ', firstName, lastName)"], "x-width": 24},
	{"name": "sex", "title": "Sexe", "constraints": {"enum": ["F", "H"]}, "x-level": "recommended", "x-source": ["gender"], "x-values": {"map": {"Female": "F", "Male": "H"}, "on_unmatched": "default"}, "x-width": 4},
	{"name": "born", "title": "Né(e) le", "type": "date", "format": "%Y%m%d", "x-level": "recommended", "x-source": ["birthDate"], "x-width": 10},
	{"name": "since", "title": "Depuis", "type": "date", "format": "%d.%m.%y", "x-level": "recommended", "x-source": ["dtContractStart"], "x-width": 10},
	{"name": "boss", "title": "Responsable", "constraints": {"required": true}, "x-level": "required", "x-source": ["manager.employeeNumber"], "x-width": 12},
	{"name": "pay", "title": "Salaire", "type": "number", "x-level": "recommended", "x-source": ["annualSalary"], "x-width": 12}]}}`

// someone is whoever is in the files of these tests: values with all that a format may stumble over.
func someone(t *testing.T) *roster.Roster {
	t.Helper()
	s := roster.Snapshot{}
	for i := 1; i <= 30; i++ {
		e := person(i)
		e.FirstName, e.LastName = "Zoë \"Z\"", "O'Neil; fils"
		e.Gender = []string{"Female", "Male", ""}[i%3]
		e.ManagerID = i / 4
		if i%4 != 0 {
			e.BirthDate = roster.Date{Year: 1980, Month: uint8(1 + i%12), Day: uint8(i%28 + 1)}
		}
		e.ContractStart = roster.Date{Year: 2019, Month: 3, Day: 1}
		s.Employees = append(s.Employees, e)
		s.Pay = append(s.Pay, roster.PayItem{OwnerID: i, Basic: true, Amount: big.NewRat(int64(200_000+i), 100)})
	}
	r, err := roster.New(s, roster.Settings{Day: day(11, 22), PayPeriods: 12})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDescriptorReadsItsFile: a program that knows the standard, and nothing of this one, reads and
// checks each file by its descriptor.
func TestDescriptorReadsItsFile(t *testing.T) {
	t.Parallel()
	own, err := profile.Parse([]byte(strange), "strange.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := standardPackage(t)
	off := false
	for name, o := range map[string]tabular.Overrides{
		"csv":              {},
		"with a BOM":       {Encoding: tabular.UTF8BOM, Separator: ","},
		"of Windows":       {Encoding: tabular.Windows1252, LineEnd: tabular.LF, Quote: tabular.QuoteAll, Separator: "\t"},
		"of Latin-9":       {Encoding: tabular.ISO885915, Decimal: "."},
		"without a header": {Header: &off, Separator: "|"},
		"workbook":         {Format: tabular.XLSX},
		"json":             {Format: tabular.JSON},
		"fixed":            {Format: tabular.Fixed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := own.Bind(profile.Selection{Dialect: o}, profile.Sources{Salary: profile.SalaryFromPay}, func(f profile.Fault) { t.Fatal(f) })
			var plain, sent, descriptor bytes.Buffer
			f, err := renderTo(&plain, someone(t), b, export.Population{})
			if err != nil {
				t.Fatal(err)
			}
			if sent = plain; b.Dialect.Format != "" {
				sent = bytes.Buffer{}
				if err := tabular.Convert(&sent, &plain, b.Dialect, b.Fields()); err != nil {
					t.Fatal(err)
				}
			}
			sum := sha256.Sum256(sent.Bytes())
			of := export.Described{Name: "staff_20261122.csv", Bytes: int64(sent.Len()), SHA256: hex.EncodeToString(sum[:]), Rows: f.Sent, Made: time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)}
			if err := export.WriteDescriptor(&descriptor, b, of); err != nil {
				t.Fatal(err)
			}
			if f.Sent != 30 {
				t.Fatalf("%d rows: %v", f.Sent, f.Findings)
			}
			conforms(t, schema, descriptor.Bytes())
			rows := readPackage(t, descriptor.Bytes(), of.Name, sent.Bytes())
			if len(rows) != 30 || rows[0]["Nom \"complet\""] != `Zoë "Z" O'Neil; fils` || rows[0]["Né(e) le"] != "1980-02-02" || rows[0]["Depuis"] != "2019-03-01" || rows[3]["Né(e) le"] != "" {
				t.Errorf("read by the descriptor: %d rows, the first %q", len(rows), rows[0])
			}
			// The reader is worth something: it sees a byte that changed, and another row.
			for fault, damaged := range map[string]string{
				"of a byte": strings.Replace(descriptor.String(), of.SHA256, strings.Repeat("0", 64), 1),
				"of a row":  strings.Replace(descriptor.String(), `"x-rows": 30`, `"x-rows": 31`, 1),
				"of a name": strings.Replace(descriptor.String(), `"name": "Sexe"`, `"name": "Sex"`, 1),
			} {
				if _, err := readTable([]byte(damaged), of.Name, sent.Bytes()); err == nil && (fault != "of a name" || b.Dialect.Header) {
					t.Errorf("a difference %s is not seen", fault)
				}
			}
		})
	}
}

// TestBuiltinFilesKeepToTheStandard: the columns of each built-in partner, all of them, in its own dialect.
func TestBuiltinFilesKeepToTheStandard(t *testing.T) {
	t.Parallel()
	schema := standardPackage(t)
	for _, name := range profile.Builtin() {
		p, err := profile.Open(name, ".")
		if err != nil {
			t.Fatal(err)
		}
		var sel profile.Selection
		for _, c := range p.Columns {
			if c.Level == profile.Optional && c.Repeat == "" && len(sel.Columns) < 5 {
				sel.Columns = append(sel.Columns, profile.Listed(c.Key)...)
			}
		}
		have := profile.Sources{Salary: profile.SalaryFromPay, ContractTypes: true, Extensions: map[string]string{}}
		for _, word := range strings.FieldsFunc(sources(p), func(r rune) bool { return strings.ContainsRune(" ,(){}'", r) }) {
			if ours, ok := strings.CutPrefix(word, "extension."); ok {
				have.Extensions[ours] = "e_" + ours
			}
		}
		have.Extensions["hr_manager"], have.Extensions["hourly_rate"] = "e_hr", "e_rate"
		b := p.Bind(sel, have, func(f profile.Fault) {
			if !f.Warning {
				t.Errorf("%s: %s: %s", name, f.Path, f.Message)
			}
		})
		var sent, descriptor bytes.Buffer
		f, err := renderTo(&sent, someone(t), b, export.Population{})
		if err != nil {
			t.Fatal(name, err)
		}
		sum := sha256.Sum256(sent.Bytes())
		of := export.Described{Name: "staff.csv", Bytes: int64(sent.Len()), SHA256: hex.EncodeToString(sum[:]), Rows: f.Sent}
		if err := export.WriteDescriptor(&descriptor, b, of); err != nil {
			t.Fatal(err)
		}
		conforms(t, schema, descriptor.Bytes())
		if rows := readPackage(t, descriptor.Bytes(), of.Name, sent.Bytes()); len(rows) != f.Sent {
			t.Errorf("%s: read %d of %d rows", name, len(rows), f.Sent)
		}
	}
}

// sources are all that the columns of a profile are made of.
func sources(p *profile.Profile) string {
	var all []string
	for _, c := range p.Columns {
		all = append(all, c.From...)
	}
	return strings.Join(all, " ")
}

// standardPackage is what Data Package 2.0 says of a package of one table.
func standardPackage(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"resource-v2.schema.json", "package-v2.schema.json"} {
		b, err := os.ReadFile("../profile/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("package-v2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func conforms(t *testing.T, s *jsonschema.Schema, descriptor []byte) {
	t.Helper()
	var doc any
	if err := json.Unmarshal(descriptor, &doc); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, descriptor)
	}
}
