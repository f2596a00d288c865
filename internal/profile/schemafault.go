package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ErrSchema is wrapped by every fault of a schema file.
var ErrSchema = errors.New("invalid profile schema")

// SchemaError is all that is wrong with a schema file, in the order of its lines. It wraps
// ErrSchema.
type SchemaError struct {
	// Origin names the file.
	Origin string
	Faults []SchemaFault
}

// SchemaFault is one thing that is wrong with a schema file.
type SchemaFault struct {
	// Line counts from 1; 0 where it is not known.
	Line int
	// Column is the name of the field, Member what of it; either may be empty.
	Column, Member string
	Message        string
}

// Error names the file and lists the faults, one a line.
func (e *SchemaError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		if lines[i] = f.String(); f.Line > 0 {
			lines[i] = fmt.Sprintf("line %d: %s", f.Line, f)
		}
	}
	return fmt.Sprintf("%v %s: %s", ErrSchema, e.Origin, strings.Join(lines, "\n"))
}

// Unwrap returns ErrSchema.
func (e *SchemaError) Unwrap() error { return ErrSchema }

// String is the fault without its line.
func (f SchemaFault) String() string { return f.Place() + f.Message }

// Place is the column and the member that the fault is about, each with a colon behind it.
func (f SchemaFault) Place() string {
	var b strings.Builder
	if f.Column != "" {
		b.WriteString("column " + f.Column + ": ")
	}
	if f.Member != "" {
		b.WriteString(f.Member + ": ")
	}
	return b.String()
}

// reporter takes the faults of a schema file, or of one field of it.
type reporter struct {
	// at is the path of the field, column its name.
	at, column string
	*faults
}

// faults are those found so far.
type faults struct {
	lines lines
	list  []SchemaFault
	// misread are the paths whose value could not even be decoded: what else would be said of
	// them only follows from that.
	misread []string
}

// report adds a fault of a member.
func (r reporter) report(member, format string, args ...any) {
	path := memberPath(r.at, member)
	if slices.ContainsFunc(r.misread, func(m string) bool { return within(path, m) }) {
		return
	}
	if member == "" && r.column == "" {
		member = r.at
	}
	r.list = append(r.list, SchemaFault{r.lines.of(path), r.column, member, fmt.Sprintf(format, args...)})
}

// unknown adds a member that does not exist.
func (r reporter) unknown(member string, known []string) {
	name := member[strings.LastIndexByte(member, '.')+1:]
	r.list = append(r.list, SchemaFault{r.lines.of(memberPath(r.at, member)), r.column, "", fmt.Sprintf("unknown member %q%s", member, meant(name, known))})
}

// sorted are the faults in the order of their lines.
func (f *faults) sorted() []SchemaFault {
	slices.SortStableFunc(f.list, func(a, b SchemaFault) int { return cmp.Compare(a.Line, b.Line) })
	return f.list
}

func memberPath(path, member string) string {
	if path == "" || member == "" {
		return path + member
	}
	return path + "." + member
}

// within reports whether a path is another one or below it.
func within(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (above == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

// members decodes an object into a struct, and reports whatever the struct has no place for, at
// any depth: a misspelt x-level would otherwise be a column that is not required.
func (r reporter) members(raw json.RawMessage, into reflect.Value, at string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		r.wrong(at, "want an object")
		return
	}
	known := make(map[string]reflect.Value, into.NumField())
	for f, v := range into.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		path := memberPath(at, name)
		field, ok := known[name]
		switch {
		case !ok:
			r.unknown(path, slices.Sorted(maps.Keys(known)))
		case field.Kind() == reflect.Struct:
			r.members(members[name], field, path)
		case json.Unmarshal(members[name], field.Addr().Interface()) != nil:
			r.wrong(path, "want "+inWords(field.Type())+butFound(field.Kind(), members[name]))
		}
	}
}

// wrong adds a member that holds another kind of thing.
func (r reporter) wrong(member, message string) {
	r.report(member, "%s", message)
	r.misread = append(r.misread, memberPath(r.at, member))
}

// inWords is what a member holds.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return inWords(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return `a list of texts, such as ["mail"]`
		}
		return "a list"
	case reflect.Map:
		if t.Elem().Kind() == reflect.Int {
			return "an object of whole numbers"
		}
		return "an object of texts"
	}
	if t == reflect.TypeFor[keyName]() {
		return "the name of one field"
	}
	return "a text"
}

// butFound says what a JSON value is instead; nothing of a list or an object with a wrong entry.
func butFound(wanted reflect.Kind, raw json.RawMessage) string {
	switch {
	case raw[0] == '{' && wanted == reflect.Map, raw[0] == '[' && wanted == reflect.Slice:
		return ""
	case raw[0] == '{':
		return ", not an object"
	case raw[0] == '[':
		return ", not a list"
	case raw[0] == '"':
		return ", not a text"
	case raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9':
		return ", not the number " + string(raw)
	}
	return ", not " + string(raw) // true, false
}

// lines are where the members and entries of a JSON document stand, by path, like
// schema.fields[3].x-level.
type lines map[string]int

// of is the line of a path, or of what it is in.
func (l lines) of(path string) int {
	for path != "" {
		if line, ok := l[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return l[""]
}

// linesOf reads where everything in a valid document stands; twice are the members that their
// object has already.
func linesOf(b []byte) (at lines, twice []string) {
	w := walker{text: b, decoder: json.NewDecoder(bytes.NewReader(b)), lines: make(lines), line: 1}
	w.value("")
	return w.lines, w.twice
}

// walker goes through a document, token by token.
type walker struct {
	text    []byte
	decoder *json.Decoder
	lines   lines
	twice   []string
	// line is that of the offset.
	line   int
	offset int
}

// token is the next one; its line is the walker's. The document is valid.
func (w *walker) token() json.Token {
	t, _ := w.decoder.Token()
	end := int(w.decoder.InputOffset())
	w.line += bytes.Count(w.text[w.offset:end], []byte("\n"))
	w.offset = end
	return t
}

func (w *walker) value(path string) {
	t := w.token()
	if _, ok := w.lines[path]; !ok {
		w.lines[path] = w.line
	}
	switch t {
	case json.Delim('{'):
		for w.decoder.More() {
			name, _ := w.token().(string)
			member := memberPath(path, name)
			if name == "" {
				member += "." // not what it is in
			}
			if _, ok := w.lines[member]; ok {
				w.twice = append(w.twice, member)
			}
			w.lines[member] = w.line
			w.value(member)
		}
		w.token()
	case json.Delim('['):
		for i := 0; w.decoder.More(); i++ {
			w.value(fmt.Sprintf("%s[%d]", path, i))
		}
		w.token()
	}
}
