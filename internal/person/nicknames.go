package person

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed nicknames.txt
var nicknameLines string

// nickname is a line of nicknames.txt that a first name is on.
type nickname struct {
	line int
	// translated: the line has one name in several languages.
	translated bool
}

// nicknames are the lines of each first name, by what glue makes of it.
var nicknames = sync.OnceValue(func() map[string][]nickname {
	all := make(map[string][]nickname)
	line := 0
	for text := range strings.Lines(nicknameLines) {
		if strings.HasPrefix(text, "#") {
			continue
		}
		names, translated := strings.CutPrefix(text, "~")
		for _, name := range strings.Fields(strings.ReplaceAll(names, "|", " ")) {
			key := glue(strings.Fields(Fold(name)))
			all[key] = append(all[key], nickname{line, translated})
		}
		line++
	}
	return all
})

// called tells how two first names stand for each other: as what people are called for short, as
// one name in two languages, or not at all.
func called(a, b string) nameLikeness {
	lines := nicknames()
	mine, theirs := lines[a], lines[b]
	best := unlike
	for _, n := range mine {
		if !slices.Contains(theirs, n) {
			continue
		}
		if !n.translated {
			return slipName
		}
		best = looseName
	}
	return best
}
