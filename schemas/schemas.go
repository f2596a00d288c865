// Package schemas holds the file contracts as data.
//
// Each *.json file here but config.schema.json is a Frictionless Tabular Data Resource
// with the properties that package profile adds; the texts are those of Lucca's article
// "Synchronize users between Lucca and our Training partners" unless the file says
// otherwise. config.schema.json is generated from the configuration structs.
package schemas

import "embed"

// Profiles holds the built-in partner contracts, one NAME.json each.
//
//go:embed 360learning.json place-de-la-formation.json skillup.json
var Profiles embed.FS
