package userfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// Read reads a file with valid options. The error wraps tabular.ErrRefused when the file is
// refused as a whole: then the table has no rows, and its findings have all the reasons. A
// file with nothing but a header has no rows and no error.
func Read(r io.Reader, o Options) (plan.Table, tabular.Info, error) {
	c, err := o.contract()
	if err != nil {
		return plan.Table{}, tabular.Info{}, err
	}
	var rows []plan.Row
	content, err := tabular.Each(r, o.format(), c.Contract, func(columns []tabular.Column, row *tabular.Row, cells []string) {
		for i, cell := range cells {
			if f, bad := c.check(columns[i].Key, cell); bad {
				row.Findings = append(row.Findings, f.At(row.Number, columns[i].Index))
			}
		}
		rows = append(rows, plan.Row{Number: row.Number, Cells: withoutReasons(columns, cells)})
	})
	table := plan.Table{Findings: content.Findings}
	for _, column := range content.Columns {
		if column.Key == reasonsColumn {
			table.Partial = true
		} else {
			table.Columns = append(table.Columns, plan.Column{Code: column.Key, Index: column.Index})
		}
	}
	if err != nil {
		return table, content.Info, err
	}
	table.Rows = rows
	if f, late := identifierLate(content, o.Identifier); late {
		table.Findings = slices.Insert(table.Findings, 0, f)
	}
	return table, content.Info, nil
}

func withoutReasons(columns []tabular.Column, cells []string) []string {
	at := slices.IndexFunc(columns, func(c tabular.Column) bool { return c.Key == reasonsColumn })
	if at < 0 {
		return cells
	}
	return slices.Delete(cells, at, at+1)
}

// identifierLate finds the first column of the identifier that does not come before all
// others, as Lucca asks for.
func identifierLate(content tabular.Content, id plan.Identifier) (finding.Finding, bool) {
	keys := id.Columns()
	for i, column := range content.Columns {
		if i >= len(keys) && slices.Contains(keys, column.Key) {
			return finding.Finding{
				Severity: finding.Warning, Code: "identifier_not_first", Column: column.Key,
				Message: fmt.Sprintf("%s should be at the beginning of the row, where Lucca's own import looks for it", column.Key),
			}.At(content.HeaderRow, column.Index), true
		}
	}
	return finding.Finding{}, false
}

// check looks for characters that no cell of the column holds on purpose, and for a row
// that was to be mended and was not.
func (c contract) check(key, cell string) (finding.Finding, bool) {
	report := func(code, message string) (finding.Finding, bool) {
		return finding.Finding{Severity: finding.Error, Code: code, Column: key, Message: message}, true
	}
	if key == reasonsColumn {
		if strings.HasSuffix(cell, unmended) {
			return report("not_mended", "this row was rejected for its shape: see that every cell is in its column, then clear this one")
		}
		return finding.Finding{}, false
	}
	for _, r := range cell {
		switch {
		case r >= ' ' && r < 0x7F:
		case r == utf8.RuneError: // tabular has said so
		case r == '\n' || r == '\u2028' || r == '\u2029':
			if !c.takesLines(key) {
				return report("line_end", "the cell holds a line end")
			}
		case unicode.IsControl(r) && (r != '\t' || !c.takesLines(key)):
			return report("control_character", "the cell holds a control character: a tab, or a sign that this encoding does not have")
		}
	}
	return finding.Finding{}, false
}

// Reasons says of every rejected row why: the findings of severity error about rows, by
// row, in one line. It is what WriteRejected takes.
func Reasons(findings []finding.Finding) map[int]string {
	texts := make(map[int][]string)
	for _, f := range findings {
		if f.Severity != finding.Error || f.Row == 0 {
			continue
		}
		text := f.Message
		if f.Column != "" && !strings.HasPrefix(text, f.Column) {
			text = f.Column + ": " + text
		}
		texts[f.Row] = append(texts[f.Row], text)
	}
	reasons := make(map[int]string, len(texts))
	for row, all := range texts {
		reasons[row] = strings.Join(all, "; ")
	}
	return reasons
}
