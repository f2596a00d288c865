package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// Limits are the bounds within which a plan is applied by itself. A share left out of the
// configuration has its default. Up to a few people are always within a share, so that a
// small company is not held by one leaver.
type Limits struct {
	Ends            *limit.Percent `yaml:"ends,omitempty" json:"ends,omitempty" jsonschema:"default=5%,description=share of the present employees whose contract may be ended; up to 3 always may and more than 50 never"`
	Creates         *limit.Percent `yaml:"creates,omitempty" json:"creates,omitempty" jsonschema:"default=20%,description=people who may be created as a share of the present employees; up to 10 always may"`
	ChangesPerField *limit.Percent `yaml:"changes_per_field,omitempty" json:"changes_per_field,omitempty" jsonschema:"default=20%,description=share of the employees in the file (of the present ones with mode delta) of whom one same property may change; up to 5 always may"`
	Rejected        *limit.Percent `yaml:"rejected,omitempty" json:"rejected,omitempty" jsonschema:"default=20%,description=share of the rows that may be rejected; up to 3 always may"`
	IdentityShift   *limit.Percent `yaml:"identity_shift,omitempty" json:"identity_shift,omitempty" jsonschema:"default=1%,description=share of the rows whose identifier means one person and whose name or address or number another; two rows are enough in a small file"`
	Shrink          *limit.Percent `yaml:"shrink,omitempty" json:"shrink,omitempty" jsonschema:"default=20%,description=rows that may be missing as a share of the last good file; up to 3 always may; with mode delta only where it is set"`
}

// The default shares, and how many are within a share whatever it is. Both follow what
// directory synchronisations with such bounds have.
const (
	defaultEnds            limit.Percent = 5
	defaultCreates         limit.Percent = 20
	defaultChangesPerField limit.Percent = 20
	defaultRejected        limit.Percent = 20
	defaultShrink          limit.Percent = 20
	defaultIdentityShift   limit.Percent = 1

	endsFloor, endsCeiling = 3, 50
	createsFloor           = 10
	changesFloor           = 5
	rejectedFloor          = 3
	shrinkFloor            = 3
)

// Against is what a plan is measured by.
type Against struct {
	// Table and People are those that the plan was made of. A partial table has no size to
	// compare.
	Table  Table
	People *roster.Roster
	// Mode: a delta file has whom it has, so that its size says nothing unless somebody set the
	// limit.
	Mode Mode
	// Last is the number of rows of the last good file, 0 when there is none, and LastPeople the
	// Lucca ids of those who were in it, as far as that is known.
	Last       int
	LastPeople []int
}

// Judge measures a plan against the limits.
func (l Limits) Judge(p *Plan, by Against) []run.Limit {
	t, people, last := by.Table, by.People, by.Last
	changes, rows := p.Changes(), len(t.Rows)
	present := 0
	for _, e := range people.Employees() {
		if e.StatusOn(people.Day()) == roster.Active {
			present++
		}
	}
	out := []run.Limit{
		{
			Name: "min_rows", Value: strconv.Itoa(rows), Bound: "1", Held: rows == 0,
			Reason: "the file has no rows",
		},
		ends(changes.End, postponed(p, people), present, share(l.Ends, defaultEnds)),
		allowance{"creates", share(l.Creates, defaultCreates), createsFloor}.judge(changes.Create, present,
			fmt.Sprintf("%d people would be created beside %d present employees", changes.Create, present)),
	}
	among := present
	if by.Mode == Full {
		among = 0
	}
	out = append(out, perField(p, among, share(l.ChangesPerField, defaultChangesPerField))...)
	out = append(out, allowance{"rejected", share(l.Rejected, defaultRejected), rejectedFloor}.judge(changes.Reject, rows,
		fmt.Sprintf("%d of %d rows are rejected", changes.Reject, rows)))
	if last > 0 && !t.Partial && (by.Mode == Full || l.Shrink != nil) {
		missing := max(0, last-rows)
		out = append(out, allowance{"shrink", share(l.Shrink, defaultShrink), shrinkFloor}.judge(missing, last,
			fmt.Sprintf("the file has %d rows and the last good one had %d", rows, last)))
	}
	if by.Mode == Full && !t.Partial {
		out = append(out, l.groups(p, by)...)
	}
	out = append(out, l.shift(p.Doubts.Shifted, rows), heldForAny("doubles", p.Doubts.Doubles, "%d people would be created who may have, or have had, an account already"))
	out = append(out, p.Doubts.limits()...)
	if p.Doubts.Absent > 0 {
		out = append(out, absences(p.Doubts, last))
	}
	return append(out, heldForAny("rehires", returns(p, people), "the accounts of %d former employees would open again"))
}

