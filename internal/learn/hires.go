package learn

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// Candidates is the part of a hires flow that says how its files are read.
type Candidates struct {
	Source    string `yaml:"source"`
	Separator string `yaml:"separator,omitempty"`
	Encoding  string `yaml:"encoding,omitempty"`

	tabular.Layout `yaml:",inline"`

	Fields map[string]string `yaml:"fields,omitempty"`
	Dates  []string          `yaml:"dates,omitempty"`
}

// HireFile is what there is to know of a file of candidates, which an applicant tracking system
// drops.
type HireFile struct {
	// Keys are the fields of a candidate.
	Keys []string
	// Try reads the file as such a flow does.
	Try func(Candidates) (Trial, error)
}

// Keys of candidates that are no codes of Lucca's users, or others.
const (
	hirePhone   = "phone"
	hiredAt     = "hiredAt"
	hireID      = "externalId"
	privateMail = "personalEmail"
)

// learnHire finds the section of a file of candidates, once its cells are known.
func learnHire(k *look) error {
	h := k.in.Hires
	for i := range k.cols {
		k.hireSettled(&k.cols[i], h)
	}
	for i := range k.cols {
		if k.cols[i].code == "" {
			k.hireByHeader(&k.cols[i], h)
		}
	}
	for i := range k.cols {
		k.addColumn(&k.cols[i])
	}
	learnDates(k)
	requireHire(k)
	if err := k.unasked(); err != nil {
		return err
	}
	return concludeHire(k, h)
}

// hireSettled is settled for a candidate.
func (k *look) hireSettled(c *column, h *HireFile) {
	if answer, ok := k.in.Answers[c.id()]; ok && (answer == Ignore || slices.Contains(h.Keys, answer)) {
		k.asked[c.id()] = true
		c.decide(answer, Certain, "as you say")
		return
	}
	for _, key := range h.Keys {
		if strings.EqualFold(key, c.header) {
			c.decide(key, Certain, "the name of the field")
		}
	}
}

// hireByHeader settles a column by what its header means, where that is one field that no other
// column has and its cells do not contradict.
func (k *look) hireByHeader(c *column, h *HireFile) {
	var keys []string
	for _, code := range c.codes {
		if key := hireKey(code, h.Keys); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if slices.Equal(keys, []string{plan.Mail}) && !slices.ContainsFunc(strings.Fields(fold(c.header)), isOffice) {
		keys = append(keys, privateMail) // candidates mostly write from their own
	}
	if len(keys) > 1 {
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == Ignore })
	}
	left := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		fits, _ := c.fits(key)
		return k.taken(key, c) || c.filled > 0 && !fits
	})
	switch {
	case len(left) == 1 && left[0] == Ignore:
		c.decide(Ignore, Likely, "a candidate has no place for it")
	case len(left) == 1:
		c.decide(left[0], Likely, "by its header")
	case len(left) > 1:
		k.inDoubt(c, append(left, Ignore), "the header has several meanings")
	case len(keys) > 0:
		k.inDoubt(c, append(keys, Ignore), "the header says another thing than the cells, or than another column has")
	default:
		k.inDoubt(c, []string{Ignore}, "the header is unknown")
	}
}

// isOffice tells the words of an address that the company gives.
func isOffice(word string) bool {
	return slices.Contains([]string{"pro", "professionnel", "professionnelle", "work", "business", "company", "entreprise", "dienstlich", "dienstliche", "firmen", "geschaftlich"}, word)
}

// hireKey is the field of a candidate for what a user file calls by a code.
func hireKey(code string, keys []string) string {
	switch code {
	case "professionalMobile", "personalMobile", "directLine":
		return hirePhone
	case "personalEmail":
		return privateMail
	}
	if slices.Contains(keys, code) {
		return code
	}
	return Ignore
}

// requireHire names what no candidate can be without.
func requireHire(k *look) {
	var missing []string
	for _, key := range []string{hireID, plan.LastName, plan.FirstName} {
		if !k.has(key) {
			missing = append(missing, key)
		}
	}
	if !k.has(plan.Mail) && !k.has(privateMail) {
		missing = append(missing, plan.Mail)
	}
	if len(missing) > 0 {
		k.notef("No candidate can be read: no column is known to be %s.", strings.Join(missing, ", "))
	}
}

// concludeHire writes the section, and tries it on the whole file.
func concludeHire(k *look, h *HireFile) (err error) {
	s := k.section
	found := Candidates{Source: "generic", Separator: s.Separator, Encoding: s.Encoding, Layout: s.Layout, Fields: s.Columns, Dates: s.Dates}
	if k.lesson.YAML, err = written(k.in, "hires", found, k.lesson.Doubts); err != nil {
		return err
	}
	k.lesson.Trial, err = h.Try(found)
	return err
}

// written writes a section as a flow of a configuration. What the file cannot tell of a new flow,
// where its files come from and when, is there to be filled in. What is in doubt is said in
// comments: without an answer the section may be wrong.
func written(in Input, key string, section any, doubts []Doubt) (string, error) {
	var node yaml.Node
	if err := node.Encode(section); err != nil {
		return "", fmt.Errorf("write section: %w", err)
	}
	short(&node, 0)
	var body bytes.Buffer
	out := yaml.NewEncoder(&body)
	out.SetIndent(2)
	if err := errors.Join(out.Encode(&node), out.Close()); err != nil {
		return "", fmt.Errorf("write section: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "flows:\n  %s:\n    %s:\n", in.Flow, key)
	for _, d := range doubts {
		fmt.Fprintf(&b, "      # In doubt: %s\n", d.Question)
	}
	for line := range strings.Lines(body.String()) {
		b.WriteString("      " + line)
	}
	if in.Known == nil {
		if len(in.Wrapped) > 0 {
			fmt.Fprintf(&b, "    unwrap: [%s]\n", strings.Join(in.Wrapped, ", "))
		}
		fmt.Fprintf(&b, "    from: payroll\n    pattern: %q\n    schedule: \"0 6 * * *\"\n", patternOfName(in.File))
	}
	return b.String(), nil
}
