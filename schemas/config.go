package schemas

import _ "embed"

// Config is the JSON Schema of the configuration file, for editors: generated from the
// structs that read it.
//
//go:embed config.schema.json
var Config []byte
