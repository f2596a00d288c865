// Package messagetest finds English in what is said to readers of other languages.
package messagetest

import (
	"regexp"
	"slices"
	"strings"
)

// onlyEnglish are words that French and German have not.
var onlyEnglish = strings.Fields("the is are were been with which that this these those and of has had its their them they there cannot would could should does did " +
	"nobody once until since while where who why each than then only after before between into without within for but because found taken wants given wrong " +
	"your you be can written look started took changed rows people unknown yet any every likely hired contracts row")

// word is one, of letters alone; one with digits is the id of a run or the hash of a file.
var word = regexp.MustCompile(`[\p{L}\d]+`)

// English is the first word of a text that only English has; empty for none. A word in capitals is a
// name.
func English(text string) string {
	for _, w := range word.FindAllString(text, -1) {
		if slices.Contains(onlyEnglish, strings.ToLower(w)) && strings.ToUpper(w) != w {
			return w
		}
	}
	return ""
}
