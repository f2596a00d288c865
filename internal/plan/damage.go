package plan

import (
	"slices"
	"strings"
)

// damaged tells why a text is not what somebody wrote but what a spreadsheet made of it.
func damaged(code, text string) *problem {
	switch {
	case isFormulaError(text):
		return &problem{"spreadsheet_damage", "is the error of a formula in a spreadsheet, or a cell too narrow for its value: mend it there"}
	case isNumber(code) && isScientific(text):
		return &problem{"spreadsheet_damage", "is a number that a spreadsheet has shortened: make the column a text there, and fill in all digits"}
	default:
		return nil
	}
}

// isNumber reports whether a column has numbers that are texts, such as 0612345678.
func isNumber(code string) bool {
	return slices.Contains([]string{EmployeeNumber, "professionalMobile", "directLine", "personalMobile"}, code)
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

// isFormulaError also takes the signs of a column that is too narrow, which some programs
// save in place of the value.
func isFormulaError(text string) bool {
	if !strings.HasPrefix(text, "#") {
		return false
	}
	if len(text) > 2 && strings.Trim(text, "#") == "" {
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

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
