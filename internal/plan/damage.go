package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/roster"
)

// damaged tells why a text is not what somebody wrote but what a spreadsheet or a database
// made of it.
func damaged(prop roster.Property, text string) *problem {
	switch {
	case text == "":
		return nil
	case prop.Most > 0 && len(text) > prop.Most && utf8.RuneCountInString(text) > prop.Most:
		return &problem{"too_long", fmt.Sprintf("has %d characters, of which Lucca takes %d: shorten it, or see whether a quote or a separator is missing", utf8.RuneCountInString(text), prop.Most)}
	case isFormulaError(text):
		return &problem{"spreadsheet_damage", "is the error of a formula in a spreadsheet, or a cell too narrow for its value: mend it there"}
	case len(text) > 1 && (text[0] == '=' || text[0] == '@' && lotus.MatchString(text)):
		return &problem{"formula", "is a formula, not a value: write its result"}
	}
	if bad := typed(prop.Kind, text); bad != nil {
		return bad
	}
	if bad := foreignTo(prop.Kind, text); bad != nil {
		return bad
	}
	if rounded(text) && prop.Kind != roster.Phone {
		return &problem{"spreadsheet_damage", shortened}
	}
	switch prop.Kind {
	case roster.GivenName, roster.FamilyName:
		return damagedName(prop.Kind, text)
	case roster.Number, roster.Phone, roster.LoginText:
		return damagedNumber(prop.Kind, text)
	case roster.GenderWord:
		return nil // Undefined is one of them
	case roster.Custom:
		if isScientific(text) {
			return &problem{"spreadsheet_damage", shortened}
		}
		if isNothing(text) && !mayMean(text) {
			return nothing(text)
		}
		return nil
	}
	if isNothing(text) || prop.Kind == roster.Text && saysNothing(text) {
		return nothing(text)
	}
	return nil
}

const shortened = "is a number that a spreadsheet has shortened: make the column a text there, and fill in all digits"

// rounded reports whether a long number has only zeros after the fifteen digits that a spreadsheet
// keeps of one.
func rounded(text string) bool {
	const kept = 15
	return len(text) > kept && strings.Trim(text[kept:], "0") == "" && allDigits(text)
}

func damagedName(k roster.Kind, text string) *problem {
	if bad := oddName(text); bad != "" {
		return &problem{"look_alike", bad}
	}
	if digitInside.MatchString(text) {
		return &problem{"look_alike", "holds a digit that looks like a letter, such as 0 for O: type it anew"}
	}
	if strings.ContainsAny(text, "<>{}=|") || allDigits(text) {
		return &problem{"misplaced_value", "is no name: see which column it belongs to"}
	}
	if bad := besideName(k, text); bad != nil {
		return bad
	}
	if isNothing(text) && text != "Nan" && text != "Nil" && (k == roster.GivenName || !mayBeFamily(text)) { // people are called so
		return nothing(text)
	}
	return nil
}

// mayBeFamily reports whether a word for nothing is what families are called too.
func mayBeFamily(text string) bool {
	return strings.EqualFold(text, "null") || strings.EqualFold(text, "none")
}

// digitInside is a digit in the place of a letter.
var digitInside = regexp.MustCompile(`\pL[015]\pL|^[015]\p{Ll}`)

// addressed is how people are called before their name, spaced a name whose letters stand apart,
// edged one that begins or ends with a sign.
var (
	addressed = regexp.MustCompile(`(?i)^(m\.|mr\.?|mrs\.?|ms\.?|mme\.?|mlle\.?|monsieur|madame|mademoiselle|herr|frau) \pL`)
	spaced    = regexp.MustCompile(`^\pL( \pL){2,}$`)
	edged     = regexp.MustCompile(`^["\-–—,;:./&_*].*|.*[,;:/&_\-–—]$|^"[^"]*"$`)
)

// titlesOfNames are what a column of first names is called, or people in place of their names.
var titlesOfNames = []string{
	"prénom", "prenom", "first name", "firstname", "vorname", "nom", "last name", "lastname", "nachname", "familienname", "surname",
	"mme", "mlle", "mr", "mr.", "mrs", "ms", "monsieur", "madame", "mademoiselle",
}

