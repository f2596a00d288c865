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

// Finding returns the sentence of a finding: what was wrong and what to do. That is what the
// flow said, with its numbers, where all of it is known in the reader's language, else the
// sentence of its code; said is that text, empty where findings are only counted. A code
// without a sentence, as of a run of another version of the program, stays with what was said.
func (p Printer) Finding(code, said string) string {
	if said != "" {
		if told, whole := p.Tell(said); whole {
			return told
		}
	}
	key := FindingKey(code)
	if _, ok := p.texts()[key]; !ok {
		return said
	}
	return p.Text(key)
}

// Original returns what the flow said of a finding, in English, where Finding has only the
// sentence of its code: the numbers and names in it are to be seen in every language.
func (p Printer) Original(code, said string) string {
	if _, whole := p.Tell(said); whole || p.Finding(code, said) == said {
		return ""
	}
	return said
}
