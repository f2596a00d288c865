package export_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// table is a Data Package of one table, as whoever reads it by the standard alone understands it.
type table struct {
	Path, Format, Encoding, Hash string
	Bytes                        int
	BOM                          bool `json:"x-bom"`
	Rows                         int  `json:"x-rows"`
	Dialect                      struct {
		Header                               *bool
		Delimiter, LineTerminator, QuoteChar string
		ItemType                             string
	}
	Schema struct {
		Fields     []tableField
		PrimaryKey []string
	}
}

type tableField struct {
	Name, Type, Format, DecimalChar string
	Width                           int `json:"x-width"`
	Constraints                     struct {
		Required, Unique     bool
		MinLength, MaxLength int
		Pattern              string
		Enum                 []string
	}
}

// readPackage reads and checks a file by its descriptor.
func readPackage(t *testing.T, descriptor []byte, name string, file []byte) []map[string]string {
	t.Helper()
	rows, err := readTable(descriptor, name, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, descriptor)
	}
	return rows
}

// readTable returns the rows by the names of their fields, days as YYYY-MM-DD and numbers with a dot.
func readTable(descriptor []byte, name string, file []byte) ([]map[string]string, error) {
	var p struct{ Resources []table }
	if err := json.Unmarshal(descriptor, &p); err != nil {
		return nil, err
	}
	r := p.Resources[0]
	if sum := fmt.Sprintf("sha256:%x", sha256.Sum256(file)); r.Path != name || r.Bytes != len(file) || r.Hash != sum {
		return nil, fmt.Errorf("%s of %d bytes, %s, is not the file", r.Path, r.Bytes, r.Hash)
	}
	cells, err := r.cells(file)
	if err != nil {
		return nil, err
	}
	if r.Format != "json" && (r.Dialect.Header == nil || *r.Dialect.Header) {
		if len(cells) == 0 || !slices.EqualFunc(cells[0], r.Schema.Fields, func(label string, f tableField) bool { return label == f.Name }) {
			return nil, fmt.Errorf("the labels are not those of the fields: %q", cells)
		}
		cells = cells[1:]
	}
	if len(cells) != r.Rows {
		return nil, fmt.Errorf("%d rows instead of %d", len(cells), r.Rows)
	}
	var rows []map[string]string
	seen := make(map[string]bool)
	for n, row := range cells {
		if len(row) != len(r.Schema.Fields) {
			return nil, fmt.Errorf("row %d has %d cells", n, len(row))
		}
		values := make(map[string]string)
		for i, f := range r.Schema.Fields {
			value, err := f.read(row[i])
			unique := f.Name + "\x00" + value
			if err != nil || f.Constraints.Unique && value != "" && seen[unique] || slices.Contains(r.Schema.PrimaryKey, f.Name) && (value == "" || seen[unique]) {
				return nil, fmt.Errorf("row %d, %s: %q: %w", n, f.Name, row[i], errors.Join(err, errors.New("or it is there twice")))
			}
			seen[unique], values[f.Name] = true, value
		}
		rows = append(rows, values)
	}
	return rows, nil
}

// cells takes the file apart.
func (r table) cells(file []byte) ([][]string, error) {
	text := string(file)
	if r.Format != "xlsx" {
		if r.BOM {
			var found bool
			if text, found = strings.CutPrefix(text, "\uFEFF"); !found {
				return nil, errors.New("no byte-order mark")
			}
		}
		switch r.Encoding {
		case "windows-1252":
			text, _ = charmap.Windows1252.NewDecoder().String(text)
		case "iso-8859-15":
			text, _ = charmap.ISO8859_15.NewDecoder().String(text)
		}
		if !utf8.ValidString(text) || strings.HasPrefix(text, "\uFEFF") {
			return nil, errors.New("not in the encoding")
		}
	}
	switch r.Format {
	case "csv":
		if !strings.HasSuffix(text, r.Dialect.LineTerminator) || r.Dialect.LineTerminator == "\n" && strings.Contains(text, "\r") {
			return nil, errors.New("other line ends")
		}
		in := csv.NewReader(strings.NewReader(text))
		in.Comma, _ = utf8.DecodeRuneInString(r.Dialect.Delimiter)
		return in.ReadAll()
	case "xlsx":
		return r.workbook(file)
	case "json":
		return r.objects(text)
	case "txt":
		var rows [][]string
		for line := range strings.SplitSeq(strings.TrimSuffix(text, r.Dialect.LineTerminator), r.Dialect.LineTerminator) {
			var row []string
			rest := []rune(line)
			for _, f := range r.Schema.Fields {
				if len(rest) < f.Width {
					return nil, errors.New("a line that is too short")
				}
				row, rest = append(row, strings.Trim(string(rest[:f.Width]), " ")), rest[f.Width:]
			}
			rows = append(rows, row)
		}
		return rows, nil
	}
	return nil, fmt.Errorf("no format %q", r.Format)
}

func (r table) workbook(file []byte) ([][]string, error) {
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	rows, err := book.GetRows(book.GetSheetName(0), excelize.Options{RawCellValue: true})
	for i := range rows {
		for len(rows[i]) < len(r.Schema.Fields) {
			rows[i] = append(rows[i], "") // empty cells at the end of a row are not in the file
		}
	}
	return rows, err
}

func (r table) objects(text string) (rows [][]string, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var list []map[string]any
	if err := d.Decode(&list); err != nil || r.Dialect.ItemType != "object" {
		return nil, fmt.Errorf("want a list of objects, not of %s: %w", r.Dialect.ItemType, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than a list")
	}
	for _, object := range list {
		var row []string
		for _, f := range r.Schema.Fields {
			value, there := object[f.Name]
			if !there {
				return nil, fmt.Errorf("no member %q", f.Name)
			}
			if value == nil {
				value = ""
			}
			row = append(row, fmt.Sprint(value))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// read is the value of a cell that holds to its field.
func (f tableField) read(cell string) (value string, err error) {
	c := f.Constraints
	if cell == "" {
		if c.Required {
			return "", errors.New("is required")
		}
		return "", nil
	}
	value = cell
	switch f.Type {
	case "date":
		layout := strings.NewReplacer("%Y", "2006", "%y", "06", "%m", "1", "%d", "2", "%%", "%").Replace(f.Format)
		if !strings.ContainsAny(layout, "/-. ") { // without anything between them, months and days have two digits
			layout = strings.NewReplacer("%Y", "2006", "%y", "06", "%m", "01", "%d", "02").Replace(f.Format)
		}
		day, err := time.Parse(layout, cell)
		if err != nil {
			return "", err
		}
		value = day.Format(time.DateOnly)
	case "number":
		value = strings.Replace(cell, f.DecimalChar, ".", 1)
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "", err
		}
	case "string":
		length := utf8.RuneCountInString(cell)
		if length < c.MinLength || c.MaxLength > 0 && length > c.MaxLength {
			return "", errors.New("has another length")
		}
		if c.Pattern != "" && !regexp.MustCompile(`^(?:`+c.Pattern+`)$`).MatchString(cell) {
			return "", errors.New("does not match")
		}
	}
	if c.Enum != nil && !slices.Contains(c.Enum, cell) {
		return "", errors.New("is none of the values")
	}
	return value, nil
}
