package plan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// Set is the properties that an item sends, by code: see Codes. It is packed into one text,
// since a plan may create 200,000 people, and a map for each of them takes ten times as much
// memory. In JSON it is an object, its keys sorted.
type Set struct{ packed string }

// SetOf packs changes by code.
func SetOf(changes map[string]Change) Set {
	if len(changes) == 0 {
		return Set{}
	}
	b := make([]byte, 0, 64+24*len(changes))
	for _, code := range slices.Sorted(maps.Keys(changes)) {
		b = appendChange(b, code, changes[code])
	}
	return Set{string(b)}
}

func appendChange(b []byte, code string, c Change) []byte {
	b = appendText(appendText(appendText(b, code), c.From), c.To)
	b = binary.AppendUvarint(b, uint64(len(c.IDs)))
	for _, id := range c.IDs {
		b = binary.AppendVarint(b, int64(id))
	}
	return appendText(binary.AppendVarint(binary.AppendVarint(b, int64(c.Row)), int64(c.ExtensionID)), c.Wire)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// reader takes a packed text apart.
type reader string

func (r *reader) text() string {
	n := r.uvarint()
	text := string((*r)[:n])
	*r = (*r)[n:]
	return text
}

func (r *reader) uvarint() uint64 {
	var v uint64
	for i := 0; ; i++ {
		c := (*r)[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			*r = (*r)[i+1:]
			return v
		}
	}
}

// varint undoes the zigzag of encoding/binary.
func (r *reader) varint() int {
	u := r.uvarint()
	return int(int64(u>>1) ^ -int64(u&1))
}

func (r *reader) change() (code string, c Change) {
	code, c.From, c.To = r.text(), r.text(), r.text()
	if n := r.uvarint(); n > 0 {
		c.IDs = make([]int, n)
		for i := range c.IDs {
			c.IDs[i] = r.varint()
		}
	}
	c.Row, c.ExtensionID = r.varint(), r.varint()
	c.Wire = r.text()
	return code, c
}

// IsZero reports whether nothing is set.
func (s Set) IsZero() bool { return s.packed == "" }

// Len is how many properties are set.
func (s Set) Len() int {
	n := 0
	for range s.All() {
		n++
	}
	return n
}

// All returns the changes in the order of their codes.
func (s Set) All() iter.Seq2[string, Change] {
	return func(yield func(string, Change) bool) {
		for r := reader(s.packed); r != ""; {
			if !yield(r.change()) {
				return
			}
		}
	}
}

// Find returns the change of a property, and whether there is one.
func (s Set) Find(code string) (Change, bool) {
	for one, c := range s.All() {
		if one == code {
			return c, true
		}
	}
	return Change{}, false
}

// Get returns the change of a property, which is zero where there is none.
func (s Set) Get(code string) Change {
	c, _ := s.Find(code)
	return c
}

// Map returns the changes by code, in a map of the caller's own; nil when there are none.
func (s Set) Map() map[string]Change {
	if s.IsZero() {
		return nil
	}
	return maps.Collect(s.All())
}

// Equal reports whether two sets say the same.
func (s Set) Equal(o Set) bool { return s == o }

// MarshalJSON writes an object, without escapes for HTML.
func (s Set) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s.Map())
	return b.Bytes(), err
}

// UnmarshalJSON reads an object, strictly.
func (s *Set) UnmarshalJSON(b []byte) error {
	var changes map[string]Change
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&changes); err != nil {
		return err
	}
	*s = SetOf(changes)
	return nil
}
