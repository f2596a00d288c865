package learn

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// Compared are the columns whose values a file of unknown ones can be told by: what People of an
// Input should have.
func Compared() []plan.Column {
	var columns []plan.Column
	for _, code := range []string{
		plan.Login, plan.Mail, plan.EmployeeNumber, plan.FirstName, plan.LastName, "jobTitle",
		plan.Establishment, plan.Department, plan.PrimaryRole, "csp",
	} {
		columns = append(columns, plan.Column{Code: code})
	}
	return columns
}

// knowledge is what Lucca has, by code and folded text; empty without Lucca.
type knowledge map[string]map[string]bool

// knownOf gathers what the employees of Lucca have, and what they can refer to.
func knownOf(people *roster.Roster) knowledge {
	all := make(knowledge)
	if people == nil {
		return all
	}
	for _, e := range people.Employees() {
		for code, text := range map[string]string{
			plan.Login: e.Login, plan.Mail: e.Mail, plan.EmployeeNumber: e.EmployeeNumber, plan.FirstName: e.FirstName, plan.LastName: e.LastName,
			"jobTitle": e.JobTitle,
		} {
			all.add(code, text)
		}
	}
	lists := people.Lists()
	for _, e := range lists.Establishments {
		all.add(plan.Establishment, e.Name, e.Code)
	}
	for _, d := range lists.Departments {
		all.add(plan.Department, d.Name, d.Code, strings.Join(people.DepartmentPath(d.ID), "/"))
	}
	for _, r := range lists.Roles {
		all.add(plan.PrimaryRole, r.Name)
	}
	for _, c := range lists.Categories {
		all.add("csp", c.Name)
	}
	return all
}

func (n knowledge) add(code string, texts ...string) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if n[code] == nil {
			n[code] = make(map[string]bool)
		}
		n[code][foldKey(code, text)] = true
	}
}

// foldKey folds a text of a column; numbers have no zeros in front, paths no blanks.
func foldKey(code, text string) string {
	text = fold(text)
	if code == plan.EmployeeNumber {
		return strings.TrimLeft(text, "0")
	}
	return strings.ReplaceAll(text, " / ", "/")
}

func (n knowledge) codes() []string {
	var codes []string
	for code := range n {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// share is the part of a column's different texts that Lucca has under a code.
func (n knowledge) share(code string, c *column) float64 {
	hits, of := n.hits(code, c)
	if of == 0 {
		return 0
	}
	return float64(hits) / float64(of)
}

func (n knowledge) hits(code string, c *column) (hits, of int) {
	for text := range c.texts {
		if n[code][foldKey(code, text)] {
			hits++
		}
	}
	return hits, len(c.texts)
}

// best is the code of which Lucca has most of the column's texts, if it stands out.
func (n knowledge) best(c *column, codes []string) string {
	best, most, second := "", 0.0, 0.0
	for _, code := range codes {
		switch share := n.share(code, c); {
		case share > most:
			best, most, second = code, share, most
		case share > second:
			second = share
		}
	}
	if most < half || second > most/2 {
		return ""
	}
	return best
}

// evidence says how much of a column Lucca has under a code.
func (n knowledge) evidence(code string, c *column) string {
	hits, of := n.hits(code, c)
	return fmt.Sprintf("Lucca has %d of its %d texts as %s", hits, of, code)
}

// missing are the texts of a column that Lucca does not have.
func (n knowledge) missing(code string, c *column) []string {
	var texts []string
	for _, text := range c.sorted() {
		if len(n[code]) > 0 && !n[code][foldKey(code, text)] {
			texts = append(texts, text)
		}
	}
	return texts
}
