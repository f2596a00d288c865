package plan

import (
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// lotus is a formula as spreadsheets still take it from Lotus 1-2-3.
var lotus = regexp.MustCompile(`^@[A-Z][A-Z0-9.]*\(`)

// truths are true and false as spreadsheets show them, in the languages of Lucca's customers.
var truths = []string{"TRUE", "FALSE", "VRAI", "FAUX", "WAHR", "FALSCH", "VERDADERO", "FALSO", "VERO", "WAAR", "ONWAAR"}

// dayMonth is a date as a spreadsheet shows one that it has made of 3-4 or 3/26: 03-avr,
// avr.-26, Apr-03, 3. Apr.
var dayMonth = regexp.MustCompile(`(?i)^(\d{1,2}[-. ]{1,2}` + months + `(-\d{2,4})?|` + months + `-\d{1,4})$`)

const months = `(janv|jan|févr|fev|feb|mars|mar|mrz|mär|avr|apr|mai|may|juin|jun|juil|jul|août|aoû|aug|sept|sep|oct|okt|nov|déc|dec|dez)\.?`

var isoDay = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}( 00:00(:00)?)?$`)

// typed tells why a text is a value of another kind that a spreadsheet made of it. Faux is the
// name of families.
func typed(k roster.Kind, text string) *problem {
	switch k {
	case roster.GivenName, roster.FamilyName, roster.Number, roster.Phone, roster.LoginText, roster.MailAddress, roster.Text, roster.Custom:
	default:
		return nil
	}
	switch {
	case mayBeDay(text) && dayMonth.MatchString(text), k == roster.Number && len(text) >= len("2006-01-02") && text[4] == '-' && isoDay.MatchString(text):
		return &problem{"spreadsheet_damage", "is a date that a spreadsheet made of something else: make the column a text there, and type the value anew"}
	case k != roster.Custom && strings.IndexByte("TFVWO", text[0]) >= 0 && slices.Contains(truths, text) && (k != roster.FamilyName || text != "FAUX"):
		return &problem{"spreadsheet_damage", "is true or false, as a spreadsheet shows it: make the column a text there, and type the value anew"}
	default:
		return nil
	}
}

// mayBeDay reports whether a text is short, and has a digit and what divides a date.
func mayBeDay(text string) bool {
	if len(text) > len("12. septembre-2026") {
		return false
	}
	divided, digit := false, false
	for i := range len(text) {
		c := text[i]
		divided, digit = divided || c == '-' || c == '.' || c == ' ', digit || c >= '0' && c <= '9'
	}
	return divided && digit
}

// isTyped reports whether a text is a date, or true or false.
func isTyped(text string) bool {
	if slices.Contains(truths, strings.ToUpper(text)) {
		return true
	}
	if _, err := roster.ParseDate(text[:min(len(text), len("2006-01-02"))]); err == nil {
		return true
	}
	return slashed.MatchString(text)
}

var slashed = regexp.MustCompile(`^\d{1,2}[/.]\d{1,2}[/.]\d{4}$`)

// amount is a sum of money.
var amount = regexp.MustCompile(`^-?([€$£] ?)?\d{1,3}([ .,'’\x{a0}\x{202f}]?\d{3})*([.,]\d{1,2})? ?(€|k€|EUR|CHF|\$|£)?$`)

// isAmount reports whether a text is a sum of money with its currency.
func isAmount(text string) bool {
	digit := false
	for i := range min(len(text), len("-€ 1")+2) {
		digit = digit || text[i] >= '0' && text[i] <= '9'
	}
	return digit && strings.ContainsAny(text, "€$£RF") && amount.MatchString(text)
}

// lostEscape is the code of a letter whose backslash is gone, as in Lefu00e8vre.
var lostEscape = regexp.MustCompile(`(?:^|[^\\])u00[c-fC-F][0-9a-fA-F]`)

// program is a value as a program writes it for itself: b'Chef', ['Chef'], {"a": 1}; or a letter in
// UTF-7, as in Lef+AOg-vre.
var program = regexp.MustCompile(`^(b'[^']*'|b"[^"]*"|\[['"].*['"]\]|\{['"].*\})$|\+A[A-P][A-Za-z0-9+/]-`)

// foreignTo tells why a text is not what somebody wrote in a column of names or of other words.
func foreignTo(k roster.Kind, text string) *problem {
	if k != roster.GivenName && k != roster.FamilyName && k != roster.Text {
		return nil
	}
	switch {
	case text == "0":
		return &problem{"spreadsheet_damage", "is 0, as a spreadsheet shows a blank cell that it refers to: leave it blank"}
	case isAmount(text):
		return &problem{"misplaced_value", "is a sum of money: see which column it belongs to"}
	case strings.Contains(text, "u00") && lostEscape.MatchString(text), strings.ContainsAny(text, `'"+`) && program.MatchString(text):
		return &problem{"damaged_text", `holds the code of a program in the place of a character, such as \u00e9`}
	default:
		return nil
	}
}
