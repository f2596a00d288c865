package show

import (
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/web/auth"
)

// Acts shows lines of the audit.
func Acts(w Page, lines []audit.Line) {
	if len(lines) == 0 {
		Say(w, "no act yet")
		return
	}
	rows := make([]row, len(lines))
	for i, l := range lines {
		rows[i] = row{[]string{w.minute(l.At), printable(l.Who), act(w, l.Act), l.Flow, l.Run}, noted(w, l)}
	}
	w.table(table{header: []string{"when", "who", "act", "flow", "run"}, noted: "note", flexible: []int{1, 2, 3}, rows: rows, people: true, times: true})
}

// act says what was done: its code, or in another language the words of the console.
func act(w Page, a audit.Act) string {
	key := "act." + string(a)
	if told := w.Words.Text; foreign(w) && told(key) != key {
		return told(key)
	}
	return string(a)
}

// noted is the note of an act, in the reader's language where the program wrote it.
func noted(w Page, l audit.Line) string {
	if foreign(w) && l.Act.Remarks() {
		return message.Remark(w.Words, printable(l.Note))
	}
	return w.said(printable(l.Note)) // the blanks of a language are none that hide something
}

// Anchor shows that the audit is whole.
func Anchor(w Page, a audit.Anchor) {
	if a.Sequence == 0 {
		Say(w, "the audit is empty")
		return
	}
	Say(w, "the audit is whole: %d lines\nanchor %s", a.Sequence, a)
}

// Tokens shows who may ask the daemon by token.
func Tokens(w Page, tokens []auth.Token) {
	if len(tokens) == 0 {
		Say(w, "no token yet")
		return
	}
	var rows [][]string
	for _, t := range tokens {
		state := w.day(t.Expires)
		if !time.Now().Before(t.Expires) {
			state += " (" + w.said("over") + ")"
		}
		flows := strings.Join(t.Grant.Flows, ", ")
		if flows == "" {
			flows = w.said("all")
		}
		rows = append(rows, []string{t.Name, string(t.Grant.Role), flows, state})
	}
	w.grid([]string{"token", "role", "flows", "until"}, rows)
}
