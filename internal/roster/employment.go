package roster

import (
	"cmp"
	"slices"
	"strings"
)

// Contract is one work contract of an employee.
type Contract struct {
	ID, OwnerID int
	// TypeID is labelled by the configuration, else by Snapshot.ContractTypes.
	TypeID          int
	CategoryID      int
	EstablishmentID int
	// StartsOn and EndsOn are its first and its last day; no EndsOn means open-ended.
	StartsOn, EndsOn Date
}

// covers reports whether a day is in the contract.
func (c Contract) covers(d Date) bool {
	return !c.StartsOn.After(d) && (c.EndsOn.IsZero() || !c.EndsOn.Before(d))
}

// followed reports whether there is no day between the contract and a later one.
func (c Contract) followed(next Contract) bool {
	return !c.EndsOn.IsZero() && !next.StartsOn.After(c.EndsOn.AddDays(1))
}

// Applicable is the place of the contract that Lucca's user is a projection of: that of the
// day, else the first upcoming one, else the last; -1 for none. They are in order of start.
func Applicable(contracts []Contract, day Date) int {
	for i, c := range contracts {
		if c.EndsOn.IsZero() || !c.EndsOn.Before(day) {
			return i
		}
	}
	return len(contracts) - 1
}

// Chain returns the first and the last place, around one of them, of contracts that follow each
// other without a gap: together they are one employment.
func Chain(contracts []Contract, at int) (first, last int) {
	first, last = at, at
	for first > 0 && contracts[first-1].followed(contracts[first]) {
		first--
	}
	for last+1 < len(contracts) && contracts[last].followed(contracts[last+1]) {
		last++
	}
	return first, last
}

// Employment is the time of somebody in the company without a gap.
type Employment struct {
	// Start is the first day of the first contract of the chain that applies.
	Start Date
	// End is the last day of the contract that applies; none when that is open-ended, and
	// none while a next one is signed without a gap.
	End Date
}

// Employment returns the employment of somebody that applies. Where no contracts were read, it
// is what Lucca shows of the applicable one.
func (r *Roster) Employment(e *Employee) Employment { return e.links.employment }

func employment(contracts []Contract, e *Employee, day Date) Employment {
	all := withShown(contracts, e)
	at := Applicable(all, day)
	if at < 0 || all[at].StartsOn.IsZero() {
		return Employment{Start: e.ContractStart, End: e.ContractEnd}
	}
	first, last := Chain(all, at)
	m := Employment{Start: all[first].StartsOn, End: all[at].EndsOn}
	if last > at {
		m.End = Date{}
	}
	return m
}

// withShown adds the contract that Lucca shows of an employee, where only the others were read.
func withShown(contracts []Contract, e *Employee) []Contract {
	shown := Contract{OwnerID: e.ID, StartsOn: e.ContractStart, EndsOn: e.ContractEnd}
	if len(contracts) == 0 || shown.StartsOn.IsZero() || slices.ContainsFunc(contracts, func(c Contract) bool { return c.covers(shown.StartsOn) }) {
		return contracts
	}
	at, _ := slices.BinarySearchFunc(contracts, shown, func(a, b Contract) int { return a.StartsOn.Compare(b.StartsOn) })
	return slices.Insert(slices.Clone(contracts), at, shown)
}

// Contracts returns the work contracts of somebody in order of start; none when they were not
// read. The caller must not change them.
func (r *Roster) Contracts(e *Employee) []Contract { return e.links.contracts }

// Contracts is Roster.Contracts, for those who have no roster at hand.
func (e *Employee) Contracts() []Contract {
	if e.links == nil {
		return nil
	}
	return e.links.contracts
}

// byOwner puts contracts in order of start, by owner.
func byOwner(all []Contract) map[int][]Contract {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Contract) int {
		return cmp.Or(cmp.Compare(a.OwnerID, b.OwnerID), a.StartsOn.Compare(b.StartsOn), cmp.Compare(a.ID, b.ID))
	})
	owners := make(map[int][]Contract, len(all))
	for i := 0; i < len(all); {
		n := i + 1
		for n < len(all) && all[n].OwnerID == all[i].OwnerID {
			n++
		}
		owners[all[i].OwnerID] = all[i:n:n]
		i = n
	}
	return owners
}

// ContractTypes are the types of work contracts, as the settings and Lucca label them.
type ContractTypes struct {
	// settings come before what Lucca says.
	settings map[int]string
	types    map[int]ContractType
}

// ContractTypes returns the types that a contract may have.
func (r *Roster) ContractTypes() ContractTypes {
	return ContractTypes{r.settings.ContractTypes, r.types}
}

// ID finds a type by its label, in any case; of several with the label, preferred
// when it is one of them. It returns how many there are.
func (t ContractTypes) ID(label string, preferred int) (id, found int) {
	ids := make(map[int]bool)
	for typeID, name := range t.settings {
		if strings.EqualFold(strings.TrimSpace(name), label) {
			ids[typeID] = true
		}
	}
	for typeID, known := range t.types {
		if _, named := t.settings[typeID]; !named && strings.EqualFold(known.Label, label) {
			ids[typeID] = true
		}
	}
	if ids[preferred] {
		return preferred, 1
	}
	for typeID := range ids {
		id = typeID
	}
	return id, len(ids)
}

// Label returns the label of a type, that of the settings before that of Lucca.
func (t ContractTypes) Label(id int) (label string, known bool) {
	if label, known = t.settings[id]; known {
		return label, true
	}
	one, known := t.types[id]
	return one.Label, known
}
