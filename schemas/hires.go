package schemas

import _ "embed"

// Hires is the contract of a hire that an applicant tracking system sends: the columns of
// a dropped file, and the keys of the JSON of a webhook.
//
//go:embed hires.json
var Hires []byte
