package plan

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
)

// Hash identifies what the plan would do: SHA-256, in hexadecimal, of its items. What is
// said about them makes no difference.
func (p *Plan) Hash() string {
	sum := sha256.Sum256(canonical(p.Items))
	return hex.EncodeToString(sum[:])
}

// canonical is the one JSON text of the items: encoding/json sorts the keys of a map.
func canonical(items []Item) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(items); err != nil {
		panic(fmt.Sprintf("plan: items hold only texts and numbers: %v", err))
	}
	return b.Bytes()
}

// ErrDamaged is wrapped by Decode for what is not a whole stored plan.
var ErrDamaged = errors.New("stored plan is damaged")

// storedVersion is that of the stored form; another one is not read.
const storedVersion = 1

// stored is how a plan is kept until it is approved.
type stored struct {
	Version  int               `json:"version"`
	Hash     string            `json:"hash"`
	Items    []Item            `json:"items"`
	Findings []finding.Finding `json:"findings"`
	Columns  []Column          `json:"columns,omitempty"`
}

// Encode writes the plan for storage, as JSON with its hash.
func (p *Plan) Encode() ([]byte, error) {
	b, err := json.Marshal(stored{Version: storedVersion, Hash: p.Hash(), Items: p.Items, Findings: p.Findings, Columns: p.Columns})
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return b, nil
}

// Decode reads what Encode wrote. It returns an error wrapping ErrDamaged for anything
// else, also when the items are not those of the hash.
func Decode(b []byte) (*Plan, error) {
	var s stored
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil || dec.More() {
		// The error of the decoder may repeat a value.
		return nil, fmt.Errorf("read plan: not the JSON of a plan: %w", ErrDamaged)
	}
	if s.Version != storedVersion {
		return nil, fmt.Errorf("read plan: version %d, want %d: %w", s.Version, storedVersion, ErrDamaged)
	}
	p := &Plan{Items: s.Items, Findings: s.Findings, Columns: s.Columns}
	if p.Hash() != s.Hash {
		return nil, fmt.Errorf("read plan: the items are not those of the hash: %w", ErrDamaged)
	}
	return p, nil
}

// Document is a plan as `plan --json` prints it.
type Document struct {
	Hash     string            `json:"hash"`
	Flow     string            `json:"flow"`
	File     string            `json:"file,omitempty"`
	Changes  Changes           `json:"changes"`
	Limits   []DocumentLimit   `json:"limits"`
	Items    []DocumentItem    `json:"items"`
	Findings []finding.Finding `json:"findings"`
}

// DocumentLimit is one limit of a Document.
type DocumentLimit struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Bound string `json:"bound"`
	Held  bool   `json:"held"`
}

// DocumentItem is one item of a Document.
type DocumentItem struct {
	Row        int                       `json:"row,omitempty"`
	Action     Action                    `json:"action"`
	EmployeeID int                       `json:"employee_id,omitempty"`
	Login      string                    `json:"login,omitempty"`
	Set        map[string]DocumentChange `json:"set,omitempty"`
}

// DocumentChange is one change of a DocumentItem.
type DocumentChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Document returns the plan in its public form. Its lists are never null.
func (p *Plan) Document(flow, file string, limits []limit.Limit) Document {
	d := Document{
		Hash: p.Hash(), Flow: flow, File: file, Changes: p.Changes(), Limits: make([]DocumentLimit, len(limits)),
		Items: make([]DocumentItem, len(p.Items)), Findings: append([]finding.Finding{}, p.Findings...),
	}
	for i, l := range limits {
		d.Limits[i] = DocumentLimit{Name: l.Name, Value: l.Value, Bound: l.Bound, Held: l.Held}
	}
	for i := range p.Items {
		item := &p.Items[i]
		d.Items[i] = DocumentItem{Row: item.Row, Action: item.Action, EmployeeID: item.EmployeeID, Login: item.Login}
		if len(item.Set) > 0 {
			d.Items[i].Set = make(map[string]DocumentChange, len(item.Set))
		}
		for code, c := range item.Set {
			d.Items[i].Set[code] = DocumentChange{From: c.From, To: c.To}
		}
	}
	return d
}

// Mark is the sign of an action in a text, of one character.
func (a Action) Mark() string {
	switch a {
	case Create:
		return "+"
	case Update:
		return "~"
	case End:
		return "-"
	case Rehire:
		return "↻"
	case Reject:
		return "!"
	default:
		return " "
	}
}

// WriteText writes the plan for a person: each change with its mark, row, login and what is
// set from what to what. Unchanged employees are only counted, at the end.
func (p *Plan) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for i := range p.Items {
		if p.Items[i].Action != Unchanged {
			writeItem(b, &p.Items[i])
		}
	}
	c := p.Changes()
	fmt.Fprintf(b, "create %d, update %d, end %d, rehire %d, unchanged %d, reject %d\n", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

func writeItem(b *bufio.Writer, item *Item) {
	place := "absent"
	if item.Row > 0 {
		place = "row " + strconv.Itoa(item.Row)
	}
	fmt.Fprintf(b, "%s %s  %s  %s\n", item.Action.Mark(), place, item.Action, or(printable(item.Login), "?"))
	for _, code := range inOrder(item.Set) {
		c := item.Set[code]
		fmt.Fprintf(b, "    %s: %s → %s\n", code, or(printable(c.From), "(none)"), or(printable(c.To), "(none)"))
	}
}

// inOrder returns the codes in the order of Codes, custom fields last.
func inOrder(set map[string]Change) []string {
	codes := make([]string, 0, len(set))
	for _, code := range Codes() {
		if _, ok := set[code]; ok {
			codes = append(codes, code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// printable keeps a value from a file from moving the cursor of a terminal.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}
