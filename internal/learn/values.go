package learn

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// learnValues finds the words of the file that stand for something else: genders, languages, names
// that Lucca has not, open ends, nothing; and numbers that have lost their zeros.
func learnValues(k *look) {
	known := knownOf(k.in.People)
	for i := range k.cols {
		c := &k.cols[i]
		if c.code == "" || c.code == Ignore {
			continue
		}
		p, _ := roster.PropertyOf(c.code)
		switch p.Kind {
		case roster.GenderWord:
			genders(k, c)
		case roster.LanguageTag:
			languages(k, c)
		case roster.EstablishmentID, roster.DepartmentID, roster.RoleID, roster.CategoryID:
			learnReferences(k, c, known)
		case roster.Number:
			learnPads(k, c)
		case roster.MailAddress:
			learnShared(k, c)
		}
		if c.code == plan.ContractEnd {
			openEnds(k, c)
		}
		learnNulls(k, c)
	}
}

// value sets what a text of a column stands for.
func (k *look) value(code, text, means string) {
	if k.section.Values == nil {
		k.section.Values = make(map[string]map[string]string)
	}
	if k.section.Values[code] == nil {
		k.section.Values[code] = make(map[string]string)
	}
	k.section.Values[code][text] = means
}

// told returns what the flow, or somebody, says that a text stands for.
func (k *look) told(code, text string) (means string, ok bool) {
	for own, value := range k.known.Values[code] {
		if fold(own) == fold(text) {
			return value, true
		}
	}
	return "", false
}

// genderOf is the gender that a text stands for in French, German or English.
func genderOf(text string) string {
	switch fold(text) {
	case "m", "h", "homme", "monsieur", "mr", "masculin", "male", "man", "mannlich", "maennlich", "mann", "herr", "hr":
		return "Male"
	case "f", "w", "femme", "madame", "mme", "mlle", "mademoiselle", "feminin", "female", "woman", "weiblich", "frau", "fr", "ms", "mrs", "miss":
		return "Female"
	default:
		return ""
	}
}

func genders(k *look, c *column) {
	for _, text := range c.sorted() {
		means, told := k.told(c.code, text)
		switch {
		case told:
			k.value(c.code, text, means)
		case fold(text) == fold(genderOf(text)) || fold(text) == "undefined" || fold(text) == "misc":
		case genderOf(text) != "":
			k.value(c.code, text, genderOf(text))
		default:
			k.askValue(c, text, []Choice{{"Male", "a man"}, {"Female", "a woman"}, {"Undefined", "nothing is said"}, {"Misc", "another"}}, false)
		}
	}
}

// askValue asks what a text of a column stands for.
func (k *look) askValue(c *column, text string, choices []Choice, free bool) {
	d := Doubt{
		ID:       fmt.Sprintf("value:%s:%s", c.code, text),
		Question: fmt.Sprintf("What does %q stand for in column %s, %q (%s)?", text, c.letters(), c.header, c.code), Choices: choices, Free: free,
	}
	if answer, ok := k.ask(d); ok {
		k.value(c.code, text, answer)
	}
}

// languages are those of Lucca by their first two letters, where that leaves no choice.
func languages(k *look, c *column) {
	tags := []string{"fr-FR", "de-DE", "en-US", "en-GB", "es-ES", "nl-BE", "it-IT"}
	words := map[string]string{"francais": "fr", "french": "fr", "franzosisch": "fr", "allemand": "de", "deutsch": "de", "german": "de", "anglais": "en", "englisch": "en", "english": "en", "espagnol": "es", "spanisch": "es", "spanish": "es", "italien": "it", "italienisch": "it", "italian": "it"}
	for _, text := range c.sorted() {
		if slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, text) }) {
			continue
		}
		short := fold(text)
		if word, ok := words[short]; ok {
			short = word
		}
		var choices []Choice
		for _, tag := range tags {
			if tag[:2] == short || len(short) != 2 {
				choices = append(choices, Choice{tag, "the language " + tag})
			}
		}
		switch means, told := k.told(c.code, text); {
		case told:
			k.value(c.code, text, means)
		case len(choices) == 1:
			k.value(c.code, text, choices[0].Answer)
		default:
			k.askValue(c, text, choices, false)
		}
	}
}

// askedValues is up to how many texts of a column that Lucca does not have are asked about.
const askedValues = 12