// besideName tells what a cell has beside the name, or in its place.
func besideName(k roster.Kind, text string) *problem {
	switch {
	case strings.ContainsAny(text, `*#@_\;:!%$^~[]`), edged.MatchString(text):
		return &problem{"misplaced_value", "holds a sign that no name has, such as * or ; or a comma at its end: write the name alone"}
	case addressed.MatchString(text) && (k == roster.FamilyName || text[1] != '.'):
		return &problem{"misplaced_value", "begins with a form of address such as Mr: write the name alone, the rest belongs to civilTitle"}
	case spaced.MatchString(text):
		return &problem{"damaged_text", "has blanks between its letters: type it anew"}
	case k == roster.GivenName && len(text) < len("mademoiselle ") && slices.Contains(titlesOfNames, strings.ToLower(text)):
		return &problem{"misplaced_value", "is the title of a column or a form of address: write the name"}
	default:
		return nil
	}
}

func damagedNumber(k roster.Kind, text string) *problem {
	bad := odd(text)
	switch {
	case bad != "" && k == roster.Phone && !strings.ContainsFunc(text, func(r rune) bool { return r > 0x7F && unicode.IsNumber(r) }):
		return nil // a phone with a typographic hyphen can be dialled
	case bad != "":
		return &problem{"look_alike", bad}
	case isScientific(text):
		return &problem{"spreadsheet_damage", shortened}
	case isFloat(text), k == roster.Number && (hasThousands(text) || isAmount(text)):
		return &problem{"spreadsheet_damage", "is a number with decimals or with groups of thousands, as a spreadsheet or a program shows it: make the column a text there, and write the digits only"}
	case isNothing(text):
		return nothing(text)
	case k == roster.Phone:
		return damagedPhone(text)
	default:
		return nil
	}
}

// fraction is a number below ten with a decimal sign.
var fraction = regexp.MustCompile(`^\d[.,]\d{3,}$`)

// masked is what hides digits of a number.
var masked = regexp.MustCompile(`(?i)x{2,}|[*•]{2,}`)

// damagedPhone tells why a text cannot be dialled. Its form is free, and extensions are short.
func damagedPhone(text string) *problem {
	const most = 15 // digits of a number anywhere (E.164)
	n := 0
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			n++
		}
	}
	switch {
	case n == 0:
		return &problem{"bad_phone", "has no digit: it is no phone number"}
	case strings.ContainsAny(text, "\"'€$£%=@?!<>{}[]|\\^~`") || strings.Count(text, "+") > 1 || fraction.MatchString(text):
		return &problem{"bad_phone", "holds signs that no phone number has: write the digits alone"}
	case strings.Trim(text, "0+ ") == "":
		return &problem{"bad_phone", "has no digit but 0: it is no phone number"}
	case masked.MatchString(text):
		return &problem{"bad_phone", "has signs in the place of digits: write the whole number"}
	case n > most+len("0033")-len("+33") && !strings.ContainsFunc(text, unicode.IsLetter):
		return &problem{"bad_phone", "has more digits than a phone number: write one number"}
	}
	return nil
}

// nothings are the words by which databases, programs and people say that there is nothing.
var nothings = []string{
	"null", "(null)", "<null>", "[null]", `\n`, "nan", "nat", "none", "nil", "n/a", "n.a.", "undefined", "(none)", "(blank)", "(empty)", "(vide)", "(leer)",
	"-", "--", "---", "–", "—", ".", "..", "...", "?", "_", "/", "néant", "non renseigné", "keine angabe", "k. a.", "k.a.", "n.c.",
	"aucun", "aucune", "inconnu", "unbekannt", "unknown", "à compléter", "à définir", "à renseigner", "tbd", "xxx", "keine", "[object object]",
}

// remarks are further ones, which a name may be, but no title of a job.
var remarks = []string{
	"na", "nd", "n/d", "n.d.", "nc", "n. a.", "ras", "r.a.s.", "s.o.", "s/o", "so", "sans objet", "sans", "non", "non défini", "non définie", "non communiqué", "non applicable", "non précisé",
	"à venir", "vide", "leer", "ohne", "o.a.", "keine daten", "nicht zutreffend", "nicht bekannt", "not applicable", "not set", "empty", "void", "nul", "nein", "no", "inf", "infinity",
}

// saysNothing reports whether a text of words is such a remark, or signs alone.
func saysNothing(text string) bool {
	if len(text) > len("non communiqué ") {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) || slices.Contains(remarks, strings.ToLower(text))
}

