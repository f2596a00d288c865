// Package lucca talks to the HTTP API of one Lucca tenant: it reads a roster.Snapshot,
// asking for nothing that the roster.Query does not name.
//
// Two generations of the API are used with the tenant's API key ("legacy" in Lucca's words,
// but no later one can write employees):
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
// The third is used with an OAuth client, to read:
//
//   - v5, /lucca-api/…: the "Lucca API", version 2024-11-01. Answers are
//     {"items":[…],"totalCount":N,"links":{"next":{"href":…}}} with limit= and a cursor in
//     page=; ids are texts, and references {"id","type","url"}.
//
// Without an API key everything is read by it. With both, the key comes first for employees,
// since v3 reads ten times as many with a request and has more of them, and v5 goes on where
// v3 does not answer any more; the labels of contract types come from v5.
//
// # What v5 has of an employee
//
// By the property of v3, from developers.lucca.fr, api-reference/latest:
//
//	login                        nothing: a column that needs one needs the key
//	mail                         employees.email
//	employeeNumber               employees.employeeNumber
//	lastName, firstName          employees.familyName, givenName
//	jobTitle                     job-positions.jobTitle of the applicable position
//	managerId                    job-positions.manager
//	departmentId                 job-positions.department; the tree from departments.parent
//	legalEntity                  job-positions.businessEstablishment; its legalEntity is the
//	                             legal unit, with legalName
//	cspId                        job-positions.occupationCategory; occupation-categories.title
//	dtContractStart, -End        employments.start, end of the applicable employment
//	contract type (v4 typeId)    employments.template; employment-templates.title
//	gender                       employee-personal-records.legalGender, in the words of v3:
//	                             male Male, female Female, diverse Misc, unknown Undefined
//	birthDate                    employee-personal-records.birthDate
//	personalEmail, -Mobile       employee-personal-records.email, phoneNumber
//	professionalMobile           employees.phoneNumber, "professional phone number"
//	directLine                   nothing of its own: v5 has one professional number
//	extendedData                 employee-attributes, whose page calls them the only way to
//	                             custom fields; the entry of a list by its embedded name, an
//	                             employee by id, several values joined by ", "
//	cultureID                    nothing
//	userAxisValues               nothing
//	address, roles               nothing
//	pay (v4)                     nothing: a custom field may hold the salary
//
// Personal records, which Lucca calls highly sensitive, are read when a column needs one of
// them and else never. Nothing is taken from what an answer embeds but names of entries: it
// may be partial, stale or left out (documentation/using-api/includes).
//
// Present and future employees are those of status active and upcoming, as v3 lists them;
// without a filter former ones come too. Perimeters are those of the client: establishments.
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
