// Package learn finds out how a file of users is written, and says so as the section of the
// configuration that reads it: encoding, separator, header row, order of dates, what each
// column means, which words stand for what. What can be seen in the file, or in Lucca, is
// taken; what could be read in two ways is a Doubt with its choices, and is never decided in
// silence. The section is tried on the whole file by the reader of imports itself.
//
// It is pure: bytes and answers in, a Lesson out.
package learn

import (
	"errors"
	"fmt"
	"io"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// Input is what there is to learn from beside the file.
type Input struct {
	// Flow is the name of the flow, File the base name of the file; they are written into the
	// section.
	Flow, File string
	// People are those of Lucca, or nil: then only the file is looked at.
	People *roster.Roster
	// Known is what the flow is configured with, or nil for a new one. What it says of columns
	// and values is taken over.
	Known *Section
	// Wrapped are the names of what was undone before, the outermost first: gzip and zip.
	Wrapped []string
	// Hires is for a file of candidates; nil for one of users.
	Hires *HireFile
	// Answers settle doubts, by their ids.
	Answers map[string]string
}

// Section is the part of a flow that says how its files are read.
type Section struct {
	plan.Policy      `yaml:",inline"`
	userfile.Options `yaml:",inline"`
	// What follows is taken over from the flow, so that the section can replace that which is
	// configured.
	Approval plan.Approval `yaml:"approval,omitempty"`
	Limits   plan.Limits   `yaml:"limits,omitempty"`
	Apply    string        `yaml:"apply,omitempty"`
}

// Confidence says how much speaks for what was found.
type Confidence string

// Certain: nothing else was meant. Likely: the header says so, and nothing speaks against
// it. Unsettled: see the doubt.
const (
	Certain   Confidence = "certain"
	Likely    Confidence = "likely"
	Unsettled Confidence = "in doubt"
)

// Ignore stands for the code of a column that is left out.
const Ignore = "ignore"

// Column is one column of the file.
type Column struct {
	// Column is its letter in a spreadsheet, Code what it means: one of Lucca's codes, name
	// for a column with the whole name, or Ignore; empty while it is in doubt.
	Column     string     `json:"column"`
	Header     string     `json:"header"`
	Code       string     `json:"code,omitempty"`
	Confidence Confidence `json:"confidence"`
	Because    string     `json:"because"`
}

// Fact is one thing that was found out about the file.
type Fact struct {
	Name       string     `json:"name"`
	Value      string     `json:"value"`
	Confidence Confidence `json:"confidence"`
	Because    string     `json:"because,omitempty"`
}

// Doubt is a question to somebody who knows the file.
type Doubt struct {
	// ID is what an answer is given under.
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Choices  []Choice `json:"choices"`
	// Free: another text than those of the choices is an answer too.
	Free bool `json:"free,omitempty"`
}

// Choice is an answer with what it means.
type Choice struct {
	Answer string `json:"answer"`
	Means  string `json:"means"`
}

// Trial is what the reader of imports makes of the file with the section.
type Trial struct {
	// Refused: no row would be used. Rejected counts the rows that the reader alone rejects.
	Refused  bool              `json:"refused"`
	Rows     int               `json:"rows"`
	Rejected int               `json:"rejected"`
	Findings []finding.Finding `json:"findings"`
}

// Lesson is what was learnt of a file.
type Lesson struct {
	Kind    string   `json:"kind"`
	Rows    int      `json:"rows"`
	Facts   []Fact   `json:"facts"`
	Columns []Column `json:"columns"`
	Doubts  []Doubt  `json:"doubts"`
	Notes   []string `json:"notes"`
	// YAML is the flow, ready to be put into a configuration.
	YAML    string  `json:"yaml"`
	Trial   Trial   `json:"trial"`
	Section Section `json:"-"`
}

// ErrAnswer is wrapped by the error about an answer to a question that was not asked, or that
// is none of its choices.
var ErrAnswer = errors.New("answer a doubt")

// Look learns from a file. The error wraps tabular.ErrRefused when it is no table at all.
func Look(file io.ReadSeeker, in Input) (Lesson, error) {
	words, err := newDictionary(in.Hires != nil)
	if err != nil {
		return Lesson{}, err
	}
	k := &look{file: file, in: in, words: words, asked: make(map[string]bool)}
	if in.Known != nil {
		k.known = *in.Known
	}
	k.lesson = Lesson{Facts: []Fact{}, Columns: []Column{}, Doubts: []Doubt{}, Notes: []string{}}
	for _, step := range []func(*look) error{learnKind, learnEncoding, learnSeparator, learnHeader, surveyAll} {
		if err := step(k); err != nil {
			return Lesson{}, err
		}
	}
	if in.Hires != nil {
		err := learnHire(k)
		return k.lesson, err
	}
	k.columns()
	learnDates(k)
	learnValues(k)
	identify(k)
	requireColumns(k)
	if err := k.unasked(); err != nil {
		return Lesson{}, err
	}
	return k.lesson, k.writeSection()
}

// look is a Look under way.
type look struct {
	file  io.ReadSeeker
	in    Input
	words dictionary
	known Section
	// format is how the bytes are read, as far as is known.
	format tabular.Format
	// head are the first rows, rows and cols what all of them hold.
	head  []tabular.RawRow
	cols  []column
	asked map[string]bool
	// headerRow is the number of the header's row.
	headerRow int
	lesson    Lesson
	section   Section
}

// raw reads the file from its beginning.
func (k *look) raw(f tabular.Format, do func(tabular.RawRow) bool) (tabular.Info, error) {
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return tabular.Info{}, fmt.Errorf("read file: %w", err)
	}
	return tabular.Raw(k.file, f, do)
}

func (k *look) fact(name, value string, sure Confidence, because string, args ...any) {
	k.lesson.Facts = append(k.lesson.Facts, Fact{Name: name, Value: value, Confidence: sure, Because: fmt.Sprintf(because, args...)})
}

func (k *look) notef(format string, args ...any) {
	k.lesson.Notes = append(k.lesson.Notes, fmt.Sprintf(format, args...))
}

// ask returns the answer to a doubt, and notes the doubt while there is none.
func (k *look) ask(d Doubt) (answer string, ok bool) {
	k.asked[d.ID] = true
	if answer, ok := k.in.Answers[d.ID]; ok && d.takes(answer) {
		return answer, true
	}
	k.lesson.Doubts = append(k.lesson.Doubts, d)
	return "", false
}

// takes reports whether a text is an answer.
func (d Doubt) takes(answer string) bool {
	for _, c := range d.Choices {
		if c.Answer == answer {
			return true
		}
	}
	return d.Free && answer != ""
}

// unasked is the error about answers that nobody asked for, or that are none.
func (k *look) unasked() error {
	for id := range k.in.Answers {
		if !k.asked[id] {
			return fault.Of(ErrAnswer, "there is no doubt %q about this file", id)
		}
	}
	for _, d := range k.lesson.Doubts {
		if _, given := k.in.Answers[d.ID]; given {
			return fault.Of(ErrAnswer, "%q takes one of %s", d.ID, d.list())
		}
	}
	return nil
}

func (d Doubt) list() string {
	text := ""
	for i, c := range d.Choices {
		if i > 0 {
			text += ", "
		}
		text += c.Answer
	}
	return text
}
