package lucca

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap stands for what was taken out of a sentence of Lucca.
const gap = "…"

var (
	// quotation is a text in quotes. A single quote opens only at the start of a word, and
	// closes only at the end of one: elsewhere it is an apostrophe. A long text is cut, so that
	// the end closes what is open.
	quotation = regexp.MustCompile(`"[^"]*("|$)|“[^”]*(”|$)|«[^»]*(»|$)|(^|[\s(:=])'[^']*('($|[\s).,;:])|$)`)
	// telling is a word that holds an address or four digits: a number of an employee, a
	// phone, a year.
	telling = regexp.MustCompile(`\S*(@|\d\D?\d\D?\d\D?\d)\S*`)
)

// fullName is two words or more that begin with a capital.
var fullName = regexp.MustCompile(`\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]*)+`)

// cleaner returns a function that makes a sentence of Lucca fit for a report: the values
// that were sent, quoted texts other than names of properties, addresses, and words with
// four digits or more become "…", and so do words with a capital one after another, as the names of
// somebody who was not part of what was sent. Lucca's own words and short ids stay: "Resource
// Department with ID 27 not found".
func cleaner(p Properties) func(string) string {
	var values []*regexp.Regexp
	for _, v := range p.texts() {
		values = append(values, regexp.MustCompile(`(?i)`+regexp.QuoteMeta(v)))
	}
	return func(text string) string {
		for _, v := range values {
			text = v.ReplaceAllLiteralString(text, gap)
		}
		text = quotation.ReplaceAllStringFunc(text, func(q string) string {
			if isProperty(p, strings.Trim(q, " \"“”«»'(:=).,;")) {
				return q
			}
			first, last := "", ""
			if strings.ContainsAny(q[:1], " (:=") {
				first = q[:1]
			}
			if strings.ContainsAny(q[len(q)-1:], " ).,;:") {
				last = q[len(q)-1:]
			}
			return first + gap + last
		})
		return fullName.ReplaceAllStringFunc(telling.ReplaceAllString(text, gap), withoutName)
	}
}

// withoutName takes a full name out of words with capitals, some of which may be Lucca's own.
func withoutName(text string) string {
	words := strings.Fields(text)
	own := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !slices.Contains(ownWords(), w) })
	if len(words)-len(own) < 2 {
		return text
	}
	return strings.Join(append(own, gap), " ")
}

// isProperty reports whether a word is the name of a property, of what was sent or of what
// a user needs.
func isProperty(p Properties, word string) bool {
	same := func(name string) bool { return strings.EqualFold(name, word) }
	if slices.ContainsFunc(requiredProperties(), same) {
		return true
	}
	for name := range p {
		if same(name) {
			return true
		}
	}
	return false
}

// requiredProperties are what Lucca needs to create a user.
func requiredProperties() []string {
	return []string{"firstName", "lastName", "mail", "login", "legalEntityId", "dtContractStart", "departmentId", "rolePrincipalId"}
}

// word is one with its signs around it.
var word = regexp.MustCompile(`\S+`)

// cleanRead makes a sentence about a read fit for a report. Nothing was sent that could be looked
// for in it, so that every word with a capital but the first may be a name, unless it is one
// of Lucca's own.
func cleanRead(text string) string {
	first := true
	return word.ReplaceAllStringFunc(cleaner(nil)(text), func(w string) string {
		bare := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
		starts := first
		first = strings.HasSuffix(w, ".")
		if r, _ := utf8.DecodeRuneInString(bare); starts || !unicode.IsUpper(r) || slices.Contains(ownWords(), bare) {
			return w
		}
		return gap
	})
}

// ownWords are those of Lucca's answers that begin with a capital.
func ownWords() []string {
	return []string{"API", "Lucca", "ID", "Id", "Resource", "User", "Users", "Department", "LegalEntity", "Establishment", "Role", "Bad", "Request", "Forbidden", "Not", "Found", "Status", "HTTP", "JSON"}
}
