package explain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
)

// Line is an item of a plan as it is looked at: the item of the public document, and whom it is
// about.
type Line struct {
	plan.DocumentItem
	// Of is whom it is about; the login of the document may be that of the file.
	Of Names `json:"of,omitzero"`
	Place
}

// Lines are the items of a plan as they are looked at, in their order. People are those of the plan,
// or none.
func Lines(p *plan.Plan, people []Person) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		who := 0
		for n := range p.Items {
			item := &p.Items[n]
			l := Line{DocumentItem: plan.DocumentItem{Row: item.Row, Action: item.Action, EmployeeID: item.EmployeeID, Login: item.Login, Set: setOf(item)}}
			for who < len(people) && people[who].Item < n {
				who++
			}
			if who < len(people) && people[who].Item == n {
				p := people[who]
				l.Of, l.Place = Names{p.Name, p.Login, p.Mail, p.Number}, p.Place
			}
			if !yield(l) {
				return
			}
		}
	}
}

// Encode writes a line for storage; DecodeLine reads it.
func (l Line) Encode() []byte { return encode(l) }

// DecodeLine reads what Encode wrote.
func DecodeLine(b []byte) (l Line, err error) {
	if json.Unmarshal(b, &l) != nil {
		return l, errors.New("read item of a plan: it is not what was kept")
	}
	return l, nil
}

// Search is what is looked for in a line, on one line: its action, its row, the codes that it sets,
// whom it is about, folded, and where they belong. Sought reads it.
func (l Line) Search() []byte {
	codes := slices.Sorted(maps.Keys(l.Set))
	who := strings.Join([]string{l.Of.Name, l.Login, l.Of.Login, l.Of.Mail, l.Of.Number}, " ")
	return fmt.Appendf(nil, "%s\t%d\t,%s,\t%s\t%s\t%s", l.Action, l.Row, oneLine(strings.Join(codes, ",")), oneLine(person.Fold(who)), oneLine(l.Establishment), oneLine(l.Manager))
}

// Sought is what Search wrote of an item.
type Sought struct {
	Action plan.Action
	Row    int
	// Establishment and Manager are where they belong; empty also in what an earlier version kept.
	Establishment, Manager []byte

	codes []byte
	who   []byte
}

// ReadSought reads what Search wrote.
func ReadSought(line []byte) (s Sought, err error) {
	action, rest, _ := bytes.Cut(line, []byte("\t"))
	row, rest, _ := bytes.Cut(rest, []byte("\t"))
	codes, who, ok := bytes.Cut(rest, []byte("\t"))
	if s.Row, ok = number(row, ok); !ok {
		return s, errors.New("search plan: it is not what was kept")
	}
	s.Action, s.codes = actionOf(action), codes
	s.who, rest, _ = bytes.Cut(who, []byte("\t"))
	s.Establishment, s.Manager, _ = bytes.Cut(rest, []byte("\t"))
	return s, nil
}

// number reads digits. A plan has as many lines as its file: none of them is copied to be read.
func number(digits []byte, ok bool) (n int, _ bool) {
	for _, d := range digits {
		if d < '0' || d > '9' || n > math.MaxInt32 {
			return 0, false
		}
		n = 10*n + int(d-'0')
	}
	return n, ok && len(digits) > 0
}

// actionOf is an action by its name.
func actionOf(name []byte) plan.Action {
	for _, a := range [...]plan.Action{plan.Unchanged, plan.Update, plan.Create, plan.End, plan.Rehire, plan.Reject} {
		if string(name) == string(a) {
			return a
		}
	}
	return plan.Action(name)
}

// Sets reports whether the item sets the column of a code.
func (s Sought) Sets(code string) bool { return bytes.Contains(s.codes, []byte(","+code+",")) }

// Codes are those that the item sets, each between two commas.
func (s Sought) Codes() []byte { return s.codes }

// CodesIn are the codes of Codes.
func CodesIn(codes string) []string {
	return strings.FieldsFunc(codes, func(r rune) bool { return r == ',' })
}

// Called reports whether a text, folded, is in what the person is called.
func (s Sought) Called(folded string) bool { return bytes.Contains(s.who, []byte(folded)) }
