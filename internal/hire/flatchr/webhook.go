package flatchr

import (
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/wire"
	"lucca-exchange/internal/roster"
)

// Source is the name of this ATS in the configuration and in events.
const Source = "flatchr"

// ErrColumnUnknown: the webhook holds only the id of a column. Decode it again with
// Targets.Known.
var ErrColumnUnknown = errors.New("whether the column means hired is not known: ask Flatchr for its columns")

// moved is the event of a candidate who was moved to another column.
const moved = "drag_applicant"

// Reader decodes webhooks.
type Reader struct {
	Targets Targets
	// Zone is that of the flow: a start date is a day there.
	Zone *time.Location
	// ContractTypes labels contract types by id, as far as known: see Client.ContractTypes.
	ContractTypes map[string]string
}

// Webhook decodes the body of a webhook that arrived at an instant. Its errors are
// ErrColumnUnknown, hire.ErrIgnored and hire.ErrBody.
func (r Reader) Webhook(body []byte, at time.Time) (hire.Event, error) {
	root, err := wire.Parse(body, hire.MaxBody)
	if err != nil {
		return hire.Event{}, err
	}
	event, ok := root.At("event").Text()
	if !ok || event == "" {
		return hire.Event{}, wire.Fault("want an object with the keys event and data")
	}
	if event != moved {
		return hire.Event{}, fmt.Errorf("another event than %s: %w", moved, hire.ErrIgnored)
	}
	data := root.At("data")
	if _, ok := data.Object(); !ok {
		return hire.Event{}, wire.Fault("data: want an object")
	}
	where, err := placeOf(data)
	if err != nil {
		return hire.Event{}, err
	}
	switch hired, known := r.Targets.hired(where); {
	case !known:
		return hire.Event{}, ErrColumnUnknown
	case !hired:
		return hire.Event{}, fmt.Errorf("moved to another column: %w", hire.ErrIgnored)
	}
	return r.hiring(data, at)
}

// placeOf reads the column: an object, or its number beside the encoded column_id.
func placeOf(data wire.Value) (place, error) {
	column := data.At("column")
	p := place{}
	if _, ok := column.Object(); ok {
		p.title = column.At("title").Or()
		p.hired.value, p.hired.known = column.At("hired").Bool()
		column = column.At("id")
	}
	number, ok := column.Text()
	if !ok {
		return place{}, wire.Fault("data.column: want an object or an id")
	}
	for _, id := range []string{number, data.At("column_id").Or(), data.At("applicant", "column_id").Or()} {
		if id != "" {
			p.ids = append(p.ids, id)
		}
	}
	if len(p.ids) == 0 && p.title == "" {
		return place{}, wire.Fault("data.column: missing")
	}
	return p, nil
}

// hiring reads who was hired.
func (r Reader) hiring(data wire.Value, at time.Time) (hire.Event, error) {
	candidate := data.At("candidate")
	if _, ok := candidate.Object(); !ok {
		return hire.Event{}, wire.Fault("data.candidate: want an object")
	}
	texts, err := fields(candidate, "lastname", "firstname", "email")
	if err != nil {
		return hire.Event{}, err
	}
	e := hire.Event{
		Source:     Source,
		ExternalID: first(data.At("applicant_id"), data.At("applicant", "id")),
		LastName:   texts[0], FirstName: texts[1], Phone: candidate.At("phone").Or(),
		// The one address that Flatchr has is the one that the candidate applied with.
		PersonalMail: texts[2],
		HiredAt:      r.movedAt(data, at),
	}
	if !isText(candidate.At("phone")) {
		e.Notes = append(e.Notes, hire.Note{
			Code: "phone_unreadable", Column: "professionalMobile",
			Message: "not a phone number and left out: complete it in Lucca",
		})
	}
	r.vacancy(&e, data.At("vacancy"))
	e.Twin = hire.TwinOf(texts[2], e.LastName, e.FirstName, e.JobTitle)
	return e, e.Check()
}

// movedAt is when the application was changed last, which the move did; the time of
// arrival where that is missing or in the future.
func (r Reader) movedAt(data wire.Value, at time.Time) time.Time {
	t, ok := wire.Time(data.At("applicant", "updated_at").Or(), r.Zone)
	if !ok || t.After(at) {
		return at.UTC()
	}
	return t.UTC()
}

// codeUnlabelled is that of a contract type whose label is not known.
const codeUnlabelled = "contract_type_unknown"

// vacancy reads what the vacancy says of the job. Flatchr documents no department: newer
// accounts send one as a text or as an object with a name.
func (r Reader) vacancy(e *hire.Event, v wire.Value) {
	e.JobTitle = v.At("title").Or()
	e.Department = first(v.At("department"), v.At("department", "name"), v.At("department", "title"))
	e.ContractType = first(v.At("contract_type"), v.At("contract_type", "label"))
	if id := v.At("contract_type_id").Or(); e.ContractType == "" && id != "" {
		e.ContractType = r.ContractTypes[id]
		if e.ContractType == "" {
			e.Notes = append(e.Notes, hire.Note{
				Code:    codeUnlabelled,
				Message: "Flatchr sent a contract type without a label: set it in the employee's file in Lucca",
			})
		}
	}
	start := v.At("start_date")
	if start.IsNull() || start.Or() == "" && isText(start) {
		return
	}
	if year, month, day, ok := wire.Day(start.Or(), r.Zone); ok {
		e.ContractStart = roster.DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
		return
	}
	e.Notes = append(e.Notes, hire.Note{
		Code: "start_unreadable", Column: "dtContractStart",
		Message: "the start date of the vacancy cannot be read as a date: correct it in Flatchr or in Lucca",
	})
}

func isText(v wire.Value) bool {
	_, ok := v.Text()
	return ok
}

// fields returns texts of an object, in the order of the keys.
func fields(v wire.Value, keys ...string) ([]string, error) {
	texts := make([]string, len(keys))
	for i, key := range keys {
		text, ok := v.At(key).Text()
		if !ok {
			return nil, wire.Fault("%s: want a text", key)
		}
		texts[i] = text
	}
	return texts, nil
}

// first returns the first text that is not empty.
func first(values ...wire.Value) string {
	for _, v := range values {
		if text := v.Or(); text != "" {
			return text
		}
	}
	return ""
}
