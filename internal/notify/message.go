package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// Message is an event as it is told to a target.
type Message struct {
	Event
	At time.Time
	// Earlier is what had gone wrong where the message is that it is over; empty else.
	Earlier Kind
	// Language is that of who is told; empty for English.
	Language message.Language
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

// words are the texts of the message's language, with times in the zone of its own.
func (m Message) words() message.Printer {
	zone := time.UTC
	if !m.Expires.IsZero() {
		zone = m.Expires.Location()
	}
	return message.In(m.Language, zone)
}

// Headline is the one line that a person sees first: what happened to which flow, and to how
// many rows.
func (m Message) Headline() string {
	p := m.words()
	if m.Digest != nil {
		return m.Digest.headline(p)
	}
	parts := []string{p.Text("mail.word." + m.Word())}
	if m.Earlier == "" && m.Rows.Read > 0 {
		parts = append(parts, p.Text("counts.rows", "n", m.Rows.Read))
	}
	if m.Earlier == "" && m.Rows.Rejected > 0 {
		parts = append(parts, p.Text("counts.rejected", "n", m.Rows.Rejected))
	}
	return "[" + Product + "] " + m.Flow + p.Colon() + strings.Join(parts, ", ")
}

// Text is the whole of it in plain lines, with what matters most at the top.
func (m Message) Text() string {
	p := m.words()
	var b strings.Builder
	if m.Digest != nil {
		b.WriteString(m.Digest.text(p))
	} else {
		fmt.Fprintf(&b, "%s\n\n", m.sentence(p))
		m.writeFacts(&b, p)
	}
	m.writeFindings(&b, p)
	m.writeApproval(&b, p)
	if m.Run != "" {
		fmt.Fprintf(&b, "\n%s %s runs show %s\n", p.Text("mail.whole"), Product, m.Run)
	}
	if m.Page != "" {
		fmt.Fprintf(&b, "\n%s %s\n", p.Text("mail.browser"), m.Page)
	}
	return b.String()
}

// visible is a text that may quote a file or a server, on one line, with signs that a reader sees: none
// moves a cursor, and none turns the line round.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// writeFacts writes a line for each fact, its value behind the longest name.
func (m Message) writeFacts(b *strings.Builder, p message.Printer) {
	facts := []struct{ name, value string }{
		{"reason", visible(p.Said(m.Reason))}, {"outcome", m.outcome(p)}, {"run", m.Run}, {"rows", m.rows(p)}, {"findings", m.findings(p)}, {"machine", m.Machine},
	}
	wide := 0
	for i := range facts {
		facts[i].name = p.Text("mail." + facts[i].name)
		wide = max(wide, utf8.RuneCountInString(facts[i].name))
	}
	for _, fact := range facts {
		if fact.value != "" {
			fmt.Fprintf(b, "%-*s %s\n", wide, fact.name, fact.value)
		}
	}
}

func (m Message) outcome(p message.Printer) string {
	if m.Outcome == "" {
		return ""
	}
	return p.Text("mail.word." + m.Outcome)
}

func (m Message) sentence(p message.Printer) string {
	if m.Earlier != "" {
		return p.Text("mail.recovered", "flow", m.Flow, "earlier", p.Text("mail.word."+string(m.Earlier)))
	}
	if !m.Ends.IsZero() {
		return p.Text("mail.ends", "flow", m.Flow)
	}
	switch m.Kind {
	case Failed, Held, Rejections, Trial, Warned:
		return p.Text("mail."+string(m.Kind), "flow", m.Flow, "product", Product)
	case Missing:
		if m.Slots > 0 {
			return p.Text("mail.missed", "flow", m.Flow)
		}
		return p.Text("mail.missing", "flow", m.Flow)
	default: // judge lets no other kind through
		return p.Text("mail.missing", "flow", m.Flow)
	}
}

func (m Message) rows(p message.Printer) string {
	if m.Rows == (run.Rows{}) {
		return ""
	}
	return strings.Join([]string{
		p.Text("mail.read", "n", m.Rows.Read), p.Text("mail.sent", "n", m.Rows.Sent), p.Text("mail.rejected", "n", m.Rows.Rejected),
	}, ", ")
}

func (m Message) findings(p message.Printer) string {
	if m.Findings.Errors+m.Findings.Warnings == 0 {
		return ""
	}
	return p.Text("mail.errors", "n", m.Findings.Errors) + ", " + p.Text("mail.warnings", "n", m.Findings.Warnings)
}

func (m Message) writeFindings(b *strings.Builder, p message.Printer) {
	listed := m.Findings.First[:min(len(m.Findings.First), maxListed)]
	if len(listed) == 0 {
		return
	}
	b.WriteString("\n")
	for _, line := range listed {
		fmt.Fprintf(b, "  %s\n", visible(findingIn(p, line)))
	}
	if more := m.Findings.Errors + m.Findings.Warnings - len(listed); more > 0 {
		fmt.Fprintf(b, "  %s\n", p.Text("mail.more", "n", more))
	}
}

// findingIn tells a finding, written as by its method String, in a language.
func findingIn(p message.Printer, line string) string {
	about, said, ok := strings.Cut(line, ": ")
	words := strings.Fields(about)
	if !ok || len(words) < 2 || p.Language == message.English {
		return line
	}
	code := words[len(words)-1]
	words[0] = p.Text("severity." + words[0])
	return strings.Join(words, " ") + p.Colon() + p.Finding(code, said)
}

func (m Message) writeApproval(b *strings.Builder, p message.Printer) {
	if m.Approve == "" || m.Earlier != "" {
		return
	}
	if m.Expires.IsZero() {
		fmt.Fprintf(b, "\n%s\n", p.Text("mail.decide"))
	} else {
		fmt.Fprintf(b, "\n%s\n", p.Text("mail.decide_until", "time", p.Weekday(m.Expires)))
	}
	for line := range strings.Lines(m.Approve) {
		fmt.Fprintf(b, "  %s\n", strings.TrimSpace(line))
	}
}
