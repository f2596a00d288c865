package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Setting is one value that is in force for a flow.
type Setting struct {
	// Path is the key below the flow, such as export.limits.max_shrink, or one of the top such as lucca.url.
	Path string
	// Value is as in the file. Of a secret it is the variable or the file that holds it.
	Value string
	// Default says that the file leaves it out, and the program fills it in; Personal that the value
	// may name people.
	Default, Personal bool
}

// personal are the settings whose values may name people: lists of them, and what stands for cells.
var personal = regexp.MustCompile(`\.(include|exclude|protect|mail_shared)$|\.(defaults|constants|values)\.`)

// Settings lists what is in force for a flow, in the order of the configuration's reference: what
// the file says, and the defaults of what it leaves out, of the flow itself and then of its remotes. The
// text of a secret is not in it.
func (c *Config) Settings(f Flow) []Setting {
	s := settings{{Path: "lucca.url", Value: c.Tenants[f.Tenant].URL}}
	s.section(reflect.ValueOf(f), "")
	for _, name := range slices.Compact([]string{f.From, f.To}) {
		if r, ok := c.Remotes[name]; ok {
			s.remote(r, "remotes."+name)
		}
	}
	return s
}

// remote adds what is known of a remote, whatever its type.
func (s *settings) remote(r Remote, path string) {
	for _, one := range []struct{ key, value string }{
		{"type", r.Type}, {"address", r.Address}, {"user", r.User}, {"dir", r.Dir}, {"jump", r.Jump}, {"proxy", r.Proxy},
	} {
		s.add(reflect.ValueOf(one.value), join(path, one.key), "")
	}
	s.section(reflect.ValueOf(r.Delivery), path)
}

type settings []Setting

// section adds the keys of a group.
func (s *settings) section(v reflect.Value, path string) {
	for field, value := range v.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			s.add(value, path, "")
		case name != "" && name != "-":
			s.add(value, join(path, name), defaultOf(field.Tag.Get("jsonschema")))
		}
	}
}

// defaultOf is the default that the tag of a key states; empty for none.
func defaultOf(tag string) string {
	_, value, _ := strings.Cut(","+tag, ",default=")
	value, _, _ = strings.Cut(value, ",")
	return value
}

// add adds what is at a path. The items of a list have no defaults of their own: most keys of an item
// say what it is, and the others do not apply.
func (s *settings) add(v reflect.Value, path, fallback string) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	text, plain := textOf(v)
	switch {
	case v.Kind() != reflect.Struct && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0):
		if fallback != "" {
			*s = append(*s, Setting{Path: path, Value: fallback, Default: true})
		}
	case plain:
		*s = append(*s, Setting{Path: path, Value: text, Default: text == fallback, Personal: personal.MatchString(path)})
	case v.Kind() == reflect.Struct:
		s.section(v, path)
	case v.Kind() == reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			s.add(v.MapIndex(key), join(path, fmt.Sprint(key)), "")
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			var item settings
			item.add(v.Index(i), fmt.Sprintf("%s[%d]", path, i), "")
			*s = append(*s, slices.DeleteFunc(item, func(one Setting) bool { return one.Default })...)
		}
	}
}

// textOf is a value as the file has it; false for a group of values.
func textOf(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Pointer {
		return "", false
	}
	switch as := v.Interface().(type) {
	case encoding.TextMarshaler:
		text, err := as.MarshalText()
		return string(text), err == nil
	case fmt.Stringer:
		return as.String(), true
	case []string:
		return strings.Join(as, ", "), true
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		return "", false
	default:
		return fmt.Sprint(v.Interface()), true
	}
}
