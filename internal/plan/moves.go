package plan

import (
	"fmt"
	"maps"
	"slices"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// moves are the changes of known employees by property, as far as the values of a property
// tell people apart.
type moves map[string][]move

// move is a value that a row changes: its number, and its place among the rows.
type move struct {
	row, at  int
	from, to string
}

// own are the properties of which two people never exchange their values.
var own = []string{Login, FirstName, LastName, Mail, EmployeeNumber, birthDate, "personalEmail"}

// personal are those of which hardly two people have the same value.
var personal = []string{birthDate, "personalEmail", "personalMobile", "professionalMobile"}

// listed are the properties whose values many people have, so that two may well exchange them.
var listed = []string{Establishment, Department, Manager}

// several are those whose values tell nothing apart.
var several = []string{PrimaryRole, SecondaryRoles, ContractEnd, ContractType, "culture", "gender", "csp"}

// observe notes what a row sets, rejected or not.
func (m moves) observe(d *draft, set map[string]Change) {
	for code, c := range set {
		if c.To != "" && (c.From != "" || slices.Contains(personal, code)) && !slices.Contains(several, code) {
			m[code] = append(m[code], move{d.row.Number, d.index, moveKey(code, c.From), moveKey(code, c.To)})
		}
	}
}

// moveKey is the same for two spellings of a value.
func moveKey(code, text string) string {
	if p, _ := propertyOf(code); p.Kind != roster.Phone {
		return person.Fold(text)
	}
	const national = 8 // digits that a number has in every form of it
	digits := keep(text, isDigit)
	return digits[max(0, len(digits)-national):]
}

// mark marks the rows that take over values which other rows give up. Nobody exchanges names
// or numbers. Of other properties it is a column that was sorted, or two rows of it that were
// exchanged: where all of two or more different values stay, and each is somebody else's now,
// or where at least two of them were of one person alone.
func (m moves) mark(in *input, r *report, changes []change) {
	doubted := make([]bool, len(changes))
	for i := range changes {
		doubted[i] = changes[i].shifted || changes[i].rejected // which has been said
	}
	for _, code := range slices.Sorted(maps.Keys(m)) {
		m.judgeColumn(code, r, changes)
		given := make(map[string]int, len(m[code])) // the number of the row that gives a value up
		for _, v := range m[code] {
			given[v.from] = v.row
		}
		taken := in.exchanged(code, m[code], given)
		if chain := passedOn(m[code]); len(taken) == 0 {
			if taken = in.unique(code, chain); len(taken) < 2 {
				taken = nil
			}
		}
		for _, v := range taken {
			c := &changes[v.at]
			c.shifted = true
			if !doubted[v.at] {
				r.say(c.draft.row, warning("values_exchanged", code, fmt.Sprintf("is the value that row %d gives up: see whether rows were exchanged, or the column was sorted by itself", given[v.to])))
			}
		}
	}
}

// exchanged are the moves of one property that take over what others give up, where that is to
// be doubted.
func (in *input) exchanged(code string, list []move, given map[string]int) []move {
	var taken []move
	distinct := make(map[string]bool)
	for _, v := range list {
		if v.from != v.to && v.from != "" && given[v.to] > 0 {
			taken = append(taken, v)
			distinct[v.to] = true
		}
	}
	sorted := len(distinct) == len(taken) && (len(taken) >= fewest && 5*len(taken) >= 4*len(list) || len(taken) == len(list))
	switch {
	case slices.Contains(own, code):
		return taken
	case slices.Contains(listed, code):
		if len(distinct) < fewest || !permuted(list) {
			return nil
		}
		return taken
	case len(taken) > 1 && !sorted:
		taken = in.unique(code, taken)
	}
	if len(taken) < 2 {
		return nil
	}
	return taken
}

// byRow are the moves in the order of their rows.
func byRow(list []move) []move {
	return slices.SortedFunc(slices.Values(list), func(a, b move) int { return a.row - b.row })
}

// passedOn are the moves of rows one after the other that each take over what the row before, or
// after, gives up: a column that has slipped by a row.
func passedOn(list []move) []move {
	list = byRow(list)
	for _, step := range []func(a, b move) bool{
		func(a, b move) bool { return b.to == a.from },
		func(a, b move) bool { return a.to == b.from },
	} {
		for from := 0; from < len(list); {
			to := from + 1
			seen := map[string]bool{list[from].from: true}
			for to < len(list) && list[to-1].from != "" && step(list[to-1], list[to]) && list[to].row == list[to-1].row+1 && !seen[list[to].from] {
				seen[list[to].from] = true
				to++
			}
			if to-from >= fewest {
				return list[from:to]
			}
			from = to
		}
	}
	return nil
}

// unique leaves of the moves those of values that one person alone has in Lucca, such as a
// phone.
func (in *input) unique(code string, taken []move) []move {
	at := slices.IndexFunc(in.sheet.columns, func(c column) bool { return c.Code == code })
	if at < 0 {
		return nil
	}
	holders := make(map[string]int)
	for _, e := range in.people.Employees() {
		if text := in.current(&in.sheet.columns[at], e); text != "" {
			holders[moveKey(code, text)]++
		}
	}
	return slices.DeleteFunc(taken, func(v move) bool { return holders[v.to] != 1 })
}
