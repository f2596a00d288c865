package message

import "strings"

// lacks begins the codes that end with the name of the property that somebody lacks. They
// share one sentence.
const lacks = "manager_without"

// FindingKey is the key of the sentence of a finding's code.
func FindingKey(code string) string {
	if strings.HasPrefix(code, lacks) {
		code = lacks
	}
	return "sentence." + code
}

// Finding returns the sentence of a finding: what was wrong and what to do, without its place.
// In English that is what the flow said, with its numbers; said is that text, empty where
// findings are only counted. A code without a sentence, as of a run of another version of the
// program, stays with what was said.
func (p Printer) Finding(code, said string) string {
	key := FindingKey(code)
	if _, ok := p.texts[key]; !ok || p.Language == English && said != "" {
		return said
	}
	return p.Text(key)
}

// Original returns what the flow said of a finding, in English, where Finding returns another
// sentence: the numbers and names in it are to be seen in every language.
func (p Printer) Original(code, said string) string {
	if p.Finding(code, said) == said {
		return ""
	}
	return said
}
