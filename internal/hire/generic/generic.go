// Package generic takes hires from any applicant tracking system that can send our own
// documented JSON or drop a file: the source "generic". Arca24, which publishes no
// interface, is served by it too.
//
// The keys are those of schemas/hires.json, for the columns of a CSV file and for the
// members of a JSON object; a webhook and a JSON file hold one object or a list of them.
// The sender may sign by Standard Webhooks: see Verifier.
package generic

import (
	"fmt"
	"slices"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/wire"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// Reader decodes the bodies and files of one flow.
type Reader struct {
	// Source is the name of the ATS, for the events.
	Source string
	// Zone is that of the flow, for times without a zone.
	Zone *time.Location
	// Fields gives our name of a field for other header texts of dropped files; Ignore are
	// those of columns that are left out, IgnoreUnknown all that are unknown.
	Fields        map[string]string
	Ignore        []string
	IgnoreUnknown bool
	// Dates are the forms of the dates of dropped files.
	Dates tabular.DateForms
}

// maxHires bounds one webhook.
const maxHires = 1000

// Codes of findings of this package.
const (
	codeMissing    = "value_missing"
	codeUnreadable = "date_unreadable"
	codeTooLong    = "value_too_long"
	codeTwice      = "duplicate_hire"
	codeKeys       = "unknown_keys"
	codeType       = "want_text"
)

// Webhook decodes the body of a webhook that arrived at an instant: all of its hires, or
// none. Errors wrap hire.ErrBody and say which element and key they are about. A date that
// cannot be read does not lose the hire: it becomes a note.
func (r Reader) Webhook(body []byte, at time.Time) ([]hire.Event, error) {
	fields, err := fields()
	if err != nil {
		return nil, err
	}
	list, err := elements(body, hire.MaxBody)
	if err != nil {
		return nil, err
	}
	if len(list) > maxHires {
		return nil, wire.Fault("more than %d hires", maxHires)
	}
	events := make([]hire.Event, len(list))
	for i, element := range list {
		h, faults := r.element(element, fields, at)
		for _, f := range faults {
			if f.Code != codeUnreadable && f.Severity == finding.Error {
				return nil, wire.Fault("hire %d: %s: %s", i+1, f.Column, f.Message)
			}
			h.Notes = append(h.Notes, hire.Note{Code: f.Code, Column: code(f.Column), Message: f.Message})
		}
		if slices.ContainsFunc(events[:i], h.SameHire) {
			return nil, wire.Fault("hire %d: externalId: occurs twice", i+1)
		}
		events[i] = h
	}
	return events, nil
}

// elements are the objects of a document.
func elements(body []byte, limit int) ([]wire.Value, error) {
	root, err := wire.Parse(body, limit)
	if err != nil {
		return nil, err
	}
	list, ok := root.List()
	if !ok {
		list = []wire.Value{root}
	}
	if len(list) == 0 {
		return nil, wire.Fault("the list is empty")
	}
	for i, element := range list {
		if _, ok := element.Object(); !ok {
			return nil, wire.Fault("hire %d: want an object", i+1)
		}
	}
	return list, nil
}

// element reads one object. Its findings have no row yet.
func (r Reader) element(v wire.Value, fields []field, at time.Time) (hire.Event, []finding.Finding) {
	rec, faults := texts(v, fields)
	if len(faults) > 0 {
		return hire.Event{}, faults
	}
	h, faults := r.event(rec, fields, at)
	return h, append(faults, unknown(v, fields)...)
}

// texts are the members of an object; the findings name those that are no texts.
func texts(v wire.Value, fields []field) (rec record, faults []finding.Finding) {
	members, _ := v.Object()
	for key, to := range rec.texts() {
		text, ok := members[key].Text()
		if !ok {
			faults = append(faults, fault(codeType, key, "want a text"))
		}
		*to = text
	}
	slices.SortFunc(faults, func(a, b finding.Finding) int { return place(fields, a.Column) - place(fields, b.Column) })
	return rec, faults
}

// unknown says that an object has members that mean nothing here.
func unknown(v wire.Value, fields []field) []finding.Finding {
	members, _ := v.Object()
	for key := range members {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.Name == key }) {
			return []finding.Finding{{
				Severity: finding.Warning, Code: codeKeys,
				Message: "the ATS sent keys that are not documented: they are left out",
			}}
		}
	}
	return nil
}

// event turns a record into an event. Findings name the key, and no row; with one of
// severity error the event cannot be used.
func (r Reader) event(rec record, fields []field, at time.Time) (hire.Event, []finding.Finding) {
	var faults []finding.Finding
	texts := rec.texts()
	for _, f := range fields {
		if f.Constraints.Required && *texts[f.Name] == "" {
			faults = append(faults, fault(codeMissing, f.Name, "missing"))
		}
	}
	if rec.Mail == "" && rec.PersonalMail == "" {
		faults = append(faults, fault(codeMissing, keyMail, "missing: want mail or personalEmail"))
	}
	h := hire.Event{
		Source: r.Source, ExternalID: rec.ExternalID,
		LastName: rec.LastName, FirstName: rec.FirstName,
		Mail: rec.Mail, PersonalMail: rec.PersonalMail, Phone: rec.Phone,
		JobTitle: rec.JobTitle, LegalEntity: rec.LegalEntity, Department: rec.Department,
		Manager: rec.Manager, Role: rec.Role, ContractType: rec.ContractType, HiredAt: at.UTC(),
	}
	if rec.Start != "" {
		year, month, day, ok := wire.Day(rec.Start, r.Zone)
		if !ok {
			faults = append(faults, fault(codeUnreadable, keyStart, "want a date such as 31/12/2026 or 2026-12-31"))
		} else {
			h.ContractStart = roster.DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
		}
	}
	if rec.HiredAt != "" {
		t, ok := wire.Time(rec.HiredAt, r.Zone)
		if !ok {
			faults = append(faults, fault(codeUnreadable, keyHiredAt, "want a time such as 2026-12-31T09:30:00+01:00, or a date"))
		} else {
			h.HiredAt = t.UTC()
		}
	}
	if err := h.Check(); err != nil && h.ExternalID != "" {
		faults = append(faults, fault(codeTooLong, "", "a text is too long to be real"))
	}
	return h, faults
}

func fault(code, key, message string) finding.Finding {
	return finding.Finding{Severity: finding.Error, Code: code, Column: key, Message: message}
}

// place orders findings as the schema orders keys; what is about none comes last.
func place(fields []field, key string) int {
	if i := slices.IndexFunc(fields, func(f field) bool { return f.Name == key }); i >= 0 {
		return i
	}
	return len(fields)
}

// code is Lucca's code of what a key holds; empty for what only the ATS knows.
func code(key string) string {
	switch key {
	case keyExternalID, keyHiredAt, keyContractType:
		return ""
	case keyPhone:
		return "professionalMobile"
	default:
		return key
	}
}

// unusable wraps an error of our own embedded schema.
func unusable(err error) error { return fmt.Errorf("read schema of hires: %w", err) }
