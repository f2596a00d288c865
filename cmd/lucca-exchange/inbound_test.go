package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/testdata"
)

var updateInbound = flag.Bool("update-inbound", false, "write what becomes of the inbound files anew")

// inboundCompany is the Lucca that the inbound files are dropped for: the staff of testdata, who
// all began on 4 March 2019; hboyer has left, scaron has a fixed term.
func inboundCompany(today sandbox.Day) *sandbox.Company {
	c := company(time.Now())
	c.Departments = []sandbox.Department{{ID: 1, Name: "Direction RH", Code: "D30", Ranks: []int{1}}, {ID: 2, Name: "Support", Code: "S1", Ranks: []int{2}}}
	c.Users, c.Extensions = nil, append(c.Extensions, "e_badge", "e_zone")
	for _, p := range testdata.Staff() {
		birth, err := time.Parse("02/01/2006", p.Birth)
		if err != nil {
			panic(err) // a mistake in the table
		}
		u := sandbox.User{
			ID: 2000 + p.Number, Login: p.Login, FirstName: p.First, LastName: p.Last, Mail: p.Login + "@acme.example", EmployeeNumber: fmt.Sprintf("%05d", p.Number),
			BirthDate: sandbox.DayOf(birth), Gender: "Female", JobTitle: "Technicien", ProfessionalMobile: p.Phone,
			CultureID: 1036, CalendarID: 1, DepartmentID: p.Department, RoleID: 1, ManagerID: 2001,
			Contracts: []sandbox.Contract{{ID: p.Number, Start: sandbox.DayOf(time.Date(2019, 3, 4, 0, 0, 0, 0, time.UTC)), EstablishmentID: p.Establishment, CategoryID: 1, TypeID: 1}},
		}
		if p.Number < 9 {
			u.Extensions = map[string]sandbox.Extension{"e_badge": {ID: p.Number, Value: fmt.Appendf(nil, "%q", fmt.Sprintf("0%d", 4100+p.Number))}, "e_zone": {ID: 100 + p.Number, Value: []byte(`"3-4"`)}}
		}
		switch u.Login {
		case "hboyer":
			u.Contracts[0].End = today - 400
		case "scaron":
			u.Contracts[0].End, u.Contracts[0].TypeID = today+40, 2
		}
		c.Users = append(c.Users, u)
	}
	return c
}

func digits(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // a mistake in the table above
	}
	return n
}

// inbound is a Lucca, a folder that files are dropped in, and the program between them. Its days are those
// of UTC.
type inbound struct {
	t      *testing.T
	dir    string
	tenant *sandbox.Tenant
	today  sandbox.Day
}

// newInbound makes one with the keys of an import, and further ones of the flow.
func newInbound(t *testing.T, section, flow string) *inbound {
	t.Helper()
	in := &inbound{t: t, dir: t.TempDir(), today: sandbox.DayOf(time.Now().UTC())}
	tenant, url := serve(t, inboundCompany(in.today))
	in.tenant = tenant
	text := fmt.Sprintf("timezone: UTC\nlucca: {url: %q, api_key: {file: key}, requests_per_minute: 60000}\nremotes: {in: {type: dir, dir: in}, relay: {type: dir, dir: relay}}\nflows:\n  u:\n    import:\n", url)
	for line := range strings.Lines(section) {
		text += "      " + line
	}
	if !strings.Contains(section, "approval:") {
		text += "      approval: limits\n"
	}
	text += "      defaults: {legalEntity: Acme Lyon, department: Direction RH, rolePrincipal: Utilisateur, culture: fr-FR}\n    from: in\n    pattern: \"users*\"\n    pickup: {settle: 1ms}\n"
	for line := range strings.Lines(flow) {
		text += "    " + line
	}
	in.write("lucca-exchange.yaml", text)
	in.write("key", keys()["LUCCA_API_KEY"].Secret)
	for _, folder := range []string{"in", "relay", "state"} {
		if err := os.Mkdir(filepath.Join(in.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	in.write("state/exchange.db", newState())
	return in
}

// newState is a state that nothing has happened in: to make one takes longer than all that a
// case does with it.
var newState = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "lucca-exchange-state")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "exchange.db")
	store, err := state.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		panic(err)
	}
	if err := store.Close(); err != nil {
		panic(err)
	}
	text, err := os.ReadFile(path) // it is whole in its file now
	if err != nil {
		panic(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	return string(text)
})

