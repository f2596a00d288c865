package explain

import (
	"fmt"

	"lucca-exchange/internal/run"
)

// Overtaken says what to do about a held run after one of a newer file was done: it cannot be
// approved any more. full says that each file has everybody, dropped that files are picked up
// from a remote.
func Overtaken(held run.Run, full, dropped bool) string {
	todo := "reject run " + held.ID
	switch {
	case held.File == nil:
		return todo
	case held.Kind == run.Export:
		return todo + ", so that the partner keeps the newer file"
	case full:
		return todo + "; the newer file has everybody"
	}
	return todo + " and " + again(held.File.Name, dropped)
}

// Left says what is left to do, or to know, once such a run was rejected by itself; empty for one
// without a file.
func Left(held run.Run, full, dropped bool) string {
	switch {
	case held.File == nil:
		return ""
	case held.Kind == run.Export:
		return "the partner keeps the newer file"
	case full:
		return "the newer file has everybody"
	default:
		return again(held.File.Name, dropped)
	}
}

// again says how the rows of a file come to be planned anew.
func again(name string, dropped bool) string {
	place := fmt.Sprintf("give %q to run --file", name)
	if dropped {
		place = fmt.Sprintf("drop %q again, which is in failed/ then", name)
	}
	return place + ": its rows are planned anew against Lucca as it is now"
}
