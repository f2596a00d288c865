package apply

import (
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// verdict is the outcome of a job that is not to be sent.
func (a *applier) verdict(j *job) (Outcome, bool) {
	if !j.Step.begun() && a.changed(j) {
		return Outcome{Step: Skipped, Code: CodeChanged, Message: "changed in Lucca since the plan was made: plan the file again"}, true
	}
	if j.Action == plan.Rehire && j.contract.EstablishmentID == 0 {
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

// changed reports whether the employee is not as the plan saw them.
func (a *applier) changed(j *job) bool {
	switch {
	case a.Current == nil:
		return false
	case j.Action == plan.Create:
		return a.taken[strings.ToLower(loginOf(j.item))] || a.taken[strings.ToLower(j.item.Set[plan.Mail].To)]
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

// takenIn are the logins and addresses of a roster, in small letters.
func takenIn(current *roster.Roster) map[string]bool {
	taken := make(map[string]bool)
	if current == nil {
		return taken
	}
	for _, e := range current.Employees() {
		taken[strings.ToLower(e.Login)] = true
		taken[strings.ToLower(e.Mail)] = true
	}
	delete(taken, "")
	return taken
}
