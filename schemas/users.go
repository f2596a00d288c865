package schemas

import _ "embed"

// Users is the contract of Lucca's own user file, the inbound one. Its fields have
// x-aliases, further header texts, and x-multiline, where a cell may hold line ends; in
// the name of a family of columns x-repeat stands for a number from 0, or, being *, for any
// word.
//
//go:embed lucca-users.json
var Users []byte
