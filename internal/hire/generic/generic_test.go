package generic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/testdata"
)

var arrival = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)

func reader(t testing.TB) Reader {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	forms, _ := Config{}.forms()
	return Reader{Source: "arca24", Zone: zone, Dates: forms}
}

// arca is a hire with every field that the article about Arca24 names.
var arca = string(testdata.Bytes("hires/arca24.json"))

func TestSeed004Fields(t *testing.T) {
	t.Parallel()
	r := reader(t)
	events, err := r.Webhook([]byte(arca), arrival)
	if err != nil {
		t.Fatal(err)
	}
	table := hire.Rows(events, hire.Settings{Zone: r.Zone})
	row := make(map[string]string)
	for i, column := range table.Columns {
		row[column.Code] = table.Rows[0].Cells[i]
	}
	for _, tt := range []struct{ name, code, want string }{
		{"last name", "lastName", "Rossi"},
		{"first name", "firstName", "Ada"},
		{"professional address", "mail", "ada.rossi@acme.example"},
		{"contract start date", "dtContractStart", "04/01/2027"},
		{"job title", "jobTitle", "Buyer"},
		{"legal entity", "legalEntity", "Acme Lyon"},
		{"department", "department", "Direction / Achats"},
		{"manager", "manager", "Paul Petit"},
		{"role", "rolePrincipal", "Utilisateur"},
		{"login is not sent", "login", ""},
		{"phone is not sent", "professionalMobile", ""},
	} {
		if row[tt.code] != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, row[tt.code], tt.want)
		}
	}
	if len(table.Findings) != 0 {
		t.Errorf("said %v of a complete hire", table.Findings)
	}
}

func TestSeed004PersonalAddressStandsIn(t *testing.T) {
	t.Parallel()
	r := reader(t)
	events, err := r.Webhook([]byte(`[{"externalId":1,"lastName":"Rossi","firstName":"Ada","personalEmail":"ada@mail.example","dtContractStart":null}]`), arrival)
	if err != nil {
		t.Fatal(err)
	}
	table := hire.Rows(events, hire.Settings{Zone: r.Zone})
	i := slices.IndexFunc(table.Columns, func(c plan.Column) bool { return c.Code == plan.Mail })
	if got := table.Rows[0].Cells[i]; got != "ada@mail.example" {
		t.Errorf("mail is %q", got)
	}
	if table.Findings[0].Code != "personal_mail" || table.Findings[1].Code != "start_by_fallback" {
		t.Errorf("said %v", table.Findings)
	}
}

func TestEveryKeyReachesTheEvent(t *testing.T) {
	t.Parallel()
	want := hire.Event{
		Source: "arca24", ExternalID: "1", LastName: "L", FirstName: "F", Mail: "m@x.example", PersonalMail: "p@x.example",
		Phone: "1234", ContractStart: roster.Date{Year: 2027, Month: 1, Day: 4}, JobTitle: "J", LegalEntity: "E", Department: "D",
		Manager: "M", Role: "R", ContractType: "C", HiredAt: time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC),
	}
	body := `{"externalId":1,"lastName":"L","firstName":"F","mail":"m@x.example","personalEmail":"p@x.example","phone":1234,
		"dtContractStart":"2027-01-04","jobTitle":"J","legalEntity":"E","department":"D","manager":"M","rolePrincipal":"R",
		"contractType":"C","hiredAt":"2026-11-20T09:30:00+01:00"}`
	events, err := reader(t).Webhook([]byte(body), arrival)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(events[0])
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(wanted) {
		t.Errorf("got %s, want %s", got, wanted)
	}
}

func TestTheSchemaAndTheRecordHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	fields, err := fields()
	if err != nil {
		t.Fatal(err)
	}
	var inSchema []string
	for _, f := range fields {
		inSchema = append(inSchema, f.Name)
	}
	slices.Sort(inSchema)
	if inRecord := slices.Sorted(maps.Keys((&record{}).texts())); !slices.Equal(inSchema, inRecord) {
		t.Errorf("schema %q, record %q", inSchema, inRecord)
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	canary := `{"externalId":"1","lastName":"canary","firstName":"canary","mail":"canary@x.example"`
	for _, tt := range []struct{ name, body, says string }{
		{"not JSON", "externalId;canary", "want JSON"},
		{"empty list", "[]", "empty"},
		{"list of texts", `["canary"]`, "hire 1: want an object"},
		{"a text", `"canary"`, "want an object"},
		{"null", `null`, "want an object"},
		{"cut", canary, "want JSON"},
		{"trailing data", canary + `}{}`, "follows"},
		{"key twice", canary + `,"mail":"x"}`, "twice"},
		{"no id", `{"lastName":"canary","firstName":"B","mail":"a@x.example"}`, "externalId: missing"},
		{"no last name", `{"externalId":"1","lastName":" ","firstName":"canary","mail":"a@x.example"}`, "lastName: missing"},
		{"no address", `{"externalId":"1","lastName":"canary","firstName":"B","mail":null}`, "mail: missing"},
		{"wrong type", canary + `,"department":{"canary":1}}`, "department: want a text"},
		{"one of two is wrong", `[` + canary + `},{"externalId":"2"}]`, "hire 2: lastName: missing"},
		{"the same twice", `[` + canary + `},` + canary + `}]`, "hire 2: externalId: occurs twice"},
		{"too long", canary + `,"jobTitle":"` + strings.Repeat("canary", 500) + `"}`, "too long"},
		{"too many", `[` + strings.Repeat(`{},`, 1000) + `{}]`, "more than 1000"},
		{"huge", `["` + strings.Repeat("canary", 1<<18) + `"]`, "bytes"},
		{"deep", strings.Repeat(`{"canary":`, 1000), "deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := reader(t).Webhook([]byte(tt.body), arrival)
			if !errors.Is(err, hire.ErrBody) || events != nil {
				t.Fatalf("got %d events and %v, want none and ErrBody", len(events), err)
			}
			if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("says %q, want something of %q and nothing of the body", err, tt.says)
			}
		})
	}
}

func TestWhatAWebhookGetsWrongIsANote(t *testing.T) {
	t.Parallel()
	body := `{"externalId":"1","lastName":"A","firstName":"B","mail":"a@x.example","dtContractStart":"soon","site":"Lyon"}`
	events, err := reader(t).Webhook([]byte(body), arrival)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, n := range events[0].Notes {
		codes = append(codes, n.Code+" "+n.Column)
	}
	if want := []string{"date_unreadable dtContractStart", "unknown_keys "}; !slices.Equal(codes, want) {
		t.Errorf("notes %q, want %q", codes, want)
	}
}

const header = "externalId;lastName;firstName;mail;dtContractStart;department\r\n"

func codes(findings []finding.Finding) []string {
	var list []string
	for _, f := range findings {
		code, _, _ := strings.Cut(f.String(), ": ")
		list = append(list, code)
	}
	return list
}

func TestDroppedFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		rows       []int
		findings   []string
	}{
		{"CSV", header + "1;Rossi;Ada;a@x.example;04/01/2027;Achats\r\n2;Roy;Bob;b@x.example;;\r\n", []int{2, 3}, nil},
		{"as an ATS drops it", string(testdata.Bytes("hires/dropped.csv")), []int{2, 3}, nil},
		{"faults point at cells", header + "1;;Ada;;soon;\r\n2;Roy;Bob;b@x.example;;\r\n", []int{3},
			[]string{"error B2 value_missing", "error D2 value_missing", "error E2 date_unreadable"}},
		{"the same hire twice", header + "1;Roy;Bob;b@x.example;;\r\n1;Roy;Bob;b@x.example;;\r\n", []int{2}, []string{"error A3 duplicate_hire"}},
		{"JSON list", `[` + arca + `,{"externalId":"2"}]`, []int{2},
			[]string{"error row 3 value_missing", "error row 3 value_missing", "error row 3 value_missing"}},
		{"JSON object", arca, []int{2}, nil},
		{"JSON with a wrong type", `{"externalId":"1","lastName":["x"]}`, nil, []string{"error row 2 want_text"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, err := reader(t).File(strings.NewReader(tt.file), tabular.Format{}, arrival)
			if err != nil {
				t.Fatal(err)
			}
			var rows []int
			for _, e := range file.Events {
				rows = append(rows, e.Row)
			}
			if !slices.Equal(rows, tt.rows) {
				t.Errorf("rows %v, want %v", rows, tt.rows)
			}
			if got := codes(file.Findings); !slices.Equal(got, tt.findings) {
				t.Errorf("said %q, want %q", got, tt.findings)
			}
		})
	}
}

func TestDroppedFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"empty":            "",
		"unknown column":   "externalId;lastName;firstName;mail;salary\r\n1;A;B;c@x.example;1\r\n",
		"missing column":   "externalId;lastName;mail\r\n1;A;c@x.example\r\n",
		"no address":       "externalId;lastName;firstName\r\n1;A;B\r\n",
		"column twice":     "externalId;lastName;firstName;mail;mail\r\n1;A;B;c@x.example;\r\n",
		"other separator":  "externalId,lastName,firstName,mail\r\n1,A,B,c@x.example\r\n",
		"JSON that is cut": `[{"externalId":"1"`,
		"JSON of a text":   `["x"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := reader(t).File(strings.NewReader(file), tabular.Format{}, arrival)
			if !errors.Is(err, tabular.ErrRefused) || len(got.Events) != 0 {
				t.Fatalf("%d events, %v", len(got.Events), err)
			}
			if finding.Count(got.Findings, finding.Error) == 0 {
				t.Error("no reason is given")
			}
		})
	}
}

func TestPlacesOfAFile(t *testing.T) {
	t.Parallel()
	file, err := reader(t).File(strings.NewReader("firstName;externalId;phone;lastName;personalEmail\r\nB;1;06;A;c@x.example\r\n"), tabular.Format{}, arrival)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{"firstName": 0, "professionalMobile": 2, "lastName": 3, "personalEmail": 4}; !maps.Equal(file.Places, want) {
		t.Errorf("places %v, want %v", file.Places, want)
	}
}

func TestAFileOfAnotherForm(t *testing.T) {
	t.Parallel()
	c := Config{
		Layout: tabular.Layout{Header: tabular.HeaderPlace{Row: 2}, Footer: "^Total", Ignore: []string{"Salaire"}, Sheet: "Recrutés"},
		Fields: map[string]string{"Nom": "lastName", "Prénom": "firstName", "Réf": "externalId"},
	}
	c.Validate(hire.Config{}, func(key, message string) { t.Errorf("%s: %s", key, message) })
	r := reader(t)
	r.Fields, r.Ignore = c.Fields, c.Ignore
	rows := [][]any{{"Recrutés en novembre"}, {"Réf", "Nom", "Prénom", "personalEmail", "Salaire"}, {"1", "Roy", "Lou", "lou@mail.example", 2000}, {"Total", 1}}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for _, sheet := range []string{"Sheet1", "Recrutés"} {
		if _, err := f.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var book bytes.Buffer
	if err := f.Write(&book); err != nil {
		t.Fatal(err)
	}
	file, err := r.File(&book, c.format(), arrival)
	if err != nil || len(file.Events) != 1 || file.Events[0].LastName != "Roy" || file.Events[0].ExternalID != "1" {
		t.Errorf("%+v, %v", file.Events, err)
	}
}

func TestFaultsOfFields(t *testing.T) {
	t.Parallel()
	c := Config{Fields: map[string]string{"Nom": "lastname", "X": "salary"}, Layout: tabular.Layout{Footer: ".*"}, Dates: []string{"DD/MM"}, YearsFrom: 1850}
	got := make(map[string]bool)
	c.Validate(hire.Config{}, func(key, _ string) { got[key] = true })
	if want := map[string]bool{"fields.Nom": true, "fields.X": true, "footer": true, "dates": true, "years_from": true}; !maps.Equal(got, want) {
		t.Errorf("faults of %v, want %v", got, want)
	}
}

// The vector is that of the specification of Standard Webhooks.
func TestSignatures(t *testing.T) {
	t.Parallel()
	const (
		id   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
		when = 1614265330
		body = `{"test": 2432232314}`
		good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	)
	v, err := NewVerifier(secret.NewValue("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(when, 0)
	for _, tt := range []struct {
		name, id, timestamp, signature, body string
		now                                  time.Time
		ok                                   bool
	}{
		{"right", id, strconv.Itoa(when), good, body, now, true},
		{"one of several", id, strconv.Itoa(when), "v1,AAAA v2,xyz " + good, body, now, true},
		{"five minutes late", id, strconv.Itoa(when), good, body, now.Add(5 * time.Minute), true},
		{"five minutes early", id, strconv.Itoa(when), good, body, now.Add(-5 * time.Minute), true},
		{"too late", id, strconv.Itoa(when), good, body, now.Add(5*time.Minute + time.Second), false},
		{"too early", id, strconv.Itoa(when), good, body, now.Add(-5*time.Minute - time.Second), false},
		{"another body", id, strconv.Itoa(when), good, body + " ", now, false},
		{"another id", id + "x", strconv.Itoa(when), good, body, now, false},
		{"another time", id, strconv.Itoa(when + 1), good, body, now, false},
		{"another version", id, strconv.Itoa(when), "v2" + good[2:], body, now, false},
		{"no version", id, strconv.Itoa(when), good[3:], body, now, false},
		{"no signature", id, strconv.Itoa(when), "", body, now, false},
		{"no id", "", strconv.Itoa(when), good, body, now, false},
		{"no time", id, "", good, body, now, false},
		{"a time that is none", id, "now", good, body, now, false},
		{"a time out of range", id, "9223372036854775807", good, body, now, false},
	} {
		h := http.Header{}
		h.Set("webhook-id", tt.id)
		h.Set("webhook-timestamp", tt.timestamp)
		h.Set("webhook-signature", tt.signature)
		if err := v.Verify(h, []byte(tt.body), tt.now); (err == nil) != tt.ok || err != nil && !errors.Is(err, hire.ErrSignature) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "not base64!"} {
		if _, err := NewVerifier(secret.NewValue(bad)); err == nil || strings.Contains(err.Error(), "not base64!") {
			t.Errorf("secret %q: %v", bad, err)
		}
	}
}

func FuzzWebhook(f *testing.F) {
	f.Add([]byte(arca))
	f.Add([]byte(`[` + arca + `,{"externalId":2,"lastName":"A","firstName":"B","personalEmail":"c","hiredAt":"9999-12-31T23:59:59-10:00"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := reader(t).Webhook(body, arrival)
		if err != nil {
			if !errors.Is(err, hire.ErrBody) {
				t.Fatalf("an error without a class: %v", err)
			}
			return
		}
		for _, e := range events {
			if e.ExternalID == "" || e.LastName == "" || e.FirstName == "" || e.Mail+e.PersonalMail == "" {
				t.Fatalf("an event without what is required: %+v", e)
			}
			if _, err := json.Marshal(e); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(header + "1;Rossi;Ada;a@x.example;04/01/2027;Achats\r\n"))
	f.Add([]byte(arca))
	f.Fuzz(func(t *testing.T, body []byte) {
		file, err := reader(t).File(strings.NewReader(string(body)), tabular.Format{}, arrival)
		if err != nil && (!errors.Is(err, tabular.ErrRefused) || finding.Count(file.Findings, finding.Error) == 0 || len(file.Events) != 0) {
			t.Fatalf("refused without a reason: %v", err)
		}
		bad := make(map[int]bool)
		for _, f := range file.Findings {
			bad[f.Row] = bad[f.Row] || f.Severity == finding.Error
		}
		for _, e := range file.Events {
			if bad[e.Row] || e.Row < 2 {
				t.Fatalf("row %d was taken over", e.Row)
			}
		}
	})
}

// The tags of a record are the fields of the schema, in their order.
func TestRecordIsTheSchema(t *testing.T) {
	t.Parallel()
	list, err := fields()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, f := range list {
		want = append(want, f.Name)
	}
	got, _, err = tabular.Cells[record](nil)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
}

// TestTheOrderOfDatesIsJudgedOverAFileOfHires: most dates can be read both ways.
func TestTheOrderOfDatesIsJudgedOverAFileOfHires(t *testing.T) {
	t.Parallel()
	const header = "externalId;lastName;firstName;mail;dtContractStart;hiredAt\r\n"
	row := func(id, start, hired string) string {
		return id + ";Roy" + id + ";Bob;b" + id + "@x.example;" + start + ";" + hired + "\r\n"
	}
	american := []string{"MM/DD/YYYY"}
	for _, tt := range []struct {
		name, in string
		dates    []string
		want     string
	}{
		{"month first in another row", header + row("1", "04/03/2027", "") + row("2", "04/13/2027", ""), nil, "error E3 date_order"},
		{"month first in the day of hiring", header + row("1", "04/03/2027", "04/13/2027"), nil, "error F2 date_order"},
		{"month first with a time", header + row("1", "04/03/2027", "04/13/2027 09:30"), nil, "error F2 date_order"},
		{"month first with two digits of the year", header + row("1", "04/03/27", "") + row("2", "04/13/27", ""), nil, "error E3 date_order"},
		{"single digits", header + row("1", "4/3/2027", "") + row("2", "4/13/2027", ""), nil, "error E3 date_order"},
		{"day first", header + row("1", "04/03/2027", "") + row("2", "13/04/2027", "") + row("3", "2027-04-01", "") + row("4", "05/04/27", "01/04/2027 9:30"), nil, "2027-03-04 2027-04-13 2027-04-01 2027-04-05"},
		{"month first as is said", header + row("1", "04/03/2027", "") + row("2", "04/13/2027", "2026-11-13T09:30:00Z"), american, "2027-04-03 2027-04-13"},
		{"day first where the month is to be", header + row("1", "04/03/2027", "") + row("2", "13/04/2027", ""), american, "error E3 date_order"},
		{"another form than is said", header + row("1", "04.03.2027", ""), american, "error E2 date_unreadable"},
		{"the year first where the month is to be", header + row("1", "2027-04-03", ""), american, "2027-04-03"},
		{"dashes as is said", header + row("1", "04-03-2027", ""), []string{"DD-MM-YYYY"}, "2027-03-04"},
		{"JSON month first", `[{"externalId":"1","lastName":"A","firstName":"B","mail":"a@x.example","dtContractStart":"04/03/2027"},{"externalId":"2","lastName":"C","firstName":"D","mail":"c@x.example","dtContractStart":"04/13/2027"}]`, nil, "error row 3 date_order"},
		{"JSON month first as is said", `[{"externalId":"1","lastName":"A","firstName":"B","mail":"a@x.example","dtContractStart":"04/03/2027"}]`, american, "2027-04-03"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, message := reader(t), ""
			if r.Dates, message = (Config{Dates: tt.dates}).forms(); message != "" {
				t.Fatal(message)
			}
			file, err := r.File(strings.NewReader(tt.in), tabular.Format{}, arrival)
			got := codes(file.Findings)
			for _, e := range file.Events {
				got = append(got, e.ContractStart.String())
			}
			if strings.Join(got, " ") != tt.want || errors.Is(err, tabular.ErrRefused) != strings.Contains(tt.want, "date_order") {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// TestDatesOfAWorkbookOfHires: a workbook knows its dates, whatever is said of texts.
func TestDatesOfAWorkbookOfHires(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, row := range [][]any{
		{"externalId", "lastName", "firstName", "mail", "dtContractStart"},
		{"1", "Roy", "Lou", "lou@x.example", time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)},
		{"2", "Rossi", "Ada", "ada@x.example", time.Date(2027, 4, 13, 0, 0, 0, 0, time.UTC)},
		{"3", "Petit", "Max", "max@x.example", "04/13/2027"},
	} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var book bytes.Buffer
	if err := f.Write(&book); err != nil {
		t.Fatal(err)
	}
	r := reader(t)
	r.Dates, _ = Config{Dates: []string{"MM/DD/YYYY"}}.forms()
	file, err := r.File(&book, tabular.Format{}, arrival)
	var got []string
	for _, e := range file.Events {
		got = append(got, e.ContractStart.String())
	}
	if want := []string{"2027-03-04", "2027-04-13", "2027-04-13"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, %v; want %q", got, codes(file.Findings), err, want)
	}
}