// groups hold a file in which many of one establishment or department are missing who were in
// the last one and have not left: that part of it may have been left out.
func (l Limits) groups(p *Plan, by Against) []run.Limit {
	here := make(map[int]bool, len(p.Items))
	for _, id := range p.InFile() {
		here[id] = true
	}
	var before, missing []*roster.Employee
	for _, id := range by.LastPeople {
		e := by.People.ByID(id)
		if e == nil || e.StatusOn(by.People.Day()) == roster.Former {
			continue
		}
		before = append(before, e)
		if !here[id] {
			missing = append(missing, e)
		}
	}
	allowed := share(l.Shrink, defaultShrink)
	var out []run.Limit
	for _, by := range groupings() {
		a := allowance{"shrink." + by.name, allowed, shrinkFloor}
		gone, all, found := by.gutted(missing, before, func(n, of int) bool { return n == of && n > 1 || a.exceeded(n, of) })
		if found {
			out = append(out, run.Limit{
				Name: a.name, Value: strconv.Itoa(gone), Bound: strconv.Itoa(a.bound(all)), Held: true,
				Reason: fmt.Sprintf("%d of the %d people of one %s who were in the last file are missing from this one", gone, all, by.name),
			})
		}
	}
	return out
}

// shift has no floor: three rows that are shifted harm three people.
func (l Limits) shift(n, rows int) run.Limit {
	allowed := share(l.IdentityShift, defaultIdentityShift)
	return run.Limit{
		Name: "identity_shift", Value: strconv.Itoa(n), Bound: allowed.String(), Held: allowed.Exceeded(n, rows),
		Reason: fmt.Sprintf("the identifiers of %d of %d rows mean one person, and their names, addresses or numbers another: a column may be sorted by itself", n, rows),
	}
}

// heldForAny holds whenever something is so of anybody: a person has to look at it.
func heldForAny(name string, n int, reason string) run.Limit {
	return run.Limit{Name: name, Value: strconv.Itoa(n), Bound: "0", Held: n > 0, Reason: fmt.Sprintf(reason, n)}
}

// absences holds the ends that nobody wrote, where the file may have been cut or be no full one.
func absences(d Doubts, last int) run.Limit {
	out := run.Limit{Name: "absences", Value: strconv.Itoa(d.Absent), Bound: "anywhere in the file"}
	switch {
	case last == 0:
		out.Held, out.Reason = true, fmt.Sprintf("the first full file of the flow would end %d people who are not in it", d.Absent)
	case d.AtOneEnd:
		out.Held, out.Reason = true, fmt.Sprintf("the %d people to be ended are all missing at one end of the file: it may have been cut", d.Absent)
	case d.Repeated:
		out.Held, out.Reason = true, fmt.Sprintf("%d people would be ended who are not in the file, while a row is there twice: it may stand in the place of another", d.Absent)
	case d.Gone != "":
		out.Held, out.Reason = true, d.Gone+" are missing from the file: that group may have been left out"
	}
	return out
}

func share(p *limit.Percent, fallback limit.Percent) limit.Percent {
	if p == nil {
		return fallback
	}
	return *p
}

// allowance is a share with a floor.
type allowance struct {
	name  string
	share limit.Percent
	floor int
}

// judge holds n people or rows of whole when they are over the share and over the floor.
func (a allowance) judge(n, whole int, reason string) run.Limit {
	return run.Limit{
		Name: a.name, Value: strconv.Itoa(n), Bound: strconv.Itoa(a.bound(whole)), Held: a.exceeded(n, whole),
		Reason: fmt.Sprintf("%s, more than %d (%s)", reason, a.bound(whole), a.share),
	}
}

// bound is how many of whole are allowed.
func (a allowance) bound(whole int) int {
	return max(a.floor, int(float64(a.share)*float64(whole)/100))
}

