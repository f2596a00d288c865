package hire

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
)

// Codes of Lucca that package plan has no name for.
const (
	personalMail = "personalEmail"
	mobile       = "professionalMobile"
	jobTitle     = "jobTitle"
)

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
	codes := []string{
		plan.Login, plan.FirstName, plan.LastName, plan.Mail, personalMail, mobile, plan.ContractStart,
		jobTitle, plan.Establishment, plan.Department, plan.Manager, plan.PrimaryRole,
	}
	codes = append(codes, s.Config.typeColumn())
	columns := make([]plan.Column, len(codes))
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
	return columns
}

// Rows makes the table of a plan of events, one row each: the row that an event has in its
// file, or its place among the events under a header row. The login is blank, for the
// plan to generate. What was filled in by another than the ATS is a warning for the
// administrator, who completes the file in Lucca.
func Rows(events []Event, s Settings) plan.Table {
	t := plan.Table{Columns: s.Columns(), Rows: make([]plan.Row, len(events))}
	for i := range events {
		r := row{event: events[i], settings: s, number: events[i].Row}
		if r.number == 0 {
			r.number = i + 2
		}
		values := r.values()
		cells := make([]string, len(t.Columns))
		for j, column := range t.Columns {
			cells[j] = values[column.Code]
		}
		t.Rows[i] = plan.Row{Number: r.number, Cells: cells}
		t.Findings = append(t.Findings, r.findings...)
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

// values are the cells by code.
func (r *row) values() map[string]string {
	e := r.event
	values := map[string]string{
		plan.FirstName:     e.FirstName,
		plan.LastName:      e.LastName,
		plan.Mail:          r.mail(),
		personalMail:       e.PersonalMail,
		mobile:             r.mobile(),
		plan.ContractStart: r.start(),
		jobTitle:           e.JobTitle,
		plan.Establishment: e.LegalEntity,
		plan.Department:    e.Department,
		plan.Manager:       e.Manager,
		plan.PrimaryRole:   e.Role,
	}
	r.contractType(values)
	for _, note := range e.Notes {
		r.warn(note.Code, note.Column, note.Message)
	}
	return values
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

func (r *row) contractType(values map[string]string) {
	values[r.settings.Config.typeColumn()] = r.event.ContractType
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
