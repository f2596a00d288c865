// Package apply carries a plan out: it writes to Lucca what plan.Plan says, one request for
// each changed user, and journals every item before and after its request.
//
// # Nothing twice, nothing lost
//
// An item is recorded as sending before its request and with its end after. When a run stops
// in between, because the process died, the network failed or the journal could not be
// written, the next Apply of the same run goes on from the journal: items with an end are not
// touched again, and an item left at sending is settled first. An update is compared with the
// roster as it is now: it is sent again when the employee is as the plan saw them, was made
// when the new values are there, and is given up when somebody changed the employee in
// between. A creation is looked for in Lucca, by login and then by e-mail address, and sent
// again only when it is not there; the same after every answer that was lost. Lucca refuses a
// second user with the same login, so that a creation that Lucca completes late cannot become
// two users: the refusal of a repeated creation makes us look once more.
//
// # Managers of the same file
//
// Who is created after their manager has the manager from the start. Where managers form a
// cycle, one of them is created without, and given the manager at the end.
package apply
