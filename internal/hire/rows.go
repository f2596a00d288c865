package hire

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// mobile is the code of Lucca's that package plan has no name for.
const mobile = "professionalMobile"

// user is a row of Lucca's user file as a hire fills it in: the tags are Lucca's codes, in the
// order of the columns.
type user struct {
	Login        string `csv:"login"` // blank, for the plan to generate
	FirstName    string `csv:"firstName"`
	LastName     string `csv:"lastName"`
	Mail         string `csv:"mail"`
	PersonalMail string `csv:"personalEmail"`
	Mobile       string `csv:"professionalMobile"`
	Start        string `csv:"dtContractStart"`
	JobTitle     string `csv:"jobTitle"`
	LegalEntity  string `csv:"legalEntity"`
	Department   string `csv:"department"`
	Manager      string `csv:"manager"`
	Role         string `csv:"rolePrincipal"`
	// ContractType goes into the column that the flow names for it.
	ContractType string `csv:"contractType"`
}

// table makes rows of users: gocsv takes them apart.
func (s Settings) table(users []user) (columns []plan.Column, cells [][]string) {
	codes, cells, err := tabular.Cells(users)
	if err != nil {
		panic(fmt.Sprintf("hire: a user has nothing but texts: %v", err))
	}
	codes[len(codes)-1] = s.Config.typeColumn()
	columns = make([]plan.Column, len(codes))
	next := 0
	for _, place := range s.Places {
		next = max(next, place+1)
	}
	for i, code := range codes {
		place, ok := s.Places[code]
		if !ok {
			// What the file does not have comes after what it has.
			place = next
			next++
		}
		columns[i] = plan.Column{Code: code, Index: place}
	}
	return columns, cells
}

// Settings say how Rows reads events.
type Settings struct {
	Config Config
	// Zone is that of the flow: the day of a hiring is a day there.
	Zone *time.Location
	// Places are the 0-based columns of the dropped file, by code, so that findings name
	// its cells; nil when the events are of no file.
	Places map[string]int
}

// Columns are those of the table that Rows makes.
func (s Settings) Columns() []plan.Column {
	columns, _ := s.table(nil)
	return columns
}

// Rows makes the table of a plan of events, one row each: the row that an event has in its
// file, or its place among the events under a header row. The login is blank, for the
// plan to generate. What was filled in by another than the ATS is a warning for the
// administrator, who completes the file in Lucca.
func Rows(events []Event, s Settings) plan.Table {
	t := plan.Table{Rows: make([]plan.Row, len(events))}
	users := make([]user, len(events))
	for i := range events {
		r := row{event: events[i], settings: s, number: events[i].Row}
		if r.number == 0 {
			r.number = i + 2
		}
		users[i] = r.user()
		t.Rows[i].Number = r.number
		t.Findings = append(t.Findings, r.findings...)
	}
	columns, cells := s.table(users)
	t.Columns = columns
	for i := range t.Rows {
		t.Rows[i].Cells = cells[i]
	}
	return t
}

// DefaultsUsed says of everyone whom the plan of the table creates what the defaults of the
// flow filled in, which the administrator checks in Lucca.
func DefaultsUsed(t plan.Table, p *plan.Plan) *finding.Log {
	cells := make(map[int][]string, len(t.Rows))
	for _, r := range t.Rows {
		cells[r.Number] = r.Cells
	}
	log := new(finding.Log)
	for i := range p.Items {
		item := &p.Items[i]
		sent := map[string]bool{plan.Login: true} // the plan makes one
		for j, cell := range cells[item.Row] {
			sent[t.Columns[j].Code] = cell != "" || sent[t.Columns[j].Code]
		}
		for _, code := range slices.Sorted(maps.Keys(item.Set.Map())) {
			if !sent[code] {
				log.Add(finding.Finding{
					Severity: finding.Warning, Code: "default_used", Row: item.Row, Column: code,
					Message: "the ATS does not send this and the default of the flow is used: check it in Lucca",
				})
			}
		}
	}
	return log
}

// row is one event on its way into the table.
type row struct {
	event    Event
	settings Settings
	number   int
	findings []finding.Finding
}

// user is the event as Lucca's user file has it.
func (r *row) user() user {
	e := r.event
	u := user{
		FirstName: e.FirstName, LastName: e.LastName, Mail: r.mail(), PersonalMail: e.PersonalMail, Mobile: r.mobile(), Start: r.start(),
		JobTitle: e.JobTitle, LegalEntity: e.LegalEntity, Department: e.Department, Manager: e.Manager, Role: e.Role, ContractType: e.ContractType,
	}
	for _, note := range e.Notes {
		r.warn(note.Code, note.Column, note.Message)
	}
	return u
}

func (r *row) mail() string {
	switch {
	case r.event.Mail != "":
		return r.event.Mail
	case r.event.PersonalMail == "":
		r.add(finding.Finding{
			Severity: finding.Error, Code: "mail_missing", Column: plan.Mail,
			Message: "the candidate has no e-mail address: add one in the ATS, or create the employee in Lucca",
		})
		return ""
	default:
		r.warn("personal_mail", plan.Mail, "the personal address is used for want of a professional one: replace it in Lucca")
		return r.event.PersonalMail
	}
}

func (r *row) mobile() string {
	if r.event.Phone == "" {
		return ""
	}
	number, ok := phone(r.event.Phone, r.settings.Config.Region())
	if !ok {
		r.warn("phone_unreadable", mobile, "not a phone number and left out: complete it in Lucca")
	}
	return number
}

func (r *row) start() string {
	day, fallback := r.event.Start(r.settings.Zone)
	if fallback {
		r.warn("start_by_fallback", plan.ContractStart, "the day of the hiring is used for want of a start date: correct it in Lucca")
	}
	return fmt.Sprintf("%02d/%02d/%04d", day.Day, day.Month, day.Year)
}

func (r *row) warn(code, column, message string) {
	r.add(finding.Finding{Severity: finding.Warning, Code: code, Column: column, Message: message})
}

func (r *row) add(f finding.Finding) {
	f.Row = r.number
	// A cell is named only where there is one to look at.
	if place, ok := r.settings.Places[f.Column]; ok {
		f = f.At(r.number, place)
	}
	r.findings = append(r.findings, f)
}
