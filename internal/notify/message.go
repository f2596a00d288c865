package notify

import (
	"fmt"
	"strings"
	"time"
)

// Message is an event as it is told to a target.
type Message struct {
	Event
	At time.Time
	// Earlier is what had gone wrong where the message is that it is over; empty else.
	Earlier Kind
	// Machine is the name of the machine that speaks.
	Machine string
}

// Word is what happened: the event's kind, or recovered.
func (m Message) Word() string {
	if m.Earlier != "" {
		return "recovered"
	}
	return string(m.Kind)
}

// Headline is the one line that a person sees first.
func (m Message) Headline() string {
	return fmt.Sprintf("[%s] %s: %s", Product, m.Flow, m.Word())
}

// Text is the whole of it in plain lines, with what matters most at the top.
func (m Message) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", m.sentence())
	for _, line := range []struct{ name, value string }{
		{"Reason", m.Reason}, {"Outcome", m.Outcome}, {"Run", m.Run}, {"Rows", m.rows()}, {"Findings", m.findings()}, {"Machine", m.Machine},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "%-10s%s\n", line.name+":", line.value)
		}
	}
	m.writeFindings(&b)
	m.writeApproval(&b)
	if m.Run != "" {
		fmt.Fprintf(&b, "\nThe whole of it: %s runs show %s\n", Product, m.Run)
	}
	if m.Page != "" {
		fmt.Fprintf(&b, "\nIn a browser: %s\n", m.Page)
	}
	return b.String()
}

func (m Message) sentence() string {
	if m.Earlier != "" {
		return fmt.Sprintf("The flow %s is well again. What was told before: %s.", m.Flow, m.Earlier)
	}
	switch m.Kind {
	case Failed:
		return fmt.Sprintf("A run of the flow %s failed.", m.Flow)
	case Held:
		return fmt.Sprintf("A run of the flow %s is held: nothing happens until a person approves or rejects it.", m.Flow)
	case Rejections:
		return fmt.Sprintf("A run of the flow %s is done, without the rows that it had to reject.", m.Flow)
	case Trial:
		return "This is a test: nothing happened. Messages of " + Product + " arrive here."
	case Warned:
		return fmt.Sprintf("A run of the flow %s is done, and found something that has to be seen to in time.", m.Flow)
	default: // Missing: judge lets no other kind through
		return fmt.Sprintf("The flow %s expected a file, and none has come.", m.Flow)
	}
}

func (m Message) rows() string {
	if m.Rows == (Rows{}) {
		return ""
	}
	return fmt.Sprintf("%d read, %d sent, %d rejected", m.Rows.Read, m.Rows.Sent, m.Rows.Rejected)
}

func (m Message) findings() string {
	if m.Findings.Errors+m.Findings.Warnings == 0 {
		return ""
	}
	return fmt.Sprintf("%s, %s", count(m.Findings.Errors, "error"), count(m.Findings.Warnings, "warning"))
}

func (m Message) writeFindings(b *strings.Builder) {
	listed := m.Findings.First[:min(len(m.Findings.First), maxListed)]
	if len(listed) == 0 {
		return
	}
	b.WriteString("\n")
	for _, line := range listed {
		fmt.Fprintf(b, "  %s\n", line)
	}
	if more := m.Findings.Errors + m.Findings.Warnings - len(listed); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

func (m Message) writeApproval(b *strings.Builder) {
	if m.Approve == "" || m.Earlier != "" {
		return
	}
	b.WriteString("\nTo decide")
	if !m.Expires.IsZero() {
		fmt.Fprintf(b, ", until %s", m.Expires.Format(expiryLayout))
	}
	b.WriteString(":\n")
	for line := range strings.Lines(m.Approve) {
		fmt.Fprintf(b, "  %s\n", strings.TrimSpace(line))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
