// Package wire reads the JSON of applicant tracking systems: strict about its form, since
// it comes from strangers, and lenient about types, since the same id is a number in one
// event and a string in the next.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/fault"
)

// maxDepth is how deep objects and lists may be nested; the deepest real payload has 6.
const maxDepth = 32

// ErrBody is wrapped by every error about a body that cannot be used. Its text holds
// nothing of the body and may be answered to the sender.
var ErrBody = errors.New("unusable body")

// Fault returns an error that wraps ErrBody with a sentence for the sender.
func Fault(format string, args ...any) error {
	return fault.Of(ErrBody, "%s", fmt.Sprintf(format, args...))
}

// Value is a JSON value. The zero Value is null, and what is absent.
type Value struct{ v any }

// Parse reads one JSON document of at most limit bytes. Keys are matched exactly; a key
// that occurs twice in an object is an error, since two readers could take two different
// values. All errors wrap ErrBody.
func Parse(body []byte, limit int) (Value, error) {
	switch {
	case len(body) > limit:
		return Value{}, Fault("more than %d bytes", limit)
	case !utf8.Valid(body):
		return Value{}, Fault("want JSON in UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := parse(dec, 0)
	if err != nil {
		return Value{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Value{}, Fault("something follows the JSON document")
	}
	return Value{v}, nil
}

// parse reads the next value.
func parse(dec *json.Decoder, depth int) (any, error) {
	token, err := next(dec)
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	switch {
	case !ok:
		return token, nil
	case depth == maxDepth:
		return nil, Fault("nested more than %d deep", maxDepth)
	case delim == '[':
		return parseList(dec, depth+1)
	default:
		return parseObject(dec, depth+1)
	}
}

// next does not pass on the decoder's error, which quotes the body.
func next(dec *json.Decoder) (json.Token, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, Fault("want JSON: broken after %d bytes", dec.InputOffset())
	}
	return token, nil
}

func parseList(dec *json.Decoder, depth int) ([]Value, error) {
	list := []Value{}
	for dec.More() {
		v, err := parse(dec, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, Value{v})
	}
	_, err := next(dec)
	return list, err
}

func parseObject(dec *json.Decoder, depth int) (map[string]Value, error) {
	object := make(map[string]Value)
	for dec.More() {
		token, err := next(dec)
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, Fault("want JSON: broken after %d bytes", dec.InputOffset())
		}
		if _, twice := object[key]; twice {
			return nil, Fault("an object has the same key twice")
		}
		v, err := parse(dec, depth)
		if err != nil {
			return nil, err
		}
		object[key] = Value{v}
	}
	_, err := next(dec)
	return object, err
}

// At returns the value under a path of keys; null when there is none.
func (v Value) At(keys ...string) Value {
	for _, key := range keys {
		object, _ := v.v.(map[string]Value)
		v = object[key]
	}
	return v
}

// IsNull reports whether the value is null or absent.
func (v Value) IsNull() bool { return v.v == nil }

// Object returns the members of an object.
func (v Value) Object() (members map[string]Value, ok bool) {
	members, ok = v.v.(map[string]Value)
	return members, ok
}

// List returns the elements of a list.
func (v Value) List() (elements []Value, ok bool) {
	elements, ok = v.v.([]Value)
	return elements, ok
}

// Text returns a string on one line without blanks around it, or a number as it was
// written; null is the empty text. ok is false for anything else.
func (v Value) Text() (text string, ok bool) {
	switch s := v.v.(type) {
	case nil:
		return "", true
	case string:
		return clean(s), true
	case json.Number:
		return s.String(), true
	default:
		return "", false
	}
}

// Or returns the text of the value, or nothing where it has none.
func (v Value) Or() string {
	text, _ := v.Text()
	return text
}

// Bool returns a truth value, which some write as a text or as 0 and 1. ok is false when
// it is none of these.
func (v Value) Bool() (truth, ok bool) {
	if b, isBool := v.v.(bool); isBool {
		return b, true
	}
	switch strings.ToLower(v.Or()) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	default:
		return false, false
	}
}

// clean turns control characters and runs of blanks into single blanks: a name must not
// bring a line end into a file. What cannot be seen is left out, as of a cell of a file: it would turn
// the direction of whatever is shown after it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
