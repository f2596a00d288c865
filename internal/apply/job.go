package apply

import (
	"fmt"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// job is an item that is to be carried out, and how far it has come.
type job struct {
	Outcome
	item *plan.Item
	// body is what is written to the user, without a manager of the same file. Of a rehire it
	// is what is written after the contract.
	body lucca.Properties
	// contract is that of a rehire, and the next one of somebody present.
	contract lucca.WorkContract
	// change is what becomes of a contract, and of that of somebody new after the creation.
	change lucca.ContractChange
	// manager creates this employee's manager; nil when no row does.
	manager *job
	// managerLater: the manager is set by a request of its own, because the managers form a
	// cycle.
	managerLater bool
}

// jobs returns the items that are to be carried out, each after the one that creates its
// manager. An item that cannot be written is an error: then nothing is.
func jobs(run string, p *plan.Plan) ([]*job, error) {
	var all []*job
	creators := make(map[int]*job)
	for i := range p.Items {
		item := &p.Items[i]
		if item.Action == plan.Unchanged || item.Action == plan.Reject {
			continue
		}
		j := &job{item: item, Outcome: Outcome{
			Run: run, Item: i, Row: item.Row, EmployeeID: item.EmployeeID, Action: item.Action,
		}}
		if err := j.write(); err != nil {
			return nil, fmt.Errorf("item %d of the plan, row %d: %w", i, item.Row, err)
		}
		all = append(all, j)
		if item.Action == plan.Create {
			creators[item.Row] = j
		}
	}
	for _, j := range all {
		if row := j.item.Set.Get(plan.Manager).Row; row != 0 {
			j.manager = creators[row]
			if j.manager == nil {
				// A row that the plan did not let pass creates nobody.
				j.manager = &job{Outcome: Outcome{Step: Refused}}
			}
		}
	}
	return ordered(all), nil
}

// write makes the bodies of the requests.
func (j *job) write() error {
	switch j.Action {
	case plan.Create:
		if j.EmployeeID != 0 {
			return fmt.Errorf("create employee %d, who is there", j.EmployeeID)
		}
	case plan.Update, plan.End, plan.Rehire:
		if j.EmployeeID <= 0 || j.item.Set.IsZero() {
			return fmt.Errorf("%s employee %d: nobody or nothing to change", j.Action, j.EmployeeID)
		}
	default:
		return fmt.Errorf("action %q: not one of a plan", j.Action)
	}
	j.body = make(lucca.Properties, j.item.Set.Len())
	// Sorted, a work cycle comes after the day that it begins on.
	for code, change := range j.item.Set.All() {
		if change.Row != 0 || j.ofContract(code) {
			continue
		}
		if err := set(j.body, code, change); err != nil {
			return err
		}
	}
	if j.signs() {
		return j.writeContract()
	}
	return j.writeChange()
}

// signs reports whether the job makes a further contract of somebody.
func (j *job) signs() bool {
	return j.Action == plan.Rehire || j.item.Contract != nil && j.item.Contract.ID == 0
}

// amends reports whether the first request of the job is about a contract that is there.
func (j *job) amends() bool { return j.item.Contract != nil && j.item.Contract.ID != 0 }

// ofContract reports whether a property goes into a contract, and not into the user.
func (j *job) ofContract(code string) bool {
	switch {
	case code == plan.ContractType:
		return true
	case j.signs():
		return code == plan.ContractStart || code == plan.ContractEnd || code == plan.Establishment || code == plan.Category
	default:
		return j.amends() && code == plan.ContractEnd
	}
}

// writeChange is what becomes of a contract that is there, or that a creation makes.
func (j *job) writeChange() (err error) {
	j.change.TypeID = append(j.item.Set.Get(plan.ContractType).IDs, 0)[0]
	if !j.amends() {
		return nil
	}
	j.change.ReasonID = j.item.Contract.ReasonID
	end, ends := j.item.Set.Find(plan.ContractEnd)
	j.change.End = ends
	if j.change.EndsOn, err = roster.ParseDate(end.To); err != nil {
		return fmt.Errorf("write %q: %w", plan.ContractEnd, err)
	}
	return nil
}

func (j *job) writeContract() (err error) {
	j.contract.OwnerID = j.EmployeeID
	if j.contract.StartsOn, err = roster.ParseDate(j.item.Set.Get(plan.ContractStart).To); err != nil {
		return fmt.Errorf("write %q: %w", plan.ContractStart, err)
	}
	if j.contract.StartsOn.IsZero() {
		return fmt.Errorf("write %q: a new contract needs a start", plan.ContractStart)
	}
	if j.contract.EndsOn, err = roster.ParseDate(j.item.Set.Get(plan.ContractEnd).To); err != nil {
		return fmt.Errorf("write %q: %w", plan.ContractEnd, err)
	}
	if c := j.item.Contract; c != nil {
		j.contract.EstablishmentID, j.contract.CategoryID = c.EstablishmentID, c.CategoryID
	}
	j.contract.TypeID = append(j.item.Set.Get(plan.ContractType).IDs, 0)[0]
	if ids := j.item.Set.Get(plan.Establishment).IDs; len(ids) > 0 {
		j.contract.EstablishmentID = ids[0]
	}
	return nil
}

// needsSecond reports whether a second request follows the first.
func (j *job) needsSecond() bool {
	return j.managerLater || j.twoParts() && (len(j.body) > 0 || j.manager != nil) || j.Action == plan.Create && j.change.TypeID != 0
}

// twoParts reports whether the properties of the user are written after a contract.
func (j *job) twoParts() bool {
	return j.signs() || j.amends()
}

// ordered returns the jobs in the order of the plan, but each after its manager's. In a
// cycle, the one that the others lead to comes first, without its manager.
func ordered(all []*job) []*job {
	const ahead, placed = 1, 2
	state := make(map[*job]int, len(all))
	order := make([]*job, 0, len(all))
	for _, j := range all {
		var chain []*job
		for ; j != nil && j.item != nil && state[j] == 0; j = j.manager {
			state[j] = ahead
			chain = append(chain, j)
		}
		if j != nil && state[j] == ahead {
			chain[len(chain)-1].managerLater = true
		}
		for i := len(chain) - 1; i >= 0; i-- {
			state[chain[i]] = placed
			order = append(order, chain[i])
		}
	}
	return order
}
