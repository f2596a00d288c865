package message

import (
	"regexp"
	"strings"
)

// The blanks of a text that no line may end with, by how the language writes its signs: "voici :",
// "« ainsi »", "z. B.".
var (
	percentage   = regexp.MustCompile(`([0-9}]) %`)
	frenchSigns  = regexp.MustCompile(` ([:;?!»])`)
	germanBlanks = strings.NewReplacer("z. B.", "z.\u00a0B.", "d. h.", "d.\u00a0h.", "u. a.", "u.\u00a0a.")
)

// Typeset returns a text with the no-break blanks of its language, which its author writes as others.
func Typeset(l Language, text string) string {
	switch l {
	case French:
		text = strings.ReplaceAll(text, "« ", "«\u00a0")
		return frenchSigns.ReplaceAllString(percentage.ReplaceAllString(text, "$1\u00a0%"), "\u00a0$1")
	case German:
		return germanBlanks.Replace(percentage.ReplaceAllString(text, "$1\u00a0%"))
	default:
		return text
	}
}
