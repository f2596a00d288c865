// Package sandbox is a stand-in for a Lucca tenant: an HTTP server that answers as the
// parts of Lucca's API do that this program uses, over an invented company that it keeps
// in memory. The demo, trials without a tenant and the tests run against it.
//
// It answers what Lucca documents: legacy API v3 (users, departments, roles, axes,
// axisSections) and v4 (establishments, legal units, occupation categories, work
// contracts, pay), reading and writing, with the same envelopes, paging, rights and limits. Everything else
// is 404. Unpleasant habits of the real one are kept: properties that a key may not see
// are left out without a word, unknown users are error 500, department parents are
// paths and not ids, a department's position does not fit 63 bits, unknown properties of
// a request body are ignored in silence. Where the documentation is silent, the
// stricter reading was taken: an unknown field or filter is error 400, and v4 lists hold
// 10 items unless asked.
//
// Faults can be injected, from Go (Tenant.Inject) or over HTTP (POST /_sandbox/faults).
// Nothing here uses internal/lucca, the client that is tested against it.
package sandbox
