package lucca

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
)

// v5 is the generation of the Lucca API: pages by cursors, at most 100 items each, and links
// and count only when asked for (developers.lucca.fr, documentation/using-api/paging).
var v5 = generation{size: 100, cursor: true, decode: decodeV5, turn: func(q url.Values, at position, size int) {
	q.Set("limit", strconv.Itoa(size))
	q.Set("include", strings.Trim(q.Get("include")+",links,totalCount", ","))
	if at.next != "" {
		q.Set("page", at.next)
	}
}}

// decodeV5 reads {"items":[…],"totalCount":N,"links":{"next":{"href":…}},"embedded":{…}}. Of
// the address of the next page only its cursor counts: the host is not the server's to choose.
func decodeV5(body []byte) (page, error) {
	var answer struct {
		Items      optional[[]json.RawMessage] `json:"items"`
		TotalCount optional[int]               `json:"totalCount"`
		Links      *struct {
			Next *struct {
				Href string `json:"href"`
			} `json:"next"`
		} `json:"links"`
		Embedded json.RawMessage `json:"embedded"`
	}
	if err := decode(body, &answer); err != nil {
		return page{}, err
	}
	next := ""
	if answer.Links != nil && answer.Links.Next != nil {
		u, err := url.Parse(answer.Links.Next.Href)
		if err == nil {
			next = u.Query().Get("page")
		}
		if next == "" {
			return page{}, fmt.Errorf("a next page without a cursor: %w", ErrMalformed)
		}
	}
	p, err := newPage(answer.Items, answer.TotalCount, next)
	if err == nil && answer.Links == nil && !p.counted {
		// Nothing would tell a part of the list from all of it.
		return page{}, fmt.Errorf("neither a count nor links: %w", ErrMalformed)
	}
	p.embedded = answer.Embedded
	return p, err
}

// identifier is an id of v5, which is a text. Those of the older generations are the same
// numbers as texts. Any other text gets a number of its own, always the same, far above them.
type identifier int

// strange is set in the numbers of ids that are none.
const strange = 1 << 62

// UnmarshalJSON reads the text. A null is no id.
func (i *identifier) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*i = 0
	if s == nil || *s == "" {
		return nil
	}
	if n, err := strconv.Atoi(*s); err == nil && n > 0 && n < strange && strconv.Itoa(n) == *s {
		*i = identifier(n)
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(*s)) // never fails
	*i = identifier(h.Sum64()>>2 | strange)
	return nil
}

// known reports whether the number is the id itself, so that it can be asked for.
func (i identifier) known() bool { return i > 0 && i < strange }

// ref is a reference {"id","type","url"} of v5, or null.
type ref struct {
	ID identifier `json:"id"`
}

// named5 is a reference to something whose id is a word, such as a custom field.
type named5 struct {
	ID string `json:"id"`
}

// itemV5 returns the decoder of a list from a function that converts one wire value.
func itemV5[W interface{ identity() identifier }, T any](convert func(W) (T, error)) func(json.RawMessage) (T, int, error) {
	return func(raw json.RawMessage) (T, int, error) {
		var w W
		err := decode(raw, &w)
		var v T
		if err == nil {
			v, err = convert(w)
		}
		return v, int(w.identity()), err
	}
}

// resource is the part that all resources of v5 share.
type resource struct {
	ID identifier `json:"id"`
}

func (r resource) identity() identifier { return r.ID }

// v5Route is the route of a list, with its name in errors.
func v5Route(name, what string) route {
	return route{v5Root + name, what, "the scope " + name + ".readonly"}
}
