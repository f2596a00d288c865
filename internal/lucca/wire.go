package lucca

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// optional tells a JSON property that is absent (not Set) from one that is null. Names
// are matched without regard to case, as Lucca's own spelling varies (cultureID,
// cultureId).
type optional[T any] struct {
	Set, Null bool
	Value     T
}

// UnmarshalJSON is called for null too.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	*o = optional[T]{Set: true, Null: string(b) == "null"}
	if o.Null {
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// reference is a nested object such as "legalEntity": {"id": 3, "name": "Acme Lyon"}.
type reference struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// page is one page of a list, of either generation.
type page struct {
	items []json.RawMessage
	// count is the length of the whole list when counted.
	count   int
	counted bool
	// next names the page that follows, in v4 and v5: a number or a token; empty when there
	// is none or the server does not say.
	next string
	// embedded are resources beside the items, in v5.
	embedded json.RawMessage
}

// decodeV3 reads {"data":{"items":[…],"count":N}}. A 200 with a Message is a failure in
// v3, as in Lucca's own client.
func decodeV3(body []byte) (page, error) {
	var answer struct {
		Message optional[any]
		Data    optional[struct {
			Items optional[[]json.RawMessage] `json:"items"`
			Count optional[int]               `json:"count"`
		}] `json:"data"`
	}
	if err := decode(body, &answer); err != nil {
		return page{}, err
	}
	if m := answer.Message; m.Set && !m.Null && m.Value != "" {
		return page{}, fmt.Errorf("an error message with status 200: %w", ErrMalformed)
	}
	return newPage(answer.Data.Value.Items, answer.Data.Value.Count, "")
}

// decodeV4 reads {"items":[…],"count":N,"next":…}.
func decodeV4(body []byte) (page, error) {
	var answer struct {
		Items optional[[]json.RawMessage] `json:"items"`
		Count optional[int]               `json:"count"`
		Next  json.RawMessage             `json:"next"`
	}
	if err := decode(body, &answer); err != nil {
		return page{}, err
	}
	return newPage(answer.Items, answer.Count, nextPage(answer.Next))
}

func newPage(items optional[[]json.RawMessage], count optional[int], next string) (page, error) {
	if !items.Set || items.Null {
		return page{}, fmt.Errorf("no list of items: %w", ErrMalformed)
	}
	if count.Value < 0 {
		return page{}, fmt.Errorf("a negative count: %w", ErrMalformed)
	}
	return page{items: items.Value, count: count.Value, counted: count.Set && !count.Null, next: next}, nil
}

// nextPage reads the link to the following page, of which Lucca documents only that it
// may be a token or an offset: a number, a token, or an address with page= in it.
func nextPage(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		var n int
		if json.Unmarshal(raw, &n) != nil || n <= 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	if _, query, isAddress := strings.Cut(s, "?"); isAddress {
		values, err := url.ParseQuery(query)
		if err != nil {
			return ""
		}
		return values.Get("page")
	}
	return s
}

// decode reads one JSON value into v. Its errors name the place but never the content.
func decode(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("property %q has the wrong type: %w", wrong.Field, ErrMalformed)
	}
	if isHTML(body) {
		return fmt.Errorf("a web page: check lucca.url: %w", ErrMalformed)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d: %w", syntax.Offset, ErrMalformed)
	}
	return fmt.Errorf("not the expected JSON: %w", ErrMalformed)
}
