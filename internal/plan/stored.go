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
	"strings"

	"lucca-exchange/internal/finding"
)

// Hash identifies what the plan would do: SHA-256, in hexadecimal, of its items. What is
// said about them makes no difference.
func (p *Plan) Hash() string {
	sum := sha256.New()
	writeItems(sum, p.Items)
	sum.Write([]byte("\n"))
	return hex.EncodeToString(sum.Sum(nil))
}

// writeItems writes the one JSON text of the items, an item at a time: all of them can be
// larger than the plan by far. What they are written to keeps its error, or has none.
func writeItems(w io.Writer, items []Item) {
	if items == nil {
		fmt.Fprint(w, "null")
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	fmt.Fprint(w, "[")
	for i := range items {
		b.Reset()
		must(enc.Encode(&items[i]))
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, "%s", bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	}
	fmt.Fprint(w, "]")
}

// must is for JSON of what holds only texts and numbers.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("plan: items hold only texts and numbers: %v", err))
	}
}

// ErrDamaged is wrapped by Decode for what is not a whole stored plan.
var ErrDamaged = errors.New("stored plan is damaged")

// storedVersion is that of the stored form; another one is not read.
const storedVersion = 1

// about is what is stored of a plan before its items.
type about struct {
	Version  int               `json:"version"`
	Hash     string            `json:"hash"`
	Findings []finding.Finding `json:"findings"`
	Rest     []finding.Rest    `json:"rest,omitempty"`
	Columns  []Column          `json:"columns,omitempty"`
}

// Encode writes the plan for storage, as a JSON object with its hash, the items last.
func (p *Plan) Encode(w io.Writer) error {
	head := jsonOf(about{Version: storedVersion, Hash: p.Hash(), Findings: p.Findings, Rest: p.Rest, Columns: p.Columns})
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `%s,"items":`, strings.TrimSuffix(head, "}"))
	writeItems(b, p.Items)
	fmt.Fprint(b, "}")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// Decode reads what Encode wrote, and leaves what follows it. It returns an error wrapping
// ErrDamaged for anything else, also when the items are not those that were planned.
func Decode(dec *json.Decoder) (*Plan, error) {
	var (
		a     about
		items []Item
	)
	into := map[string]any{"version": &a.Version, "hash": &a.Hash, "findings": &a.Findings, "rest": &a.Rest, "columns": &a.Columns}
	dec.DisallowUnknownFields()
	err := eachKey(dec, func(key string) error {
		if key == "items" {
			return decodeItems(dec, &items)
		}
		part, known := into[key]
		if !known {
			return ErrDamaged
		}
		return dec.Decode(part)
	})
	if err != nil {
		// The error of the decoder may repeat a value.
		return nil, fmt.Errorf("read plan: not the JSON of a plan: %w", ErrDamaged)
	}
	if a.Version != storedVersion {
		return nil, fmt.Errorf("read plan: version %d, want %d: %w", a.Version, storedVersion, ErrDamaged)
	}
	p := &Plan{Items: items, Findings: a.Findings, Rest: a.Rest, Columns: a.Columns}
	if p.Hash() != a.Hash {
		return nil, fmt.Errorf("read plan: the items are not those that were planned: %w", ErrDamaged)
	}
	return p, nil
}

// eachKey calls do for each key of an object, which reads its value.
func eachKey(dec *json.Decoder, do func(key string) error) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, ErrDamaged)
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder takes no other
		if err := do(key); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// decodeItems reads a list of items, or null for none.
func decodeItems(dec *json.Decoder, items *[]Item) error {
	t, err := dec.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return ErrDamaged
	}
	*items = []Item{}
	for dec.More() {
		var item Item
		if err := dec.Decode(&item); err != nil {
			return err
		}
		*items = append(*items, item)
	}
	_, err = dec.Token()
	return err
}
