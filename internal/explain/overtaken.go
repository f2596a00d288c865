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
	place := fmt.Sprintf("give %q to run --file", held.File.Name)
	if dropped {
		place = fmt.Sprintf("drop %q again, which is in failed/ then", held.File.Name)
	}
	return todo + " and " + place + ": its rows are planned anew against Lucca as it is now"
}
