package sandbox

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// property is one member of a v3 resource.
type property[T any] struct {
	// name is spelled as the current documentation spells it.
	name string
	// onDemand properties are left out unless asked for by name.
	onDemand bool
	// nested checks what is selected below; nil for a plain value.
	nested func(selection) error
	// write appends the JSON value.
	write func(b []byte, v *view, x T, sub selection) []byte
	// key is how filters and orders see the value; keys is noKey where they cannot.
	keys keyType
	key  func(v *view, x T) key
}

// resource describes a v3 resource by its properties.
type resource[T any] struct {
	title string
	props []property[T]
	index map[string]int
	// dynamic finds properties that depend on the tenant.
	dynamic func(name string) (property[T], bool)
	// paths are nested names that filters may use for a property.
	paths map[string]string
}

func newResource[T any](title string, props ...property[T]) *resource[T] {
	r := &resource[T]{title: title, props: props, index: map[string]int{}}
	for i, p := range props {
		r.index[strings.ToLower(p.name)] = i
	}
	return r
}

// find returns a property by its name in small letters.
func (r *resource[T]) find(name string) (property[T], bool) {
	if i, ok := r.index[name]; ok {
		return r.props[i], true
	}
	if r.dynamic != nil {
		return r.dynamic(name)
	}
	return property[T]{}, false
}

