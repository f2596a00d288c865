package generic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/tabular"
)

// maxFile bounds a dropped JSON file; that of CSV is a cap of tabular.Format.
const maxFile = 32 << 20

// firstRow is the number of the first hire of a JSON file, as under a header.
const firstRow = 2

// File is a dropped file.
type File struct {
	hire.File
	// Places are the 0-based columns of a CSV file by Lucca's code, for hire.Settings; nil
	// for JSON.
	Places map[string]int

	// seen are the ids in the file.
	seen map[string]bool
}

// File decodes a dropped file of which we know the time; CSV, or JSON when it begins with
// a bracket. The error wraps tabular.ErrRefused when no row of it can be trusted, and the
// findings of File have every reason then.
func (r Reader) File(in io.Reader, format tabular.Format, at time.Time) (File, error) {
	var head [1]byte
	read, err := io.ReadFull(in, head[:])
	if err != nil && !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("read file: %w", err)
	}
	whole := io.MultiReader(bytes.NewReader(head[:read]), in)
	if head[0] == '{' || head[0] == '[' {
		return r.json(whole, at)
	}
	return r.csv(whole, format, at)
}

func (r Reader) csv(in io.Reader, format tabular.Format, at time.Time) (File, error) {
	fields, err := fields()
	if err != nil {
		return File{}, err
	}
	c := contract(fields)
	c.Renamed, c.Ignored, c.IgnoreUnknown = r.Fields, r.Ignore, r.IgnoreUnknown
	records, content, err := tabular.ReadRecords[record](in, format, c)
	file := File{
		File:   hire.File{Findings: content.Findings, Rows: content.Info.Rows},
		Places: make(map[string]int), seen: make(map[string]bool),
	}
	if err != nil {
		return file, err
	}
	keys := make(map[string]int)
	for _, column := range content.Columns {
		keys[column.Key] = column.Index
		if c := code(column.Key); c != "" {
			file.Places[c] = column.Index
		}
	}
	if !has(keys, keyMail) && !has(keys, keyPersonalMail) {
		refusal := tabular.Refuse(content.HeaderRow, "missing_column", "the column mail or personalEmail is missing")
		if reason, ok := errors.AsType[*tabular.Refusal](refusal); ok {
			file.Findings = append(file.Findings, reason.Findings...)
		}
		return file, refusal
	}
	var order tabular.DateOrder
	for _, rec := range records {
		rec.Value.seeDates(&order, r.Dates, rec.Row, func(key string) (int, bool) { return keys[key], has(keys, key) && rec.Date(keys[key]) })
	}
	if f, column, doubt := dateOrder(order, r.Dates, keys); doubt {
		return file.refuse(f.At(f.Row, column))
	}
	for i, rec := range records {
		if content.Rejected.Has(rec.Row) { // its cells cannot be trusted
			continue
		}
		short := len(rec.Value.Start) < len("31/12/2026")
		bad := rec.Value.readDates(r.Dates, func(key string) bool { return has(keys, key) && rec.Date(keys[key]) })
		h, faults := r.event(rec.Value, fields, at)
		faults = append(faults, bad...)
		if content.Info.Unclosed && i == len(records)-1 && short && content.Columns[len(content.Columns)-1].Key == keyStart {
			faults = append(faults, startCutOff)
		}
		file.add(h, rec.Row, faults, keys)
	}
	return file, nil
}

// startCutOff is about a file that ends before or inside the first day of its last hire: what is
// left of that may be another day, or none.
var startCutOff = finding.Finding{
	Severity: finding.Error, Code: "no_final_line_end", Column: keyStart,
	Message: "the file does not end with a line end: if it was cut, this last cell is not whole",
}

// dateOrder is about a file in which a date can only be written in another order than its dates
// are to be: most dates can be read both ways, so that the others may be too. Keys are the
// columns that were seen.
func dateOrder(order tabular.DateOrder, forms tabular.DateForms, keys map[string]int) (f finding.Finding, column int, doubt bool) {
	row, column, doubt := order.Doubt()
	f = fault("date_order", keyStart, order.Message(forms))
	if hired, known := keys[keyHiredAt]; known && hired == column {
		f.Column = keyHiredAt
	}
	f.Row = row
	return f, column, doubt
}

// refuse says that no row of the file can be used.
func (f *File) refuse(why finding.Finding) (File, error) {
	f.Findings, f.Events = append(f.Findings, why), nil
	return *f, &tabular.Refusal{Findings: []finding.Finding{why}}
}

func has(keys map[string]int, key string) bool { _, ok := keys[key]; return ok }

func (r Reader) json(in io.Reader, at time.Time) (File, error) {
	body, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return File{}, fmt.Errorf("read file: %w", err)
	}
	fields, err := fields()
	if err != nil {
		return File{}, err
	}
	list, err := elements(body, maxFile)
	if err != nil {
		refusal := &tabular.Refusal{Findings: []finding.Finding{{Severity: finding.Error, Code: "not_json", Message: err.Error()}}}
		return File{File: hire.File{Findings: refusal.Findings}}, refusal
	}
	file := File{File: hire.File{Rows: len(list)}, seen: make(map[string]bool)}
	keys := map[string]int{keyStart: 0, keyHiredAt: 1}
	var order tabular.DateOrder
	for i, element := range list {
		rec, _ := texts(element, fields)
		rec.seeDates(&order, r.Dates, i+firstRow, func(key string) (int, bool) { return keys[key], false })
	}
	if f, _, doubt := dateOrder(order, r.Dates, keys); doubt {
		return file.refuse(f)
	}
	for i, element := range list {
		rec, faults := texts(element, fields)
		if len(faults) > 0 {
			file.add(hire.Event{}, i+firstRow, faults, nil)
			continue
		}
		bad := rec.readDates(r.Dates, func(string) bool { return false })
		h, faults := r.event(rec, fields, at)
		file.add(h, i+firstRow, append(append(faults, unknown(element, fields)...), bad...), nil)
	}
	return file, nil
}

// add takes a row over, unless an error is among its findings.
func (f *File) add(h hire.Event, row int, faults []finding.Finding, keys map[string]int) {
	h.Row = row
	if f.seen[h.ExternalID] && h.ExternalID != "" {
		faults = append(faults, fault(codeTwice, keyExternalID, "the hire is in the file already: every externalId may occur once"))
	}
	f.seen[h.ExternalID] = true
	for _, fault := range faults {
		fault.Row = row
		if i, ok := keys[fault.Column]; ok {
			fault = fault.At(row, i)
		}
		f.Findings = append(f.Findings, fault)
	}
	if finding.Count(faults, finding.Error) == 0 {
		f.Events = append(f.Events, h)
	}
}
