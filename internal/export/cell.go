package export

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// fill puts the employee's cells into the row, and returns whether the row can be sent.
// What cannot stand in a cell leaves it empty with a warning, or rejects the row where
// the column is required.
func (rd *renderer) fill(e *roster.Employee) bool {
	rd.notes, rd.emptied = rd.notes[:0], nil
	complete := true
	for i := range rd.columns {
		c, asks := &rd.binding.Columns[i], &rd.columns[i]
		v := c.Read(rd.roster, e)
		before := len(rd.notes)
		if v.Note != profile.NoNote {
			rd.remark(i, c, e, v.Note)
		}
		rd.row[i] = rd.shown(i, c, v)
		if asks.aboutManager && rd.row[i] != "" && !rd.manager(i, c, e) {
			complete = false
		}
		if rd.row[i] != "" {
			continue
		}
		if by := emptier(c, v); by != "" && len(rd.notes) == before {
			if rd.emptied == nil {
				rd.emptied = make(map[string]Emptier)
			}
			rd.emptied[c.Key] = by
		}
		switch {
		case c.Level == profile.Required && !asks.aboutManager:
			complete = false
			rd.reject(i, before)
		case c.WarnEmpty && len(rd.notes) == before:
			rd.warn(i, "empty_value", fmt.Sprintf("%q is empty, and %s may need it: fill it in in Lucca", c.Header, rd.binding.Profile.Name))
		}
	}
	return complete
}

// emptier is what of the flow leaves a cell empty of which nothing is said; nothing where Lucca has
// no value for it.
func emptier(c *profile.BoundColumn, v profile.Value) Emptier {
	_, listed := c.Values.Map[v.Text]
	switch {
	case v.Note == profile.Emptied:
		return ByExpression
	case v.IsZero():
		return ""
	case listed:
		return ByTable
	default:
		return ByDefault
	}
}

// shown is what stands in the cell for a value.
func (rd *renderer) shown(i int, c *profile.BoundColumn, v profile.Value) string {
	if rd.columns[i].verbatim && v.Text != "" {
		return v.Text
	}
	return rd.ruled(i, c, rd.cell(i, c, v))
}

// ruled empties a cell that breaks a constraint of the partner's schema.
func (rd *renderer) ruled(i int, c *profile.BoundColumn, cell string) string {
	if cell == "" {
		return ""
	}
	broken := c.Rules.Broken(cell)
	if broken == "" && rd.binding.Dialect.Format == tabular.Fixed {
		if utf8.RuneCountInString(cell) > c.Width {
			broken = fmt.Sprintf("has more than %d characters, which is the width of the column", c.Width)
		} else if strings.ContainsAny(cell, "\r\n") {
			broken = "has a line end, which a file of fixed width cannot hold"
		}
	}
	if broken != "" {
		rd.warn(i, "breaks_contract", fmt.Sprintf("%q %s: correct it in Lucca", c.Header, broken))
		return ""
	}
	return cell
}

// manager applies the policy to a cell about somebody who is not in the file, and returns
// whether the row can be sent.
func (rd *renderer) manager(i int, c *profile.BoundColumn, e *roster.Employee) bool {
	m := c.Refers(rd.roster, e)
	if m == nil || rd.inFile(m) {
		return true
	}
	rd.dangles = true
	why := "is outside the population of this flow"
	switch {
	case rd.decide(m) == Sent:
		why = "has a row that is rejected"
	case m.StatusOn(rd.roster.Day()) == roster.Upcoming:
		why = "is not here yet"
	}
	then := "the partner may not know them"
	switch rd.policy {
	case profile.EmptyManager:
		then = "the cell is left empty"
		if rd.row[i] = rd.shown(i, c, c.Otherwise(rd.roster, e)); rd.row[i] != "" {
			then = "the cell has what stands for none"
		}
	case profile.RejectManager:
		rd.notes = append(rd.notes, note{i, finding.Error, "manager_outside", referred(m.ID) + " " + why + ": the row is not sent, as manager_outside says"})
		return false
	}
	rd.warn(i, "manager_outside", referred(m.ID)+" "+why+": "+then)
	return true
}

// reject makes errors of the notes on a cell that the row cannot do without; a cell that
// is merely empty has none yet.
func (rd *renderer) reject(column, from int) {
	c := &rd.binding.Columns[column]
	for i := from; i < len(rd.notes); i++ {
		rd.notes[i].severity = finding.Error
	}
	if len(rd.notes) == from {
		rd.notes = append(rd.notes, note{column, finding.Error, "missing_value",
			fmt.Sprintf("%q is required and empty (%s): the row is not sent; fill it in in Lucca", c.Header, strings.Join(c.From, ", else "))})
	}
}

func (rd *renderer) warn(column int, code, message string) {
	rd.notes = append(rd.notes, note{column, finding.Warning, code, message})
}

