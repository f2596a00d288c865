package apply

import (
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// verdict is the outcome of a job that is not to be sent.
func (a *applier) verdict(j *job) (Outcome, bool) {
	switch {
	case j.Step.begun():
		if outcome, settled := a.settled(j); settled {
			return outcome, true
		}
	case a.changed(j):
		return a.changedSince(j), true
	}
	if j.signs() && j.contract.EstablishmentID == 0 {
		if j.contract.EstablishmentID = a.establishment(j); j.contract.EstablishmentID == 0 {
			return Outcome{Step: Refused, Code: CodeEstablishment, Message: "a new contract needs an establishment: fill legalEntity"}, true
		}
	}
	if j.manager == nil || j.managerLater || j.manager.EmployeeID != 0 {
		return Outcome{}, false
	}
	step := Refused
	if !j.manager.Step.final() {
		step = Doubtful
	}
	return Outcome{Step: step, Code: CodeManager, Message: managerMissing}, true
}

const managerMissing = "the row that creates the manager was not applied: mend that row, then send both again"

// settled is the outcome of a change of an employee that may have been sent, when it is not
// to be sent again: it is there, or somebody changed the employee in the meantime.
// Creations and contracts are looked for in Lucca instead.
func (a *applier) settled(j *job) (Outcome, bool) {
	if a.Current == nil || j.signs() || j.Action != plan.Update && j.Action != plan.End {
		return Outcome{}, false
	}
	e := a.Current.ByID(j.EmployeeID)
	switch {
	case e == nil:
		return a.changedSince(j), true
	case plan.Fingerprint(e) == j.item.Basis:
		return Outcome{}, false
	case plan.HoldsItem(e, j.item, j.asSent()):
		return Outcome{Step: Applied}, true
	case j.amends() && plan.HoldsContract(e, j.item):
		return Outcome{}, false // of two requests the first was carried out
	default:
		return a.changedSince(j), true
	}
}

// asSent is the Set of the item with the manager whom another row has created by now.
func (j *job) asSent() map[string]plan.Change {
	if j.manager == nil || j.manager.EmployeeID == 0 {
		return j.item.Set.Map()
	}
	sent := j.item.Set.Map()
	manager := sent[plan.Manager]
	manager.IDs = []int{j.manager.EmployeeID}
	sent[plan.Manager] = manager
	return sent
}

// changedSince skips a job because of what somebody did in Lucca. The file itself is known
// content and would be recognised, unlike that of its rejected rows.
func (a *applier) changedSince(j *job) Outcome {
	how := "it is among the rejected rows: drop that file to plan the row anew"
	switch {
	case a.Hires:
		how = "retry the hire to plan it anew"
	case j.Row == 0:
		how = "the next full file plans it anew"
	}
	return Outcome{Step: Skipped, Code: CodeChanged, Message: "changed in Lucca since the plan was made; " + how}
}

// changed reports whether the employee is not as the plan saw them.
func (a *applier) changed(j *job) bool {
	switch {
	case a.Current == nil:
		return false
	case j.Action == plan.Create:
		return a.taken[person.LoginKey(loginOf(j.item))] || a.taken[person.AddressKey(j.item.Set.Get(plan.Mail).To)]
	default:
		e := a.Current.ByID(j.EmployeeID)
		return e == nil || plan.Fingerprint(e) != j.item.Basis
	}
}

// establishment is where a former employee was, when the file does not say.
func (a *applier) establishment(j *job) int {
	if a.Current == nil {
		return 0
	}
	e := a.Current.ByID(j.EmployeeID)
	if e == nil {
		return 0
	}
	return e.EstablishmentID
}

// takenIn are the keys of the logins and addresses of a roster.
func takenIn(current *roster.Roster) map[string]bool {
	taken := make(map[string]bool)
	if current == nil {
		return taken
	}
	for _, e := range current.Employees() {
		taken[person.LoginKey(e.Login)] = true
		taken[person.AddressKey(e.Mail)] = true
	}
	delete(taken, "")
	return taken
}