func (a allowance) exceeded(n, whole int) bool { return n > a.floor && a.share.Exceeded(n, whole) }

// ends also has a ceiling: in a large company a share is many people. Whose start moves into
// the future loses access like who is ended.
func ends(n, later, present int, share limit.Percent) run.Limit {
	n += later
	reason := fmt.Sprintf("the contracts of %d of %d present employees would end", n, present)
	if later > 0 {
		reason += " or start later"
	}
	allowed := allowance{"ends", share, endsFloor}
	judged := allowed.judge(n, present, reason)
	if allowed.bound(present) > endsCeiling {
		judged.Bound, judged.Held = strconv.Itoa(endsCeiling), n > endsCeiling
		judged.Reason = fmt.Sprintf("%s, more than %d", reason, endsCeiling)
	}
	return judged
}

// postponed counts the present employees whose start moves into the future, beside those who
// are ended: they lose access until then.
func postponed(p *Plan, people *roster.Roster) int {
	n, day := 0, people.Day()
	for i := range p.Items {
		item := &p.Items[i]
		start, _ := roster.ParseDate(item.Set.Get(ContractStart).To) // our own writing
		if item.EmployeeID == 0 || item.Action == End || item.signs() || !start.After(day) {
			continue
		}
		if people.ByID(item.EmployeeID).StatusOn(day) == roster.Active {
			n++
		}
	}
	return n
}

// perField judges of how many employees one same property changes, of those in the file or,
// where it has only some, of so many:
// one limit for each property that is over, or the one that changes most.
func perField(p *Plan, among int, share limit.Percent) []run.Limit {
	counts, matched := fieldCounts(p)
	whole, who := max(matched, among), "present employees"
	if whole == matched {
		who = "employees in the file"
	}
	var out []run.Limit
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, code := range codes {
		name := "changes_per_field." + code
		judged := allowance{name, share, changesFloor}.judge(counts[code], whole,
			fmt.Sprintf("%s would change for %d of the %d %s", code, counts[code], whole, who))
		if !judged.Held && len(out) > 0 {
			break
		}
		out = append(out, judged)
	}
	return out
}

// fieldCounts counts the changes of known employees in the file by property, and those
// employees.
func fieldCounts(p *Plan) (counts map[string]int, matched int) {
	counts = make(map[string]int)
	for i := range p.Items {
		item := &p.Items[i]
		if item.Row == 0 || item.EmployeeID == 0 || item.Action == Reject {
			continue
		}
		matched++
		for code := range item.Set.All() {
			counts[code]++
		}
	}
	return counts, matched
}

// returns counts the former employees whose account opens again, by a new contract or
// because the end of the old one is taken back.
func returns(p *Plan, people *roster.Roster) int {
	n := 0
	for i := range p.Items {
		item := &p.Items[i]
		end, changed := item.Set.Find(ContractEnd)
		e := people.ByID(item.EmployeeID)
		if item.Action == Rehire || changed && e != nil && e.StatusOn(people.Day()) == roster.Former && opens(end.To, people.Day()) {
			n++
		}
	}
	return n
}

// opens reports whether somebody with this end of contract is in on the day.
func opens(end string, day roster.Date) bool {
	d, _ := roster.ParseDate(end) // our own writing
	return d.IsZero() || !d.Before(day)
}

// Approval says which plans wait for a person, beside those over a limit, which always do.
type Approval string

// The approvals. The zero value is ApproveFirst.
const (
	ApproveAlways Approval = "always"
	ApproveFirst  Approval = "first"
	ApproveLimits Approval = "limits"
)

// Hold returns the reason for which a plan waits whatever its limits say, or nothing.
// First tells that no run of the flow has been applied before.
func (a Approval) Hold(first bool) string {
	switch or(a, ApproveFirst) {
	case ApproveLimits:
		return ""
	case ApproveFirst:
		if first {
			return "the first run of a flow waits for approval"
		}
		return ""
	default:
		return "every run of this flow waits for approval"
	}
}

// Validate reports an approval that there is none of.
func (a Approval) Validate(report func(key, message string)) {
	if !slices.Contains([]Approval{ApproveAlways, ApproveFirst, ApproveLimits}, or(a, ApproveFirst)) {
		report("approval", "want always, first or limits")
	}
}
