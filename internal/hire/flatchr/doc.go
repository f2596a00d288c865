// Package flatchr hears of hired candidates from Flatchr: it decodes its webhooks and asks
// its API for those whose webhook was lost.
//
// The contract is github.com/flatchr/FlatchrDocs (2022-02-18, pages "Webhooks" and
// "Récupérer un candidat") and the newer developers.flatchr.io. Known quirks, each with a
// test: an id is a number in one place and an encoded text in another, for the same thing;
// the column of a webhook is an object or only its number; the vacancy's start date is
// mostly null; phone numbers are free text; a search wants dates as MM/DD/YY and answers
// DD/MM/YY; the examples are not JSON, so that types are read leniently. Webhooks are not
// signed and not repeated: the secret is in their URL, and Client.Hired finds what was lost.
package flatchr
