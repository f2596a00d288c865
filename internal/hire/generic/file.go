package generic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/tabular"
)

// maxFile bounds a dropped JSON file; that of CSV is a cap of tabular.Format.
const maxFile = 32 << 20

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
	if refusal := monthFirst(records, keys); refusal != nil {
		file.Findings = append(file.Findings, refusal.Findings...)
		return file, refusal
	}
	for i, rec := range records {
		if content.Rejected.Has(rec.Row) { // its cells cannot be trusted
			continue
		}
		h, faults := r.event(rec.Value, fields, at)
		if content.Info.Unclosed && i == len(records)-1 && len(rec.Value.Start) < len("31/12/2026") && content.Columns[len(content.Columns)-1].Key == keyStart {
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

// monthFirst refuses a file in which a date can only be written month first: most dates can be
// read both ways, so that the others may be too.
func monthFirst(records []tabular.Record[record], keys map[string]int) *tabular.Refusal {
	for _, rec := range records {
		for key, text := range map[string]string{keyStart: rec.Value.Start, keyHiredAt: rec.Value.HiredAt} {
			if m := numericDate.FindStringSubmatch(text); m != nil && m[1] <= "12" && m[2] > "12" {
				f := fault("date_order", key, "can only be written month first: most dates can be read both ways, so no row is used; want DD/MM/YYYY or YYYY-MM-DD throughout")
				return &tabular.Refusal{Findings: []finding.Finding{f.At(rec.Row, keys[key])}}
			}
		}
	}
	return nil
}

// numericDate is a date of two digits twice and a year, with a time or none.
var numericDate = regexp.MustCompile(`^(\d{2})[/.-](\d{2})[/.-]\d{4}(\D|$)`)

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
	for i, element := range list {
		h, faults := r.element(element, fields, at)
		file.add(h, i+2, faults, nil)
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
