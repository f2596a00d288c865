package tabular

import (
	"errors"
	"fmt"
	"strings"

	"lucca-exchange/internal/finding"
)

// ErrRefused is wrapped by the error of a file of which no row can be trusted: its bytes,
// its header or its size are not what was agreed. See Refusal.
var ErrRefused = errors.New("refuse file")

// Refusal is an error that says why a file is refused as a whole. It wraps ErrRefused.
type Refusal struct {
	// Findings has every reason, each of severity error.
	Findings []finding.Finding
}

// refusalShown is how many reasons an error text holds; the findings have them all.
const refusalShown = 3

// Error writes the first reasons on one line.
func (r *Refusal) Error() string {
	var texts []string
	for i, f := range r.Findings {
		if i == refusalShown {
			texts = append(texts, fmt.Sprintf("and %d more", len(r.Findings)-i))
			break
		}
		text := f.Message
		if f.Cell != "" {
			text = "cell " + f.Cell + ": " + text
		} else if f.Row > 0 {
			text = fmt.Sprintf("row %d: %s", f.Row, text)
		}
		texts = append(texts, text)
	}
	return ErrRefused.Error() + ": " + strings.Join(texts, "; ")
}

// Unwrap returns ErrRefused.
func (r *Refusal) Unwrap() error { return ErrRefused }

// Refuse returns the error of a file that is refused for one reason, about a row or,
// with row 0, about the file.
func Refuse(row int, code, message string) error {
	return &Refusal{Findings: []finding.Finding{{Severity: finding.Error, Code: code, Row: row, Message: message}}}
}

// textFault is a fault of the bytes, found while they are decoded: the place is known to
// whoever counts the rows.
type textFault struct{ code, message string }

// Error returns the message.
func (f *textFault) Error() string { return f.message }