// learnReferences asks what the texts stand for that are none of Lucca's.
func learnReferences(k *look, c *column, known knowledge) {
	for text, means := range k.known.Values[c.code] {
		k.value(c.code, text, means)
	}
	missing := slices.DeleteFunc(known.missing(c.code, c), func(text string) bool {
		_, told := k.told(c.code, text)
		return told
	})
	if len(missing) > askedValues {
		k.notef("Column %s, %q: Lucca has none of %d of its texts as %s: see whether the column means something else, or list them under values:.", c.letters(), c.header, len(missing), c.code)
		return
	}
	for _, text := range missing {
		k.askValue(c, text, nil, true)
	}
}

// learnPads finds numbers that have lost zeros: Lucca, or most of the file, has them.
func learnPads(k *look, c *column) {
	width := 0
	switch known := knownWidth(k); {
	case known > 0:
		width = known
	case c.zeros > 0 && c.most(c.digits):
		width = c.widest
	}
	if width == 0 || c.digits == 0 || c.narrowest >= width || c.widest > width {
		return
	}
	if knownWidth(k) == 0 {
		answer, ok := k.ask(Doubt{
			ID: "pad", Question: fmt.Sprintf("Some numbers in column %s, %q, begin with zeros, others are shorter. Are zeros missing?", c.letters(), c.header),
			Choices: []Choice{{"yes", fmt.Sprintf("fill all of them up to %d digits", width)}, {"no", "they are right as they are"}},
		})
		if !ok || answer == "no" {
			return
		}
	}
	k.section.Pad = map[string]int{c.code: width}
	k.fact("zeros", fmt.Sprintf("numbers of %d digits", width), Certain, "a spreadsheet or a program has left zeros out")
}

// knownWidth is the width of the numbers in Lucca when all have the same and some begin with a
// zero.
func knownWidth(k *look) int {
	if k.in.People == nil {
		return 0
	}
	width, zeros := 0, false
	for _, e := range k.in.People.Employees() {
		n := e.EmployeeNumber
		switch {
		case n == "":
		case !tabular.OnlyDigits(n) || width != 0 && len(n) != width:
			return 0
		default:
			width, zeros = len(n), zeros || n[0] == '0'
		}
	}
	if !zeros {
		return 0
	}
	return width
}

// sharedBy is by how many people an address is had that tells nobody apart.
const sharedBy = 3

// learnShared finds mailboxes that several people have.
func learnShared(k *look, c *column) {
	if c.code != plan.Mail {
		return
	}
	for _, text := range c.sorted() {
		if c.texts[text] >= sharedBy {
			k.section.MailShared = append(k.section.MailShared, text)
		}
	}
	if n := len(k.section.MailShared); n > 0 {
		k.notef("%d addresses are those of %d people or more: mail_shared: says that they tell nobody apart.", n, sharedBy)
	}
}

// openEnds are ends that nobody means: the year 9999, or the last day of another far one.
func openEnds(k *look, c *column) {
	for _, text := range c.sorted() {
		day := timed.ReplaceAllString(text, "")
		if year := yearOf(day); year >= 2090 {
			k.section.OpenEnd = append(k.section.OpenEnd, day)
		}
	}
	k.section.OpenEnd = slices.Compact(k.section.OpenEnd)
	if len(k.section.OpenEnd) > 0 {
		k.notef("The end %s is taken to mean that the contract has none: open_end:.", strings.Join(k.section.OpenEnd, " or "))
	}
}

// yearOf finds a year of four digits at either end of a date.
func yearOf(day string) int {
	for _, part := range strings.FieldsFunc(day, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(part) == 4 {
			return number(part)
		}
		if len(part) == 8 {
			return number(part[:4])
		}
	}
	return 0
}

// learnNulls lists the words for nothing.
func learnNulls(k *look, c *column) {
	p, _ := roster.PropertyOf(c.code)
	if p.Kind == roster.GivenName || p.Kind == roster.FamilyName || c.code == WholeName {
		return // Monsieur Null exists
	}
	for text := range c.nulls {
		if !slices.ContainsFunc(k.section.Null, func(o string) bool { return strings.EqualFold(o, text) }) {
			k.section.Null = append(k.section.Null, text)
		}
	}
	slices.Sort(k.section.Null)
}
