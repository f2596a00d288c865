package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/web/auth"
)

// Acts shows lines of the audit.
func Acts(w io.Writer, lines []audit.Line) {
	if len(lines) == 0 {
		Say(w, "no act yet")
		return
	}
	for _, l := range lines {
		about := strings.Join(strings.Fields(l.Flow+" "+l.Run), " ")
		fmt.Fprintf(w, "%s  %-14s %-10s %s\n", l.At.Local().Format("2006-01-02 15:04:05"), printable(l.Who), l.Act, about)
		if l.Note != "" {
			fmt.Fprintf(w, "%21s%s\n", "", printable(l.Note))
		}
	}
}

// Anchor shows that the audit is whole.
func Anchor(w io.Writer, a audit.Anchor) {
	if a.Sequence == 0 {
		Say(w, "the audit is empty")
		return
	}
	Say(w, "the audit is whole: %d lines\nanchor %s", a.Sequence, a)
}

// Tokens shows who may ask the daemon by token.
func Tokens(w io.Writer, tokens []auth.Token) {
	if len(tokens) == 0 {
		Say(w, "no token yet")
		return
	}
	var rows [][]string
	for _, t := range tokens {
		state := t.Expires.Local().Format(time.DateOnly)
		if !time.Now().Before(t.Expires) {
			state += " (over)"
		}
		flows := strings.Join(t.Grant.Flows, ", ")
		if flows == "" {
			flows = "all"
		}
		rows = append(rows, []string{t.Name, string(t.Grant.Role), flows, state})
	}
	grid(w, []string{"token", "role", "flows", "until"}, rows)
}
