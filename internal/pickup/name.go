package pickup

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/remote"
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

// garbled tells whether a name would match, nearly, if whoever wrote it, or listed it, had meant the
// character set that is read: UTF-8 that was taken for Windows-1252, letters of DOS, or a sign in the
// place of each letter that a server does not have.
func garbled(pattern, name string) bool {
	lost := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, norm.NFC.String(pattern))
	if strings.ContainsAny(name, "?\uFFFD") && nearly(lost, name) {
		return true
	}
	raw, err := charmap.Windows1252.NewEncoder().String(norm.NFC.String(name))
	if err != nil || raw == name {
		return false
	}
	return utf8.ValidString(raw) && nearly(pattern, raw) || nearly(pattern, dos(raw))
}

// markers returns the entries that are the marker of a file, which is called so: in whatever letter
// case and form of accents, and with a version or without. One that is right for another file is not.
func (o Options) markers(name string, entries []remote.Entry) (found []remote.Entry) {
	marker := o.marker(remote.Unversioned(name))
	for _, m := range entries {
		plain := remote.Unversioned(m.Name)
		if m.Regular && (plain == marker || sameLetters(plain, marker) && !slices.ContainsFunc(entries, func(e remote.Entry) bool { return o.marker(e.Name) == m.Name })) {
			found = append(found, m)
		}
	}
	return found
}

// sameLetters tells whether two names are the same but for letter case and the form of accents.
func sameLetters(a, b string) bool { return strings.EqualFold(norm.NFC.String(a), norm.NFC.String(b)) }

// dos reads a name as DOS does in western Europe.
func dos(name string) string {
	text, err := charmap.CodePage850.NewDecoder().String(name)
	if err != nil {
		return ""
	}
	return text
}

// western reads a name that is not UTF-8 as Windows does in western Europe.
func western(name string) string {
	text, err := charmap.Windows1252.NewDecoder().String(name)
	if err != nil {
		return ""
	}
	return text
}
