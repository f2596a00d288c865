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
// # The Lucca API (v5)
//
// Below /lucca-api, for OAuth clients only (Options.Clients), read only, written from pages of
// developers.lucca.fr:
//
//   - documentation/using-api/authentication and authentication-spec: tokens of half an hour
//     from /connect/token, for a form with the credentials in it and the scopes by name; 401
//     without a good token, 403 without the scope. A scope that the client was not given is
//     refused with the token (RFC 6749, section 5.2), and so is a request without scopes.
//   - documentation/using-api/versioning: Api-Version is required, a date after the version
//     means the version, and the answer says which one it was.
//   - documentation/using-api/paging: limit 25 unless asked, 100 at most, pages by opaque
//     cursors. Pages by number, which the page advises against, are refused.
//   - documentation/using-api/includes: links, totalCount and embedded only when asked for.
//     What is embedded may be partial, stale or left out, and is no more than a reference here.
//   - documentation/using-api/filtering and the page of each list: filters by equality with
//     comma lists; every other parameter is error 400.
//   - documentation/using-api/errors: problem+json.
//   - api-reference/latest: the resources. All ids are text, and references have id, type and
//     url. The pattern of phone numbers binds writers, of which there are none, so that numbers
//     are given as v3 has them. Somebody has one job position for each contract, and custom
//     fields are both employee-attributes (the only way, in the current words of the page) and
//     employee-extensions (in older ones).
//
// Faults can be injected, from Go (Tenant.Inject) or over HTTP (POST /_sandbox/faults).
// Nothing here uses internal/lucca, the client that is tested against it.
package sandbox