func isNothing(text string) bool {
	return len(text) <= len("[object object]") && mayBeNothing(text[0]) && slices.Contains(nothings, strings.ToLower(text))
}

// mayBeNothing reports whether a word for nothing begins with this byte: it spares most cells
// the list.
func mayBeNothing(first byte) bool {
	switch first {
	case 'n', 'N', 'u', 'U', 'k', 'K', 'a', 'A', 'i', 'I', 't', 'T', 'x', 'X', '(', '<', '[', '\\', '-', '.', '?', '_', '/':
		return true
	default:
		return first >= utf8.RuneSelf
	}
}

// mayMean reports whether a word for nothing may be one of the choices of a custom field.
func mayMean(text string) bool {
	return slices.Contains([]string{"none", "nil", "n/a", "néant", "n.c.", "non renseigné", "keine angabe", "-", "aucun", "aucune", "keine", "inconnu", "unbekannt", "unknown"}, strings.ToLower(text))
}

func nothing(text string) *problem {
	return &problem{"word_for_nothing", fmt.Sprintf("is %q, a word for nothing, which would be written as it is: leave the cell blank, or name the word under null:", text)}
}

// formulaErrors are what spreadsheets show for a formula that fails, in the languages of
// Lucca's customers.
var formulaErrors = []string{
	"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", // English
	"#NOM?", "#VALEUR!", "#NUL!", "#NOMBRE!", // French
	"#NV", "#BEZUG!", "#WERT!", "#ZAHL!", // German
	"#N/D", "#¡REF!", "#¿NOMBRE?", "#¡VALOR!", "#¡DIV/0!", "#¡NULO!", "#¡NUM!", // Spanish
	"#RIF!", "#NOME?", "#VALORE!", "#NULLO!", // Italian
	"#N/B", "#VERW!", "#NAAM?", "#WAARDE!", "#DEEL/0!", "#LEEG!", "#GETAL!", // Dutch
}

// formulaError is any other of them, in whatever language.
var formulaError = regexp.MustCompile(`^#[¡¿]?[\p{Lu}/0-9]{2,}[!?]$`)

// isFormulaError also takes the signs of a column that is too narrow, which some programs
// save in place of the value.
func isFormulaError(text string) bool {
	if !strings.HasPrefix(text, "#") {
		return strings.HasPrefix(text, "Err:") && allDigits(text[len("Err:"):])
	}
	if len(text) > 2 && strings.Trim(text, "#") == "" || formulaError.MatchString(text) {
		return true
	}
	return slices.ContainsFunc(formulaErrors, func(e string) bool { return strings.EqualFold(e, text) })
}

// isScientific reports whether a text is as 1,23E+10. The sign is always there, so that a
// number such as 12E05 is none.
func isScientific(text string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(text), "E")
	if !ok || exponent == "" || !strings.ContainsRune("+-", rune(exponent[0])) {
		return false
	}
	whole, part, point := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	return allDigits(exponent[1:]) && allDigits(whole) && (!point || allDigits(part))
}

var (
	float     = regexp.MustCompile(`^\+?\d+[.,](0*|\d{1,2})$`)
	thousands = regexp.MustCompile(`^\d{1,3}([ '’.,]\d{3})+([.,]\d+)?$`)
)

// isFloat reports whether a text is as 123.0 or 12345,00.
func isFloat(text string) bool { return strings.ContainsAny(text, ".,") && float.MatchString(text) }

