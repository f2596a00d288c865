package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxPage is the largest page of v3 and of v4's work contracts.
const maxPage = 1000

// refusal is a request's fault: the answer is error 400 with this message.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// selection is a parsed `fields`: names in small letters, each with what is wanted of it.
type selection []selected

type selected struct {
	name string
	sub  selection
}

// add merges a path into the selection and returns what is selected below it.
func (s *selection) add(name string) *selection {
	for i := range *s {
		if (*s)[i].name == name {
			return &(*s)[i].sub
		}
	}
	*s = append(*s, selected{name: name})
	return &(*s)[len(*s)-1].sub
}

// cut removes a name and reports what was selected below it.
func (s *selection) cut(name string) (selection, bool) {
	for i, f := range *s {
		if f.name == name {
			*s = slices.Delete(*s, i, i+1)
			return f.sub, true
		}
	}
	return nil, false
}

// parseFields reads `a,b[c,d.e],f.g`. Spaces may follow a separator only.
func parseFields(s string) (selection, error) {
	p := fieldsParser{rest: s}
	var sel selection
	if err := p.list(&sel); err != nil {
		return nil, err
	}
	if p.rest != "" {
		return nil, refuse("Fields are not in correct format: unexpected ']'")
	}
	return sel, nil
}

type fieldsParser struct{ rest string }

func (p *fieldsParser) list(into *selection) error {
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if err := p.item(into); err != nil {
			return err
		}
		if !p.eat(',') {
			return nil
		}
	}
}

func (p *fieldsParser) item(into *selection) error {
	for {
		n := strings.IndexFunc(p.rest, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
		if n < 0 {
			n = len(p.rest)
		}
		if n == 0 {
			return refuse("Fields are not in correct format: a name is missing")
		}
		into = into.add(strings.ToLower(p.rest[:n]))
		p.rest = p.rest[n:]
		if !p.eat('.') {
			break
		}
	}
	if p.eat('[') {
		if err := p.list(into); err != nil {
			return err
		}
		if !p.eat(']') {
			return refuse("Fields are not in correct format: ']' is missing")
		}
	}
	if p.rest != "" && !strings.ContainsRune(",]", rune(p.rest[0])) {
		return refuse("Fields are not in correct format: unexpected character")
	}
	return nil
}

func (p *fieldsParser) eat(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// window is a part of a list.
type window struct{ offset, limit int }

// parsePaging reads v3's `offset,limit`; "1" means the default page.
func parsePaging(s string) (window, error) {
	if s == "" || s == "1" {
		return window{0, maxPage}, nil
	}
	offset, limit, ok := strings.Cut(s, ",")
	if !ok || strings.Contains(limit, ",") {
		return window{}, refuse("Paging %s does not respect limit=start,count format", s)
	}
	o, err := strconv.Atoi(offset)
	if err != nil {
		return window{}, refuse("Offset value %s not in correct format", offset)
	}
	l, err := strconv.Atoi(limit)
	if err != nil {
		return window{}, refuse("Limit value %s not in correct format", limit)
	}
	if o < 0 {
		return window{}, refuse("Paging offset should be positive")
	}
	if l < 1 || l > maxPage {
		return window{}, refuse("Paging limit should be between 1 and %d", maxPage)
	}
	return window{o, l}, nil
}

// key is a value as filters and orders see it.
type key struct {
	null bool
	text string // in small letters: Lucca's database ignores case
	num  int64  // numbers; instants in Unix milliseconds
}

func compareKeys(a, b key) int {
	switch {
	case a.null != b.null:
		if a.null {
			return -1
		}
		return 1
	case a.num != b.num:
		if a.num < b.num {
			return -1
		}
		return 1
	default:
		return strings.Compare(a.text, b.text)
	}
}

// keyType says how the text of a filter is read.
type keyType int

const (
	noKey keyType = iota
	textKey
	numberKey
	timeKey
)

func (t keyType) parse(s string) (key, error) {
	if s == "null" {
		return key{null: true}, nil
	}
	switch t {
	case numberKey:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return key{}, refuse("Value %s is not a number", s)
		}
		return key{num: n}, nil
	case timeKey:
		at, err := parseInstant(s)
		if err != nil {
			return key{}, refuse("Value %s is not a date", s)
		}
		return key{num: at.UnixMilli()}, nil
	default:
		return key{text: strings.ToLower(s)}, nil
	}
}

// condition is one parsed filter: operator and values.
type condition struct {
	op     string
	values []key
}

// parseCondition reads `[operator,]v1[,v2…]`.
func parseCondition(t keyType, s string) (condition, error) {
	op, rest, found := strings.Cut(s, ",")
	op = strings.ToLower(op)
	switch op {
	case "equals", "notequal", "like", "starts", "since", "until", "between",
		"greaterthan", "greaterthanorequal", "lessthan", "lessthanorequal":
		if !found {
			return condition{}, refuse("Filter %s has no value", op)
		}
	default:
		op, rest = "equals", s
	}
	c := condition{op: op}
	values := strings.Split(rest, ",")
	for _, v := range values {
		k, err := t.parse(v)
		if err != nil {
			return condition{}, err
		}
		c.values = append(c.values, k)
	}
	if op == "between" {
		if len(values) != 2 {
			return condition{}, refuse("Correct filter format is 'XXX=between,start,end'.")
		}
		if t == timeKey && !strings.Contains(values[1], "T") {
			c.values[1].num += secondsPerDay*1000 - 1
		}
	}
	return c, nil
}

// holds reports whether a value meets the condition. Several values are alternatives,
// but for notequal, which excludes each.
func (c condition) holds(k key) bool {
	if c.op == "between" {
		return !k.null && compareKeys(k, c.values[0]) >= 0 && compareKeys(k, c.values[1]) <= 0
	}
	if c.op == "notequal" {
		return !slices.Contains(c.values, k)
	}
	return slices.ContainsFunc(c.values, func(v key) bool { return c.meets(k, v) })
}

func (c condition) meets(k, v key) bool {
	if k.null || v.null {
		return k.null && v.null
	}
	order := compareKeys(k, v)
	switch c.op {
	case "like":
		return strings.Contains(k.text, v.text)
	case "starts":
		return strings.HasPrefix(k.text, v.text)
	case "since", "greaterthanorequal":
		return order >= 0
	case "until", "lessthanorequal":
		return order <= 0
	case "greaterthan":
		return order > 0
	case "lessthan":
		return order < 0
	default:
		return order == 0
	}
}

// isNotNull reports the filter `notequal,null`.
func (c condition) isNotNull() bool {
	return c.op == "notequal" && slices.Contains(c.values, key{null: true})
}
