package profile

import (
	"fmt"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// ofPlace finds the sources that come from where the employee works.
func ofPlace(name string) (source, bool) {
	place := func(q roster.Query, get func(*roster.Roster, *roster.Employee) (text string, listed bool)) (source, bool) {
		q.Fields = roster.EstablishmentRef
		return source{
			need: always(q), fields: q.Fields,
			read: func(r *roster.Roster, e *roster.Employee) Value {
				text, known := get(r, e)
				switch {
				case e.EstablishmentID == 0:
					return Value{}
				case !known:
					return Value{Note: UnknownReference}
				case text == "":
					return Value{Note: CodeMissing}
				}
				return Value{Text: text}
			},
		}, true
	}
	switch name {
	case "establishment.name":
		return place(roster.Query{}, func(r *roster.Roster, e *roster.Employee) (string, bool) {
			name := r.Establishment(e).Name
			return name, name != ""
		})
	case "establishment.code":
		return place(roster.Query{Establishments: true}, func(r *roster.Roster, e *roster.Employee) (string, bool) {
			at := r.Establishment(e)
			return at.Code, at.ID != 0
		})
	case "legalUnit.name":
		return place(roster.Query{LegalUnits: true}, func(r *roster.Roster, e *roster.Employee) (string, bool) {
			name := r.LegalUnit(e).Name
			return name, name != ""
		})
	case "legalUnit.code":
		return place(roster.Query{LegalUnits: true}, func(r *roster.Roster, e *roster.Employee) (string, bool) {
			unit := r.LegalUnit(e)
			return unit.Code, unit.ID != 0
		})
	}
	return ofDepartment(name)
}

// deepest is the lowest level of departments that a schema may name.
const deepest = 9

// ofDepartment finds the sources about the employee's own department and those above it.
func ofDepartment(name string) (source, bool) {
	rest, ok := strings.CutPrefix(name, "department.")
	if !ok {
		return source{}, false
	}
	what, level := rest, 0
	if number, found := strings.CutPrefix(rest, "level."); found {
		number, what, _ = strings.Cut(number, ".")
		if level, ok = levelOf(number); !ok || level > deepest {
			return source{}, false
		}
	}
	var read func(names, codes []string) Value
	switch {
	case what == "path" && level == 0:
		read = func(names, _ []string) Value { return Value{Text: strings.Join(names, " / ")} }
	case what == "name" || what == "" && level > 0:
		read = func(names, _ []string) Value { return listed(levelName(names, level), 1) }
	case what == "code":
		read = func(_, codes []string) Value {
			code := levelName(codes, level)
			if code == "" {
				return Value{Note: CodeMissing}
			}
			return Value{Text: code}
		}
	default:
		return source{}, false
	}
	return source{
		need:   always(roster.Query{Fields: roster.DepartmentRef, Departments: true}),
		fields: roster.DepartmentRef,
		read: func(r *roster.Roster, e *roster.Employee) Value {
			names := r.Department(e)
			switch {
			case len(names) == 0:
				return listed("", e.DepartmentID)
			case level > len(names):
				return Value{} // not that deep
			}
			return read(names, r.DepartmentCodes(e))
		},
	}, true
}

// levelName is the text of a level of the tree, 1 being the top and 0 the own one.
func levelName(path []string, level int) string {
	switch {
	case level == 0 && len(path) > 0:
		return path[len(path)-1]
	case level > 0 && level <= len(path):
		return path[level-1]
	}
	return ""
}

func levelOf(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}

func axis(level int) need {
	return func(have Sources) (roster.Query, string) {
		if level > len(have.CostCenterAxes) {
			return roster.Query{}, fmt.Sprintf("lucca.cost_center_axes names %d axes, and this is level %d", len(have.CostCenterAxes), level)
		}
		// All of them: a super-axis is known by the parents of sections of the others.
		return roster.Query{Fields: roster.Axes, Axes: have.CostCenterAxes}, ""
	}
}