// hasThousands reports whether a text is as 12 345.
func hasThousands(text string) bool {
	return len(text) > len("1 23") && text[0] >= '0' && text[0] <= '9' && !allDigits(text) && thousands.MatchString(text)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// habits are how the numbers in Lucca are written, by which those that lost their first
// signs are known.
type habits struct {
	// whole are the custom fields, of a kind that Lucca does not tell, in which nearly all values
	// are whole numbers; prefixed the properties in which nearly all phones begin with + or 0.
	whole, prefixed map[string]bool
	// untyped are the custom fields, of such a kind too, of which no value is a date, or true or false.
	untyped map[string]bool
	// decimal are the custom fields, of such a kind too, in which nearly all values are numbers, some
	// with decimals.
	decimal map[string]bool
	// widths are as width, of such custom fields.
	widths map[string]int
	// worded are the custom fields and the texts of which no value is a whole number.
	worded map[string]bool
	// fine are the fields of numbers that have three decimals or more in Lucca, parts those that have
	// any.
	fine, parts map[string]bool
	// french are the properties in which nearly all phones are those of France.
	french map[string]bool
	// accented: some addresses have letters beyond ASCII.
	accented bool
	// digits: nearly all employee numbers have nothing but digits.
	digits bool
	// width is the number of digits of nearly all employee numbers, some of which begin with
	// 0; 0 when they have no such form.
	width int
}

// many is how many numbers make a habit.
const many = 5

// habitsOf looks at the values that Lucca has for some columns. Where it has too few phones, the
// language of new employees tells: French, German, Belgian and British numbers begin with 0.
func habitsOf(people *roster.Roster, columns []column, culture string) habits {
	h := habits{
		whole: make(map[string]bool), prefixed: make(map[string]bool), untyped: make(map[string]bool), decimal: make(map[string]bool), widths: make(map[string]int),
		worded: make(map[string]bool), fine: make(map[string]bool), parts: make(map[string]bool), french: make(map[string]bool),
	}
	for i := range columns {
		c := &columns[i]
		switch c.Kind {
		case roster.Number:
			h.width, h.digits = widthOf(people, c), usual(people, c, allDigits)
		case roster.Phone:
			all, having := tally(people, c, func(text string) bool { return strings.IndexByte("+0(", text[0]) >= 0 })
			h.prefixed[c.name] = 10*having >= 9*all && (all >= many || slices.Contains([]string{"fr-FR", "de-DE", "nl-BE", "en-GB"}, culture))
			h.french[c.name] = all < many && culture == "fr-FR" || usual(people, c, isFrench)
		case roster.Text:
			h.worded[c.name] = never(people, c, allDigits)
		case roster.MailAddress:
			_, beyond := tally(people, c, func(text string) bool { return !ascii(text) })
			h.accented = h.accented || beyond > 0
		case roster.Custom:
			h.ofField(people, c)
		}
	}
	return h
}

// ofField looks at the values of a custom field. Of a text, or of a kind that Lucca does not tell,
// they show what it holds.
func (h *habits) ofField(people *roster.Roster, c *column) {
	f, defined := people.Field(c.Code)
	_, parts := tally(people, c, func(text string) bool { return strings.ContainsAny(text, ".,") && decimalNumber.MatchString(text) })
	_, fine := tally(people, c, func(text string) bool { return fineNumber.MatchString(text) })
	h.parts[c.name], h.fine[c.name] = parts > 0, fine > 0
	if defined && f.Kind != roster.TextField {
		return
	}
	h.whole[c.name] = usual(people, c, allDigits)
	h.widths[c.name] = widthOf(people, c)
	h.decimal[c.name] = !defined && !h.whole[c.name] && usual(people, c, decimalNumber.MatchString)
	h.untyped[c.name], h.worded[c.name] = never(people, c, isTyped), never(people, c, allDigits)
}

// never reports whether no value of a property in Lucca, of several, has a form.
func never(people *roster.Roster, c *column, has func(string) bool) bool {
	all, having := tally(people, c, has)
	return all >= many && having == 0
}

// lost tells whether a number is one that a spreadsheet took the first signs of. The employee
// is nil for somebody new.
func (h *habits) lost(e *roster.Employee, c *column, text string) *problem {
	if c.Kind == roster.Phone {
		text = dialled(text)
	}
	switch {
	case c.Kind == roster.Custom:
		return h.lostField(e, c, text)
	case c.Kind == roster.Text:
		if h.worded[c.name] && allDigits(text) && c.name == "jobTitle" {
			return &problem{"misplaced_value", "is a number, where those in Lucca are words: see which column it belongs to"}
		}
		return nil
	case !allDigits(text):
		if strings.ContainsAny(text, "OoIl") && allDigits(digitLike.Replace(text)) && (c.Kind == roster.Phone || h.digits) {
			return &problem{"look_alike", "holds a letter that looks like a digit, such as O for 0: type it anew"}
		}
		return nil
	case c.Kind == roster.Number:
		if e != nil && bareNumber(text) == bareNumber(e.EmployeeNumber) {
			return nil // checkNumber says more
		}
		if len(text) < h.width {
			return &problem{"leading_zeros", fmt.Sprintf("has %d digits, where the numbers in Lucca have %d, with zeros in front: a spreadsheet drops them, so make the column a text, or set pad: {employeenumber: %d}", len(text), h.width, h.width)}
		}
	case c.Kind != roster.Phone || text[0] == '0':
	case e != nil && lostPrefix(c.Text(e), text):
		return &problem{"leading_zeros", "is the number that Lucca has, without its + or its first zero: a spreadsheet drops them, so make the column a text"}
	case len(text) > 7 && h.prefixed[c.name]:
		return &problem{"leading_zeros", "begins with neither + nor 0, as phone numbers here do: a spreadsheet drops them, so make the column a text, and write foreign ones with + and the country"}
	}
	return nil
}

// lostField is lost for a custom field of a kind that Lucca does not tell.
func (h *habits) lostField(e *roster.Employee, c *column, text string) *problem {
	switch {
	case h.whole[c.name] && (isFloat(text) || hasThousands(text)):
		return &problem{"spreadsheet_damage", "is a number with decimals or with groups of thousands, where Lucca has whole ones: make the column a text, and write the digits only"}
	case h.untyped[c.name] && isTyped(text):
		return &problem{"spreadsheet_damage", "is a date, or true or false, where Lucca has other values: make the column a text in the spreadsheet, and type the value anew"}
	case !allDigits(text):
		return nil
	case h.worded[c.name] && h.untyped[c.name] && isSerial(text):
		return &problem{"spreadsheet_damage", "is the number by which a spreadsheet counts a day, where Lucca has other values: make the column a text there, and type the value anew"}
	case e != nil && len(text) < len(c.Text(e)) && bareNumber(text) == bareNumber(c.Text(e)):
		return &problem{"leading_zeros", "is the value that Lucca has, without its first zeros: a spreadsheet drops them, so make the column a text"}
	case len(text) < h.widths[c.name]:
		return &problem{"leading_zeros", fmt.Sprintf("has %d digits, where the values in Lucca have %d, with zeros in front: a spreadsheet drops them, so make the column a text", len(text), h.widths[c.name])}
	default:
		return nil
	}
}

// isSerial reports whether a number is a day of 1954 to 2064 as spreadsheets count them.
func isSerial(text string) bool {
	return len(text) == len("20000") && text >= "20000" && text <= "60000"
}

// cutFrom reports whether a text is another one without its end.
func cutFrom(text, whole string) bool {
	return len(text) < len(whole) && strings.HasPrefix(whole, text)
}

// digitLike reads letters as the digits that they look like.
var digitLike = strings.NewReplacer("O", "0", "o", "0", "I", "1", "l", "1", "+", "")

// dialled is a phone number without what people set between its digits, but for a + in front.
func dialled(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ().-/,'’\u00a0\u202f", r) {
			return -1
		}
		return r
	}, text)
}