// referred is the person that a cell is about, by the Lucca id where it is known: who is to be
// corrected once stands in many rows.
func referred(id int) string {
	if id == 0 {
		return "the person referred to"
	}
	return fmt.Sprintf("the person referred to (Lucca id %d)", id)
}

// lacks says that a manager has no value of a property.
func lacks(who, property string) string {
	switch property {
	case "number":
		return who + " has no number in Lucca: fill it in there"
	case "email":
		return who + " has no email in Lucca: fill it in there"
	default:
		return who + " has no " + property + " in Lucca: fill it in there"
	}
}

// remark says what is worth saying about how the value was found.
func (rd *renderer) remark(i int, c *profile.BoundColumn, e *roster.Employee, n profile.Note) {
	switch n {
	case profile.NotVisible:
		rd.hidden[i]++
		rd.warn(i, "not_visible", "the API key may not see "+strings.Join(c.From, " or ")+" of this employee: check the rights of its role in Lucca")
	case profile.ManagerLeft:
		rd.warn(i, "manager_left", referred(c.RefersTo(rd.roster, e))+" has left, or the API key cannot see them: set another in Lucca")
	case profile.ManagerLacks:
		property, _ := c.AboutManager()
		rd.warn(i, "manager_without_"+property, lacks(referred(c.RefersTo(rd.roster, e)), property))
	case profile.UnknownReference:
		rd.warn(i, "unknown_reference", "refers to something that Lucca does not list: archived, or outside what the API key may see")
	case profile.CodeMissing:
		rd.warn(i, "code_missing", "what this refers to has no code in Lucca: give it one")
	case profile.NotAPhone:
		rd.warn(i, "not_a_phone", "the value is not a telephone number of the country that x-source names: correct it in Lucca")
	case profile.NotADate:
		rd.warn(i, "not_a_date", "the value is not a date: correct it in Lucca")
	case profile.NotANumber:
		rd.warn(i, "not_a_number", "the value is not a plain decimal number: correct it in Lucca")
	case profile.TypeUnlabelled:
		rd.warn(i, "contract_type_unlabelled", "the contract's type has no label: add it to lucca.contract_types")
	}
}

// cell formats a value as the column and the dialect want it; empty when it cannot.
func (rd *renderer) cell(i int, c *profile.BoundColumn, v profile.Value) string {
	text, translated := v.Text, !v.Final && !rd.columns[i].untranslated
	var ok bool
	switch {
	case v.Date.IsZero():
	case c.Type == profile.Text:
		text = rd.date(v.Date)
	case c.Type == profile.Number || translated:
		text = v.Date.String()
	}
	if translated {
		if text, ok = c.Values.Translate(text); !ok {
			rd.blocked++
			rd.warn(i, "unmatched_value", "the value table of this column has no entry for the value, and blocks it")
			return ""
		}
		v.Date = roster.Date{}
	}
	if c.Type == profile.Day {
		return rd.day(i, c, text, v.Date)
	}
	if text == "" {
		return ""
	}
	if c.Type == profile.Number {
		if text, ok = profile.PlainNumber(text); ok {
			if rd.cells != nil {
				rd.steps[i] = stepOf(text)
			}
			text, ok = rd.out.Decimal(text)
		}
		if !ok {
			rd.warn(i, "not_a_number", "the value is not a plain decimal number: correct it in Lucca")
		}
		return text
	}
	if text, ok = rd.out.Formula(text); !ok {
		rd.warn(i, "formula", "the value begins like a formula, which dialect.formulas rejects: correct it in Lucca")
		return ""
	}
	if !rd.out.Encodable(text) && rd.binding.Dialect.Transliterate {
		if near, ok := rd.out.Near(text); ok {
			rd.warn(i, "transliterated", fmt.Sprintf("%s lacks a letter of the value, which is written as the nearest that it has", rd.binding.Dialect.Encoding))
			return near
		}
	}
	if !rd.out.Encodable(text) {
		rd.warn(i, "not_encodable", fmt.Sprintf("the value has a character that %s lacks: change it in Lucca, or agree on utf-8 with the partner", rd.binding.Dialect.Encoding))
		return ""
	}
	return text
}

// day writes a date, or a text that is one.
func (rd *renderer) day(i int, c *profile.BoundColumn, text string, d roster.Date) string {
	if d.IsZero() && text != "" {
		var err error
		if d, err = roster.ParseDate(text); err != nil {
			rd.warn(i, "not_a_date", "the value is not a date: correct it in Lucca")
			return ""
		}
	}
	if rd.cells != nil {
		rd.steps[i] = stepOfDay(d)
	}
	if c.Pattern != nil {
		return c.Pattern.Format(d)
	}
	return rd.date(d)
}
