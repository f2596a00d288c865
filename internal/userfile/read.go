package userfile

import (
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"

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
	x := reader{options: o, contract: c, seed: maphash.MakeSeed(), seen: make(map[uint64]int32)}
	x.forms, _ = tabular.NewDateForms(o.Dates, o.YearsFrom)
	content, err := tabular.Each(r, o.format(), c.Contract, x.row)
	table := plan.Table{Findings: content.Findings, Rest: content.Rest, Rejected: content.Rejected}
	x.columns(&table, content)
	if err != nil {
		return table, content.Info, err
	}
	if refusal := x.doubts(content); len(refusal) > 0 {
		table.Findings = append(table.Findings, refusal...)
		return table, content.Info, &tabular.Refusal{Findings: refusal}
	}
	table.Rows = x.rows
	if f, late := identifierLate(content, o.Identifier); late {
		table.Findings = slices.Insert(table.Findings, 0, f)
	}
	table.Unclosed = content.Info.Unclosed
	table.OrderOpen = len(o.Dates) == 0 && x.order.Open()
	return table, content.Info, nil
}

// reader is the state of one Read.
type reader struct {
	options  Options
	contract contract
	forms    tabular.DateForms
	// rules are those of the columns of the file, once the first row has come.
	rules []rules
	rows  []plan.Row
	order tabular.DateOrder
	// shifted are the cells that can only belong to the column beside them, of which the
	// first is kept with the count.
	shifted   int
	shiftedAt finding.Finding
	// seen is the first row of each hash of cells.
	seed maphash.Seed
	seen map[uint64]int32
	// constants are the codes of the option, in order.
	constants []string
}

// row takes one row over.
func (x *reader) row(columns []tabular.Column, row *tabular.Row, cells []string) {
	if x.rules == nil {
		for _, column := range columns {
			x.rules = append(x.rules, x.options.newRules(x.contract, column))
		}
		x.constants = slices.Sorted(maps.Keys(x.options.Constants))
	}
	out := plan.Row{Number: row.Number}
	for i := range cells {
		x.cell(&x.rules[i], row, &out, i, &cells[i])
	}
	if i, found := misplaced(x.rules, row, cells); found {
		if x.shifted++; x.shifted == 1 {
			x.shiftedAt = finding.Finding{Column: x.rules[i].Key}.At(row.Number, x.rules[i].Index)
		}
	}
	out.Cells = x.tableCells(row, cells, &out)
	if x.repeated(row, out.Cells) {
		return
	}
	x.rows = append(x.rows, out)
}

// cell reads one cell in place.
func (x *reader) cell(r *rules, row *tabular.Row, out *plan.Row, i int, cell *string) {
	dated := row.Date(r.Index)
	if !dated && (r.class == dateClass || r.class == fieldClass) {
		x.order.See(row.Number, i, tabular.WithoutMidnight(*cell), x.forms)
	}
	text, bad := r.apply(*cell, dated, x.forms)
	report := func(code, message string) {
		f := finding.Finding{Severity: finding.Error, Code: code, Column: r.Key, Message: message}
		row.Findings = append(row.Findings, f.At(row.Number, r.Index))
		out.Void = append(out.Void, i)
	}
	switch {
	case bad != "":
		report("bad_date", r.Key+" "+bad)
	case dated && r.class != dateClass && r.class != fieldClass:
		report("spreadsheet_damage", r.Key+" is a date in the workbook, which a spreadsheet makes of texts such as 1-2: make the column a text there, and write it anew")
	}
	*cell = text
	if r.ordinary(text) {
		return
	}
	if f, wrong := r.check(text); wrong {
		row.Findings = append(row.Findings, f.At(row.Number, r.Index))
	}
}

// tableCells are the cells as the table has them: without the reasons of an earlier time,
// the whole name in two, and what is constant.
func (x *reader) tableCells(row *tabular.Row, cells []string, out *plan.Row) []string {
	if len(x.constants) == 0 && x.options.Name.IsZero() {
		return withoutReasons(x.rules, cells, out)
	}
	cells = withoutReasons(x.rules, cells, out)
	if at := slices.IndexFunc(x.rules, func(r rules) bool { return r.Key == fullNameKey }); at >= 0 {
		first, last, ok := x.options.Name.split(cells[at])
		if !ok && cells[at] != "" {
			f := finding.Finding{
				Severity: finding.Error, Code: "ambiguous_name", Column: plan.LastName,
				Message: "where the last name ends and the first name begins cannot be told: write the last name in capitals, or put a comma between them",
			}
			row.Findings = append(row.Findings, f.At(row.Number, x.rules[at].Index))
		}
		cells[at] = last
		cells = append(cells, first)
	}
	for _, code := range x.constants {
		cells = append(cells, tabular.Clean(x.options.Constants[code]))
	}
	return cells
}

