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
	case k == roster.GivenName && slices.Contains(titlesOfNames, strings.ToLower(text)):
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
	n := len(keep(text, isDigit))
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