func (in *inbound) write(name, text string) {
	in.t.Helper()
	if err := os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// lucca runs the program in this process.
func (in *inbound) lucca(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	s, root := newRoot(&out, &err)
	root.SetArgs(append([]string{"--config", filepath.Join(in.dir, "lucca-exchange.yaml")}, args...))
	code = report(s.on(&err), root.ExecuteContext(context.WithoutCancel(in.t.Context())), false)
	return code, out.String(), err.String()
}

// drop drops a file and runs the flow: what becomes of it, what is found, what Lucca has then.
func (in *inbound) drop(name, text string) string {
	in.t.Helper()
	before := in.people()
	in.write(filepath.Join("in", name), text)
	code, stdout, stderr := in.lucca("run", "u", "--json")
	var run struct {
		Outcome string
		Limits  []struct {
			Name string
			Held bool
		}
		Findings []finding.Finding
	}
	if err := json.Unmarshal([]byte(stdout), &run); err != nil {
		in.t.Fatalf("%v in %q, %s", err, stdout, stderr)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, exit %d\n", name, run.Outcome, code)
	for _, l := range run.Limits {
		if l.Held {
			fmt.Fprintf(&b, "  held by %s\n", l.Name)
		}
	}
	b.WriteString(coded(run.Findings))
	b.WriteString(changed(before, in.people()))
	if relayed, err := os.ReadFile(filepath.Join(in.dir, "relay", name)); err == nil {
		fmt.Fprintf(&b, "  relayed %q\n", relayed)
	}
	return b.String()
}

// coded are findings by code, with the cells that they are about.
func coded(all []finding.Finding) string {
	byCode := make(map[string][]string)
	for _, f := range all {
		key := fmt.Sprintf("  %s %s", f.Severity, f.Code)
		place := f.Cell
		if place == "" && f.Row > 0 {
			place = fmt.Sprintf("row %d", f.Row)
		}
		byCode[key] = append(byCode[key], place)
	}
	var lines []string
	for key, cells := range byCode {
		more := ""
		if len(cells) > 12 {
			cells, more = cells[:12], fmt.Sprintf(" and %d more", len(cells)-12)
		}
		lines = append(lines, strings.TrimRight(key+" "+strings.Join(cells, " ")+more, " ")+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// people are those of Lucca in words, by login: dates near today are days from it.
func (in *inbound) people() map[string]string {
	all := make(map[string]string)
	logins := map[int]string{}
	for _, u := range in.tenant.Users() {
		logins[u.ID] = u.Login
	}
	day := func(d sandbox.Day) string {
		switch {
		case d == 0:
			return "-"
		case d > in.today-100 && d <= in.today+400, d == in.today-400:
			return fmt.Sprintf("%+dd", int(d-in.today))
		default:
			return d.Time().Format("02/01/2006")
		}
	}
	for _, u := range in.tenant.Users() {
		contract := u.Bare
		if n := len(u.Contracts); n > 0 {
			contract = u.Contracts[n-1]
		}
		all[u.Login] = strings.Join([]string{
			"first " + u.FirstName, "last " + u.LastName, "mail " + u.Mail, "number " + u.EmployeeNumber, "birth " + day(u.BirthDate), "start " + day(contract.Start), "end " + day(contract.End),
			"job " + u.JobTitle, "gender " + u.Gender, "mobile " + u.ProfessionalMobile, "line " + u.DirectLine, "department " + strconv.Itoa(u.DepartmentID),
			"establishment " + strconv.Itoa(contract.EstablishmentID), "manager " + logins[u.ManagerID], "address " + u.Address, "badge " + string(u.Extensions["e_badge"].Value), "zone " + string(u.Extensions["e_zone"].Value),
		}, "|")
	}
	return all
}

// changed lists who is new, and which values of the others are others.
func changed(before, after map[string]string) string {
	var b strings.Builder
	logins := make([]string, 0, len(after))
	for login := range after {
		logins = append(logins, login)
	}
	slices.Sort(logins)
	for _, login := range logins {
		old, there := before[login]
		if !there {
			fmt.Fprintf(&b, "  + %s: %s\n", login, strings.ReplaceAll(after[login], "|", ", "))
			continue
		}
		was, is := strings.Split(old, "|"), strings.Split(after[login], "|")
		for i := range is {
			if was[i] != is[i] {
				_, value, _ := strings.Cut(is[i], " ")
				fmt.Fprintf(&b, "  ~ %s: %s -> %s\n", login, was[i], value)
			}
		}
	}
	return b.String()
}

// nowMark stands for a day by now that is no last of a month.
const nowMark = "{now}"

// dayMark stands for a day from today.
var dayMark = regexp.MustCompile(`\{([+-]\d+)\}`)

// content makes the bytes of a file of an archive: {+10} is the day in ten days, and words in
// brackets after the name say how it is written.
func content(t *testing.T, today sandbox.Day, name, text string) (string, string) {
	t.Helper()
	text = dayMark.ReplaceAllStringFunc(text, func(mark string) string {
		return (today + sandbox.Day(digits(strings.Trim(mark, "{}+")))).Time().Format("02/01/2006")
	})
	now := today
	if (today + 1).Time().Day() == 1 {
		now--
	}
	text = strings.ReplaceAll(text, nowMark, now.Time().Format("02/01/2006"))
	name, manner, _ := strings.Cut(name, " (")
	for _, word := range strings.Fields(strings.TrimSuffix(manner, ")")) {
		switch word {
		case "crlf":
			text = strings.ReplaceAll(text, "\n", "\r\n")
		case "escaped":
			lines := strings.Split(text, "\n")
			for i := range lines {
				plain, err := strconv.Unquote("`" + lines[i] + "`")
				if strings.Contains(lines[i], `\`) {
					plain, err = strconv.Unquote(`"` + strings.ReplaceAll(lines[i], `"`, `\"`) + `"`)
				}
				if err != nil {
					t.Fatalf("%q: %v", lines[i], err)
				}
				lines[i] = plain
			}
			text = strings.Join(lines, "\n")
		case "cut":
			text = strings.TrimRight(text, "\n")
		case "xlsx":
			text = workbookOf(t, text)
		case "mac-zip":
			text = zipOfMac(t, text)
		default:
			text = encodedAs(t, word, text)
		}
	}
	return name, text
}

// zipOfMac packs a file as the Finder does, with a shadow of it.
func zipOfMac(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, entry := range []struct{ name, text string }{
		{"paie/", ""}, {"paie/.DS_Store", "\x00\x00\x00\x01Bud1"}, {"paie/users.csv", text}, {"__MACOSX/paie/._users.csv", "\x00\x05\x16\x07\x00\x02"},
	} {
		f, err := w.Create(entry.name)
		if err == nil {
			_, err = f.Write([]byte(entry.text))
		}
		if err != nil && entry.text != "" {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func encodedAs(t *testing.T, encoding, text string) string {
	t.Helper()
	charset, ok := map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "cp850": charmap.CodePage850, "macintosh": charmap.Macintosh, "windows-1250": charmap.Windows1250, "windows-1254": charmap.Windows1254}[encoding]
	if !ok {
		t.Fatalf("there is no way to write a file called %q", encoding)
	}
	out, err := charset.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestInboundFiles drops files as people really write them, one archive of testdata/inbound a
// kind: the section import, further keys of the flow, files in their order, and what becomes of each. The program, the
// folder and Lucca are real.
func TestInboundFiles(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../testdata/inbound/*.txtar")
	if err != nil || len(paths) < 30 {
		t.Fatalf("%d archives, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			day := time.Now().UTC().YearDay()
			got := dropAll(t, a)
			if day != time.Now().UTC().YearDay() {
				got = dropAll(t, a) // the days of the first were counted from yesterday
			}
			last := len(a.Files) - 1
			if *updateInbound {
				if a.Files[last].Name != "want" {
					a.Files = append(a.Files, txtar.File{Name: "want"})
					last++
				}
				a.Files[last].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if a.Files[last].Name != "want" || string(a.Files[last].Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, a.Files[last].Data)
			}
		})
	}
}

// dropAll drops the files of an archive: each section "import" begins with a Lucca as it was.
func dropAll(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var in *inbound
	got := ""
	for i, f := range a.Files {
		switch f.Name {
		case "import":
			flow := ""
			if i+1 < len(a.Files) && a.Files[i+1].Name == "flow" {
				flow = string(a.Files[i+1].Data)
			}
			in = newInbound(t, string(f.Data), flow)
		case "flow", "want":
		default:
			name, text := content(t, in.today, f.Name, string(f.Data))
			got += in.drop(name, text)
		}
	}
	return got
}
