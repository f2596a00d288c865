package message

import "strings"

// The blanks of a text that no line may end with, by how the language writes its signs: "voici :",
// "« ainsi »", "z. B.". Every start of the program sets all texts: a Replacer is much faster than regular
// expressions are.
var (
	french = strings.NewReplacer(append(percentages(),
		" :", "\u00a0:", " ;", "\u00a0;", " ?", "\u00a0?", " !", "\u00a0!", " »", "\u00a0»", "« ", "«\u00a0")...)
	german = strings.NewReplacer(append(percentages(),
		"z. B.", "z.\u00a0B.", "d. h.", "d.\u00a0h.", "u. a.", "u.\u00a0a.")...)
)

// percentages are the blanks between a number, or a parameter, and its sign.
func percentages() (pairs []string) {
	for _, before := range "0123456789}" {
		pairs = append(pairs, string(before)+" %", string(before)+"\u00a0%")
	}
	return pairs
}

// Typeset returns a text with the no-break blanks of its language, which its author writes as others.
func Typeset(l Language, text string) string {
	switch l {
	case French:
		return french.Replace(text)
	case German:
		return german.Replace(text)
	default:
		return text
	}
}
