package pickup

import (
	"path"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/person"
)

// matches tells whether a name is one of those to take, whatever form its accents are in: a Mac
// writes é as two characters, and other systems as one.
func matches(pattern, name string) (bool, error) {
	return path.Match(norm.NFC.String(pattern), norm.NFC.String(name))
}

// nearly tells whether a name would match if letter case and accents were no matter.
func nearly(pattern, name string) bool {
	ok, err := path.Match(person.Plain(pattern), person.Plain(name))
	return ok && err == nil
}

// western reads a name that is not UTF-8 as Windows does in western Europe.
func western(name string) string {
	text, err := charmap.Windows1252.NewDecoder().String(name)
	if err != nil {
		return ""
	}
	return text
}
