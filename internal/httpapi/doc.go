// Package httpapi sends requests to the HTTP APIs of others, as often as it takes and no
// oftener than they allow: Lucca, an ATS, a channel for notifications.
//
// What it does for all of them: it keeps to a rate, tries again with growing waits or after
// what the server asks for (Retry-After, RFC 9110 section 10.2.3), gives every attempt a
// deadline, reads a bounded answer whole, never follows a redirect (it could carry a secret to
// another host), and keeps addresses, which may be secrets, out of its errors.
//
// What it leaves to them: what an answer means. Request.Judge says what is wrong with one, and
// Request.Again whether a request may be sent twice.
package httpapi