// withoutReasons takes out the cell that the table does not have.
func withoutReasons(all []rules, cells []string, out *plan.Row) []string {
	at := slices.IndexFunc(all, func(r rules) bool { return r.Key == reasonsColumn })
	if at < 0 {
		return cells
	}
	for i := range out.Void {
		if out.Void[i] > at {
			out.Void[i]--
		}
	}
	return slices.Delete(cells, at, at+1)
}

// repeated reports whether a row is equal to an earlier one in every cell, and is left out.
func (x *reader) repeated(row *tabular.Row, cells []string) bool {
	if x.options.Duplicates == RejectDuplicates || finding.Count(row.Findings, finding.Error) > 0 {
		return false
	}
	var sum uint64
	for _, cell := range cells {
		sum = sum*31 + maphash.String(x.seed, cell)
	}
	i, known := x.seen[sum]
	if !known {
		x.seen[sum] = int32(len(x.rows))
		return false
	}
	if !slices.Equal(x.rows[i].Cells, cells) {
		return false
	}
	row.Findings = append(row.Findings, finding.Finding{
		Severity: finding.Warning, Code: "repeated_row", Row: row.Number,
		Message: fmt.Sprintf("the row is equal to row %d in every cell, and was taken once", x.rows[i].Number),
	})
	return true
}

// columns says which columns the table has.
func (x *reader) columns(table *plan.Table, content tabular.Content) {
	text := func(i int) string {
		if i < len(content.Header) {
			return content.Header[i]
		}
		return ""
	}
	split := -1
	for _, column := range content.Columns {
		switch column.Key {
		case reasonsColumn:
			table.Partial = true
		case fullNameKey:
			split = column.Index
			table.Columns = append(table.Columns, plan.Column{Code: plan.LastName, Index: column.Index, Header: text(column.Index)})
		default:
			table.Columns = append(table.Columns, plan.Column{Code: column.Key, Index: column.Index, Header: text(column.Index)})
		}
	}
	if split >= 0 {
		table.Columns = append(table.Columns, plan.Column{Code: plan.FirstName, Index: split, Header: text(split)})
	}
	for _, code := range slices.Sorted(maps.Keys(x.options.Constants)) {
		table.Columns = append(table.Columns, plan.Column{Code: code, Index: plan.NoPlace})
	}
}

// doubts are the reasons to use no row of a file that could be read.
func (x *reader) doubts(content tabular.Content) []finding.Finding {
	var found []finding.Finding
	for _, column := range content.Columns {
		_, constant := x.options.Constants[column.Key]
		named := !x.options.Name.IsZero() && (column.Key == plan.FirstName || column.Key == plan.LastName) &&
			slices.ContainsFunc(content.Columns, func(c tabular.Column) bool { return c.Key == fullNameKey })
		if constant || named {
			option := "constants:"
			if named {
				option = "name:"
			}
			found = append(found, finding.Finding{
				Severity: finding.Error, Code: "duplicate_column", Column: column.Key,
				Message: fmt.Sprintf("the file has %s, which %s gives too: take one of the two out", column.Key, option),
			}.At(content.HeaderRow, column.Index))
		}
	}
	if at, column, doubt := x.order.Doubt(); doubt {
		r := x.rules[column]
		found = append(found, finding.Finding{
			Severity: finding.Error, Code: "date_order", Column: r.Key, Message: r.Key + " " + x.order.Message(x.forms),
		}.At(at, r.Index))
	}
	if x.shifted > 0 {
		f := x.shiftedAt
		f.Severity, f.Code = finding.Error, "column_shift"
		f.Message = fmt.Sprintf("the cell is what the column beside it has: the cells of %d rows have moved into other columns, and no row is used", x.shifted)
		found = append(found, f)
	}
	return found
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
