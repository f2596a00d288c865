// Package lucca talks to the HTTP API of one Lucca tenant: it reads a roster.Snapshot,
// asking for nothing that the roster.Query does not name.
//
// Two generations of the API are used, both with the tenant's API key ("legacy" in
// Lucca's words, since no later one can write employees):
//
//   - v3, /api/v3/…: users, departments, axis sections. Answers are
//     {"data":{"items":[…],"count":N}}; the properties to return are named in fields=,
//     the page in paging=offset,limit.
//   - v4, /{application}/api/…: establishments, legal units, work contracts, occupation
//     categories, pay. Answers are {"items":[…],"count":N,"next":…} with page= and limit=.
//
// The v3 route for establishments, legalentities, was announced to stop in September
// 2026 and is never called.
//
// # What the client does not trust
//
// A partner may deactivate whoever is missing from a file, so a list is either read
// whole or not at all. The count that the server states must be what was received, no id
// may come twice, and where there is no count the list ends with an empty page, not with
// a short one. A list that changes while it is read is read once more, then refused with
// ErrChanged. A property that Lucca leaves out because the key may not see it is told
// from one that is null: see roster.Employee.Hidden.
//
// Errors never contain the key, an employee's data or a part of a successful answer.
package lucca
