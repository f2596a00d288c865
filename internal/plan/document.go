package plan

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Document is a plan as `plan --json` prints it.
type Document struct {
	Hash     string            `json:"hash"`
	Flow     string            `json:"flow"`
	File     string            `json:"file,omitempty"`
	Changes  Changes           `json:"changes"`
	Limits   []run.Limit       `json:"limits"`
	Items    []DocumentItem    `json:"items"`
	Findings []finding.Finding `json:"findings"`
	// Omitted counts the findings that are not listed.
	Omitted []finding.Omitted `json:"omitted,omitempty"`
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
func (p *Plan) Document(flow, file string, limits []run.Limit) Document {
	d := Document{
		Hash: p.Hash(), Flow: flow, File: file, Changes: p.Changes(), Limits: append([]run.Limit{}, limits...),
		Items: make([]DocumentItem, len(p.Items)), Findings: append([]finding.Finding{}, p.Findings...),
		Omitted: finding.Tally(p.Rest),
	}
	for i := range p.Items {
		d.Items[i] = p.Items[i].document()
	}
	return d
}

func (i *Item) document() DocumentItem {
	d := DocumentItem{Row: i.Row, Action: i.Action, EmployeeID: i.EmployeeID, Login: i.Login}
	if !i.Set.IsZero() {
		d.Set = make(map[string]DocumentChange, i.Set.Len())
	}
	for code, c := range i.Set.All() {
		d.Set[code] = DocumentChange{From: c.From, To: c.To}
	}
	return d
}

// noItems is how a document without items reads, where they would stand.
const noItems = `"items": []`

// WriteDocument writes the document as JSON with an indent of two blanks, an item at a time:
// that of 200,000 rows is larger than what should be in memory at once.
func (p *Plan) WriteDocument(w io.Writer, flow, file string, limits []run.Limit) error {
	bare := *p
	bare.Items = nil
	d := bare.Document(flow, file, limits)
	d.Hash, d.Changes = p.Hash(), p.Changes()
	frame, err := json.MarshalIndent(d, "", "  ")
	must(err)
	head, tail, _ := strings.Cut(string(frame), "\n  "+noItems)
	if len(p.Items) == 0 {
		_, err := fmt.Fprintf(w, "%s\n", frame)
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n  \"items\": [", head)
	for i := range p.Items {
		item, err := json.MarshalIndent(p.Items[i].document(), "    ", "  ")
		must(err)
		if i > 0 {
			fmt.Fprint(b, ",")
		}
		fmt.Fprintf(b, "\n    %s", item)
	}
	fmt.Fprintf(b, "\n  ]%s\n", tail)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// InOrder returns the keys of what is by code in the order of Lucca's documentation, custom
// fields last: the order in which people read changes.
func InOrder[V any](set map[string]V) []string {
	codes := make([]string, 0, len(set))
	for _, code := range Codes() {
		if _, ok := set[code]; ok {
			codes = append(codes, code)
		}
	}
	fields := make([]string, 0, len(set)-len(codes))
	for code := range set {
		if !slices.Contains(codes, code) {
			fields = append(fields, code)
		}
	}
	slices.Sort(fields)
	return append(codes, fields...)
}
