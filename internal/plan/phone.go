package plan

import (
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// national is how many digits follow the code of a country, at least and at most, where that is
// certain: in Germany and Austria it is anything.
var national = map[string][2]int{
	"33": {9, 9}, "32": {8, 9}, "41": {9, 9}, "34": {9, 9}, "351": {9, 9}, "31": {9, 9}, "44": {9, 10}, "1": {10, 10}, "48": {9, 9}, "40": {9, 9},
	"420": {9, 9}, "421": {9, 9}, "30": {10, 10}, "45": {8, 8}, "47": {8, 8}, "212": {9, 9}, "216": {8, 8}, "262": {9, 9}, "590": {9, 9}, "594": {9, 9}, "596": {9, 9},
}

// lettered is where a number ends and an extension or a remark begins.
var lettered = regexp.MustCompile(`[\pL#,;]`)

// subscriber divides a number with + or 00 into the code of its country, where that is known, and
// the digits after it, without the zero that many write between them.
func subscriber(text string) (country, rest string) {
	if at := lettered.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	digits := dialled(text)
	switch {
	case strings.HasPrefix(digits, "+"):
		digits = digits[1:]
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	default:
		return "", digits
	}
	for n := 1; n <= 3 && n <= len(digits); n++ {
		if _, known := national[digits[:n]]; known {
			return digits[:n], strings.TrimPrefix(digits[n:], "0")
		}
	}
	return "", ""
}

// isShort reports whether a number has digits too few or too many for its country. French is
// whoever writes numbers without + as in France.
func isMiscounted(text string, french bool) bool {
	country, rest := subscriber(text)
	if country == "" {
		return french && len(rest) > 6 && rest[0] == '0' && len(rest) != 10 && allDigits(rest)
	}
	bounds := national[country]
	return rest == "" || allDigits(rest) && (len(rest) < bounds[0] || len(rest) > bounds[1])
}

// isFrench reports whether a number is one of France.
func isFrench(text string) bool {
	country, rest := subscriber(text)
	return country == "33" || country == "" && len(rest) == 10 && rest[0] == '0'
}

// miscounted tells why a phone number that somebody gets is not whole: its country has others, or
// it is the one in Lucca without its last digits.
func (h habit) miscounted(e *roster.Employee, c *column, text string) *problem {
	current := ""
	if e != nil {
		current = c.Text(e)
	}
	french := current != "" && isFrench(current) || current == "" && h.french
	if isMiscounted(text, french) {
		return &problem{"bad_phone", "has too few or too many digits for its country: write the whole number"}
	}
	if old, given := dialled(current), dialled(text); len(given) > 5 && cutFrom(given, old) && !isMiscounted(current, french) && !lettered.MatchString(old) {
		return &problem{"bad_phone", "is the number that Lucca has without its last digits: write the whole number"}
	}
	return nil
}

// streets are the words of a postal address: after a number in French and English, before one in
// German.
var streets = regexp.MustCompile(`(?i)^\d{1,4}( ?(bis|ter|quater|[a-d]))?,? +((rue|avenue|av\.|bd|boulevard|chemin|impasse|allée|allee|place|quai|route|cours|square|villa|passage|lieu-dit)\b|[\pL ]+ (street|road|lane|avenue)\b)` +
	`|[\pL-]{3,}(straße|strasse|str\.|weg|platz|gasse|allee) \d{1,4} ?[a-z]?\b` +
	`|(^|[ ,])(F-|D-|CH-|B-)?\d{4,5} +\p{Lu}[\pL' -]+( cedex.*)?$`)

// isPostal reports whether a text is a postal address.
func isPostal(text string) bool {
	const shortest = 7 // letters, of a number, a street and its name
	if len(text) < shortest || !strings.ContainsAny(text, "0123456789") {
		return false
	}
	return streets.MatchString(text)
}

// postal are the properties that are no address.
func isNoAddress(c *column) bool {
	return c.Kind == roster.Phone || c.Kind == roster.GivenName || c.Kind == roster.FamilyName || slices.Contains([]string{"jobTitle", "civilTitle"}, c.name)
}
