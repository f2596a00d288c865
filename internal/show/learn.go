package show

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Learnt is what learn found out about a file, and the JSON document of it.
type Learnt struct {
	File string `json:"file"`
	learn.Lesson
	// Plan is the document of the first plan.
	Plan json.RawMessage `json:"plan,omitempty"`
	// Known says that the configuration has the flow already.
	Known bool `json:"-"`
}

// Lesson shows what was learnt.
func Lesson(w Page, l Learnt) {
	kind := "text (CSV)"
	if l.Kind == tabular.XLSX {
		kind = "an Excel workbook"
	}
	fmt.Fprintf(w, "%s\n\n", w.said(fmt.Sprintf("%s: %s, %d rows below the header", l.File, kind, l.Rows)))
	for _, f := range l.Facts {
		text := learnt(w, f.Value)
		if f.Confidence != learn.Certain {
			text += ", " + learnt(w, string(f.Confidence))
		}
		if f.Because != "" {
			text += colon(w) + w.said(f.Because)
		}
		said(w, learnt(w, f.Name), text)
	}
	learntColumns(w, l.Lesson)
	doubts(w, l.Doubts)
	for _, note := range l.Notes {
		fmt.Fprintf(w, "\n%s\n", Wrapped(w.said(note), ""))
	}
	what := "The flow; put it into the configuration, and set from: and schedule:"
	if l.Known {
		what = "The section import of the flow; all else of it stays as it is:"
	}
	fmt.Fprintf(w, "\n%s\n\n%s\n", w.said(what), commented(w, l.YAML))
	trial(w, l.Lesson)
}

// keyed is the text of a key in the reader's language, or what is said in English where there is none.
func keyed(w Page, key, english string) string {
	if foreign(w) {
		if told := w.Words.Text(key); told != key {
			return told
		}
	}
	return w.said(english)
}

// learnt is what a fact is called, or a word of one: a file says more of its own than words.
func learnt(w Page, english string) string {
	key := map[string]string{"vertical bar": "bar", string(learn.Unsettled): "unsettled"}[english]
	return keyed(w, "learnt."+cmp.Or(key, english), english)
}

// meaning is what an answer means: of a column, what the field is called in Lucca.
func meaning(w Page, c learn.Choice) string {
	if !foreign(w) {
		return c.Means
	}
	return cmp.Or(message.Field(w.Words, c.Answer), learnt(w, c.Means))
}

// commented is a section of a configuration with its comments in the reader's language.
func commented(w Page, section string) string {
	if !foreign(w) {
		return section
	}
	lines := strings.Split(section, "\n")
	for i, line := range lines {
		if before, question, isComment := strings.Cut(line, "# In doubt: "); isComment && strings.TrimSpace(before) == "" {
			lines[i] = before + w.Words.Text("learnt.comment", "question", w.said(question))
		}
	}
	return strings.Join(lines, "\n")
}

// said prints a labelled line, of which the rest goes below its beginning.
func said(w Page, label, text string) {
	const indent = "               "
	fmt.Fprintf(w, "  %-12s %s\n", label, strings.TrimLeft(Wrapped(text, indent), " "))
}

func learntColumns(w Page, l learn.Lesson) {
	wide := 0
	for _, c := range l.Columns {
		wide = max(wide, len([]rune(shorten(c.Header))))
	}
	fmt.Fprintln(w)
	for _, c := range l.Columns {
		means, why := c.Code, ""
		switch c.Confidence {
		case learn.Likely:
			why = learnt(w, string(c.Confidence)) + colon(w) + w.said(c.Because)
		case learn.Unsettled:
			means, why = "?", w.said(c.Because)
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-3s %-*s  %-18s %s", c.Column, wide, shorten(c.Header), means, why), " "))
	}
}

func doubts(w Page, doubts []learn.Doubt) {
	if len(doubts) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", w.said("In doubt; answer at a terminal, or with --answer"))
	for _, d := range doubts {
		fmt.Fprintf(w, "\n  %s\n", strings.TrimLeft(Wrapped(w.said(d.Question), "  "), " "))
		answers := d.Choices
		if d.Free {
			answers = append(slices.Clone(answers), learn.Choice{Answer: "…", Means: "what you know"})
		}
		for _, c := range answers {
			fmt.Fprintf(w, "    --answer %-42s %s\n", shellQuoted(d.ID+"="+c.Answer), meaning(w, c))
		}
	}
}

// shellQuoted puts a text between quotes where a shell would cut it.
func shellQuoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:=_-./…") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// trial says what an import would make of the file.
func trial(w Page, l learn.Lesson) {
	switch t := l.Trial; {
	case t.Refused && len(l.Doubts) > 0:
		fmt.Fprintln(w, w.said("With this flow the file is refused as long as that is in doubt:"))
	case t.Refused:
		fmt.Fprintln(w, w.said("With this flow the file is refused:"))
	case t.Rejected > 0:
		fmt.Fprintln(w, w.said(fmt.Sprintf("With this flow %d rows are read, and %d of them rejected:", t.Rows, t.Rejected)))
	default:
		fmt.Fprintln(w, w.said(fmt.Sprintf("With this flow %d rows are read.", t.Rows)))
	}
	findings(w, state.Record{Findings: l.Trial.Findings}, shownFindings, "--json prints them all")
}

// Question asks about a doubt: its choices by number.
func Question(w Page, d learn.Doubt) {
	fmt.Fprintf(w, "\n%s\n", Wrapped(w.said(d.Question), ""))
	for i, c := range d.Choices {
		fmt.Fprintf(w, "  %d  %-20s %s\n", i+1, c.Answer, meaning(w, c))
	}
	what := "Number"
	if d.Free {
		what = "Number or another text"
	}
	fmt.Fprint(w, w.said(w.said(what)+", or nothing to leave it open: "))
}