func (r *resource[T]) check(sel selection) error {
	for _, f := range sel {
		p, ok := r.find(f.name)
		if !ok || p.nested == nil && len(f.sub) > 0 {
			return refuse("Unknown property %s on type %s", f.name, r.title)
		}
		if p.nested != nil {
			if err := p.nested(f.sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// basic is the reduced form: what a nested reference shows.
func basic() selection { return selection{{name: "id"}, {name: "name"}, {name: "url"}} }

// all selects every property that is not on demand.
func (r *resource[T]) all() selection {
	var sel selection
	for _, p := range r.props {
		if !p.onDemand {
			sel = append(sel, selected{name: strings.ToLower(p.name)})
		}
	}
	return sel
}

// write appends the object with the selected properties that the key may see.
func (r *resource[T]) write(b []byte, v *view, x T, sel selection) []byte {
	if len(sel) == 0 {
		sel = basic()
	}
	b = append(b, '{')
	first := true
	for _, f := range sel {
		p, ok := r.find(f.name)
		if !ok || v.hides(p.name) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendText(b, p.name), ':')
		b = p.write(b, v, x, f.sub)
	}
	return append(b, '}')
}

// conditions turns the query's filters into one test.
func (r *resource[T]) conditions(v *view, query url.Values) (func(T) bool, error) {
	var tests []func(T) bool
	for name, values := range query {
		if reserved(name) {
			continue
		}
		name = strings.ToLower(name)
		if path, ok := r.paths[name]; ok {
			name = strings.ToLower(path)
		}
		p, ok := r.find(name)
		if !ok || p.keys == noKey || v.hides(p.name) {
			return nil, refuse("Unknown property %s on type %s", name, r.title)
		}
		for _, value := range values {
			c, err := parseCondition(p.keys, value)
			if err != nil {
				return nil, err
			}
			tests = append(tests, func(x T) bool { return c.holds(p.key(v, x)) })
		}
	}
	return func(x T) bool {
		for _, test := range tests {
			if !test(x) {
				return false
			}
		}
		return true
	}, nil
}

// sort orders items by `field,asc|desc[,…]`; without it they stay in order of their ids.
func (r *resource[T]) sort(v *view, items []T, orderBy string) error {
	if orderBy == "" || strings.EqualFold(orderBy, "id,asc") {
		return nil // which is how they are stored
	}
	words := strings.Split(orderBy, ",")
	if len(words)%2 != 0 {
		return refuse("OrderBy does not respect field,asc|desc format")
	}
	type order struct {
		key  func(*view, T) key
		sign int
	}
	var orders []order
	for i := 0; i < len(words); i += 2 {
		p, ok := r.find(strings.ToLower(words[i]))
		sign, known := map[string]int{"asc": 1, "desc": -1}[strings.ToLower(words[i+1])]
		if !ok || p.keys == noKey || !known {
			return refuse("OrderBy %s,%s is not possible on type %s", words[i], words[i+1], r.title)
		}
		orders = append(orders, order{p.key, sign})
	}
	slices.SortStableFunc(items, func(a, b T) int {
		for _, o := range orders {
			if c := compareKeys(o.key(v, a), o.key(v, b)); c != 0 {
				return c * o.sign
			}
		}
		return 0
	})
	return nil
}

// reserved reports whether a query key is a keyword of v3 and not a filter.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "fields", "paging", "orderby", "metadata", "notify", "httpmethod", "accept", "callback",
		"groupby", "template", "randomnumber", "_", "authtoken", "longtoken", "contract", "formeremployees":
		return true
	default:
		return false
	}
}

// text is a property that is null when empty.
func text[T any](name string, get func(*view, T) string) property[T] {
	return property[T]{
		name: name, keys: textKey,
		write: func(b []byte, v *view, x T, _ selection) []byte { return appendTextOrNull(b, get(v, x)) },
		key: func(v *view, x T) key {
			s := get(v, x)
			return key{null: s == "", text: strings.ToLower(s)}
		},
	}
}

// number is a property that is null when 0.
func number[T any](name string, get func(*view, T) int) property[T] {
	return property[T]{
		name: name, keys: numberKey,
		write: func(b []byte, v *view, x T, _ selection) []byte { return appendIDOrNull(b, get(v, x)) },
		key: func(v *view, x T) key {
			n := get(v, x)
			return key{null: n == 0, num: int64(n)}
		},
	}
}

// truth is a boolean property; filters write it true or false.
func truth[T any](name string, get func(*view, T) bool) property[T] {
	return property[T]{
		name: name, keys: textKey,
		write: func(b []byte, v *view, x T, _ selection) []byte { return strconv.AppendBool(b, get(v, x)) },
		key:   func(v *view, x T) key { return key{text: strconv.FormatBool(get(v, x))} },
	}
}

// date is a property that is null when there is no day.
func date[T any](name string, get func(*view, T) Day) property[T] {
	return property[T]{
		name: name, keys: timeKey,
		write: func(b []byte, v *view, x T, _ selection) []byte {
			if d := get(v, x); d != 0 {
				return d.Time().AppendFormat(b, `"2006-01-02T15:04:05"`)
			}
			return append(b, "null"...)
		},
		key: func(v *view, x T) key {
			if d := get(v, x); d != 0 {
				return key{num: d.Time().UnixMilli()}
			}
			return key{null: true}
		},
	}
}

// raw is a property whose JSON is the same for everyone or made by hand.
func raw[T any](name string, write func(b []byte, v *view, x T) []byte) property[T] {
	return property[T]{name: name, write: func(b []byte, v *view, x T, _ selection) []byte { return write(b, v, x) }}
}

// nest is another resource, or null.
func nest[T, U any](name string, r *resource[U], get func(*view, T) (U, bool)) property[T] {
	return property[T]{
		name: name, nested: r.check,
		write: func(b []byte, v *view, x T, sub selection) []byte {
			if y, ok := get(v, x); ok {
				return r.write(b, v, y, sub)
			}
			return append(b, "null"...)
		},
	}
}

// nestList is a list of another resource.
func nestList[T, U any](name string, r *resource[U], get func(*view, T) []U) property[T] {
	return property[T]{
		name: name, nested: r.check,
		write: func(b []byte, v *view, x T, sub selection) []byte { return appendList(b, v, r, get(v, x), sub) },
	}
}

func appendList[U any](b []byte, v *view, r *resource[U], items []U, sel selection) []byte {
	b = append(b, '[')
	for i, x := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.write(b, v, x, sel)
	}
	return append(b, ']')
}

// asked makes a property one that is only given when asked for by name.
func asked[T any](p property[T]) property[T] {
	p.onDemand = true
	return p
}

func appendText(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return append(b, quoted...)
}

func appendTextOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendText(b, s)
}

func appendIDOrNull(b []byte, id int) []byte {
	if id == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(id), 10)
}
