// Package plan decides what an import would do: a pure function of the rows of a file, the
// roster and the flow's policy. Nothing here reads or changes anything outside.
package plan