// lostPrefix reports whether a text of digits is a number without the + or the zeros, or
// without the + and the code of the country, before it.
func lostPrefix(number, text string) bool {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if digits == "" || number == text {
		return false
	}
	bare := strings.TrimLeft(digits, "0")
	if bare == text {
		return true
	}
	if strings.HasPrefix(number, "+") || strings.HasPrefix(digits, "00") {
		return len(text) > 6 && strings.HasSuffix(bare, text) && len(bare)-len(text) <= len("999")
	}
	return len(bare) > 6 && strings.HasSuffix(text, bare) && len(text)-len(bare) <= len("999")
}

// usual reports whether nearly all values of a property in Lucca have a form.
func usual(people *roster.Roster, c *column, has func(string) bool) bool {
	all, having := tally(people, c, has)
	return all >= many && 10*having >= 9*all
}

// tally counts the values of a property in Lucca, and those of them that have a form.
func tally(people *roster.Roster, c *column, has func(string) bool) (all, having int) {
	for _, e := range people.Employees() {
		if text := c.Text(e); text != "" {
			all++
			if has(text) {
				having++
			}
		}
	}
	return all, having
}

// widthOf is how many digits nearly all numbers of a property in Lucca have, where some of them
// begin with 0; 0 for no such form.
func widthOf(people *roster.Roster, c *column) int {
	widths := make(map[int]int)
	all, zeros, most := 0, false, 0
	for _, e := range people.Employees() {
		text := c.Text(e)
		if !allDigits(text) {
			continue
		}
		all++
		zeros = zeros || text[0] == '0'
		n := len(text)
		if widths[n]++; widths[n] > widths[most] {
			most = n
		}
	}
	if all < many || !zeros || 10*widths[most] < 9*all {
		return 0
	}
	return most
}
