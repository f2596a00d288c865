// Package schemas holds the file contracts as data.
//
// Each *.json file here but config.schema.json is a Data Resource of a table (datapackage.org, v2)
// with the properties that package profile adds: sources are what it is after, and x-unknown
// what they leave open. config.schema.json is generated from the configuration structs.
package schemas

import "embed"

// Profiles holds the built-in partner contracts, one NAME.json each.
//
//go:embed 360learning.json place-de-la-formation.json skello.json skillup.json stairwage.json
var Profiles embed.FS
