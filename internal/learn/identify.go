package learn

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// has reports whether a column has a code, or the file has the value as a constant.
func (k *look) has(code string) bool {
	return k.column(code) != nil || k.section.Constants[code] != ""
}

// maybe reports whether a column in doubt may have a code.
func (k *look) maybe(code string) bool {
	return slices.ContainsFunc(k.lesson.Doubts, func(d Doubt) bool {
		return slices.ContainsFunc(d.Choices, func(c Choice) bool { return c.Answer == code })
	})
}

func (k *look) column(code string) *column {
	for i := range k.cols {
		if k.cols[i].code == code {
			return &k.cols[i]
		}
	}
	return nil
}

// identify says what tells which row is which employee.
func identify(k *look) {
	k.section.Constants = k.known.Constants
	choices := identifiersOf(k)
	chosen, because := plan.Identifier(""), ""
	switch {
	case k.known.Policy.Identifier != "":
		chosen, because = k.known.Policy.Identifier, "as the flow has it"
	case len(choices) > 0:
		chosen, because = choices[0].id, choices[0].because
	}
	if chosen == "" && len(k.cols) == 0 {
		return
	}
	if chosen == "" {
		k.fact("identifier", "none", Unsettled, "want a column with the login, the employee number, the e-mail or the name")
		return
	}
	k.fact("identifier", string(chosen), Likely, "%s", because)
	k.section.Policy.Identifier = chosen
	if chosen == plan.ByNumber && !k.has(plan.Establishment) && !k.maybe(plan.Establishment) {
		learnEstablishment(k)
	}
}

type identifier struct {
	id      plan.Identifier
	because string
	share   float64
}

// identifiersOf are those that the file can have, the best one first: by how many people Lucca
// knows by it, else in the order of what is least likely to change.
func identifiersOf(k *look) []identifier {
	known := knownOf(k.in.People)
	var all []identifier
	for _, i := range []struct {
		id   plan.Identifier
		code string
	}{{plan.ByLogin, plan.Login}, {plan.ByNumber, plan.EmployeeNumber}, {plan.ByMail, plan.Mail}} {
		c := k.column(i.code)
		if c == nil || c.filled == 0 || i.id != plan.ByLogin && c.filled < k.lesson.Rows {
			continue
		}
		one := identifier{id: i.id, because: fmt.Sprintf("column %s has it in every row", c.letters())}
		if len(known) > 0 {
			one.share, one.because = known.share(i.code, c), known.evidence(i.code, c)
		}
		all = append(all, one)
	}
	if len(all) == 0 && (k.column(WholeName) != nil || k.column(plan.FirstName) != nil && k.column(plan.LastName) != nil) {
		all = append(all, identifier{id: plan.ByName, because: "there is nothing better: a name that fits several people holds the run"})
	}
	slices.SortStableFunc(all, func(a, b identifier) int {
		switch {
		case a.share > b.share+half/5:
			return -1
		case b.share > a.share+half/5:
			return 1
		default:
			return 0
		}
	})
	return all
}

// learnEstablishment asks for the one of all rows: a number counts within its establishment.
func learnEstablishment(k *look) {
	d := Doubt{ID: "establishment", Question: "To which establishment do the employee numbers belong? The file does not say.", Free: true}
	if k.in.People != nil {
		for _, e := range k.in.People.Lists().Establishments {
			d.Choices = append(d.Choices, Choice{e.Name, "an establishment of Lucca"})
		}
	}
	if answer, ok := k.ask(d); ok {
		k.section.Constants = map[string]string{plan.Establishment: answer}
	}
}

// requireColumns names what Lucca needs for somebody new, and whether everybody is in the file.
func requireColumns(k *look) {
	if len(k.cols) == 0 {
		return // it is not known yet which row names them
	}
	var missing, defaults []string
	for _, code := range []string{plan.FirstName, plan.LastName, plan.Mail, plan.ContractStart} {
		if !k.has(code) && (k.column(WholeName) == nil || code != plan.FirstName && code != plan.LastName) {
			missing = append(missing, code)
		}
	}
	for _, code := range []string{plan.Establishment, plan.Department, plan.PrimaryRole} {
		if !k.has(code) && k.known.Defaults.Values[code] == "" {
			defaults = append(defaults, code)
		}
	}
	switch {
	case len(missing) > 0:
		k.notef("Nobody new can be created: the file has no %s. Rows of people whom Lucca does not have are rejected.", strings.Join(missing, ", "))
	case len(defaults) > 0:
		k.notef("For new employees Lucca needs %s too: set defaults:, see \"help imports\".", strings.Join(defaults, ", "))
	}
	if k.has("externalId") && !k.has(plan.Login) && !k.has(plan.EmployeeNumber) {
		k.notef("If these are candidates of an ATS, as externalId without login or number says, no import is the way: a flow with hires: reads the file, see \"help hires\".")
	}
	learnPresent(k)
}

// learnPresent says how many of those in Lucca the file has.
func learnPresent(k *look) {
	if k.in.People == nil || len(k.in.People.Employees()) == 0 {
		return
	}
	known := knownOf(k.in.People)
	for _, code := range []string{plan.Login, plan.EmployeeNumber, plan.Mail} {
		c := k.column(code)
		if c == nil || c.many {
			continue
		}
		hits, _ := known.hits(code, c)
		total, there := 0, k.in.People.Day()
		for _, e := range k.in.People.Employees() {
			if isPresent(e, there) {
				total++
			}
		}
		if mode := k.known.Mode; 10*hits >= 9*total && mode != plan.Full {
			k.notef("The file has %d of the %d present employees. If it always has everybody, set mode: full: whoever is missing is then reported.", hits, total)
		}
		return
	}
}

func isPresent(e *roster.Employee, day roster.Date) bool {
	return e.ContractEnd.IsZero() || !e.ContractEnd.Before(day)
}
