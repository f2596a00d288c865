package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/sftp"
)

// decode fills v from a node, strictly, and reports each fault with its path.
func (l *loader) decode(n *yaml.Node, v any) {
	err := n.Load(v, yaml.WithKnownFields())
	if err == nil {
		return
	}
	list, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		l.fault("", "%s", syntax(err))
		return
	}
	for _, e := range list.Errors {
		path := l.places.paths[position{e.Mark.Line, e.Mark.Column}]
		l.add(Fault{Line: e.Mark.Line, Path: path, Message: plain(path, e)})
		l.undecoded[path] = true
	}
}

var (
	unknownField = regexp.MustCompile(`^field (.+) not found in type `)
	wrongType    = regexp.MustCompile(`(?s)^cannot construct (\S+)(?: ` + "`.*`" + `)? into (\S+)`)
)

// plain says in the words of the file what the decoder says in those of Go. A value is
// never repeated: it may be a secret that somebody wrote where a reference belongs.
func plain(path string, e *yaml.LoadError) string {
	if m := unknownField.FindStringSubmatch(e.Message); m != nil {
		return fmt.Sprintf("unknown key %q%s", m[1], suggestion(m[1]))
	}
	if m := wrongType.FindStringSubmatch(e.Message); m != nil {
		return "want " + kindWanted(m[2]) + ", not " + kindFound(m[1])
	}
	if cause := errors.Unwrap(e); cause != nil {
		return cause.Error()
	}
	if i := strings.Index(e.Message, "`"); i >= 0 {
		return "cannot be read as a value of " + path
	}
	return e.Message
}

// kindFound names the YAML tag of a value.
func kindFound(tag string) string {
	switch tag {
	case "!!map":
		return "a group of keys"
	case "!!seq":
		return "a list"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	default:
		return "text"
	}
}

// kindWanted names a Go type.
func kindWanted(goType string) string {
	switch {
	case strings.HasSuffix(goType, "secret.Ref"):
		return "{env: NAME} or {file: PATH} (a secret itself is never written here)"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case strings.HasSuffix(goType, "Duration"):
		return "a duration such as 30s"
	case goType == "bool":
		return "true or false"
	case goType == "string":
		return "text"
	case strings.HasSuffix(goType, "Percent"):
		return "a percentage such as 10%"
	default:
		return "a group of keys"
	}
}

func suggestion(key string) string {
	best, distance := "", 3
	keys := allKeys()
	if keys[key] {
		return "" // right elsewhere
	}
	for name := range keys {
		d := levenshtein.ComputeDistance(strings.ToLower(key), name)
		if d > len(key)/2 {
			continue // a short key is near to anything
		}
		if d < distance || d == distance && name < best {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// allKeys are the keys of the whole file: those of a remote's section are in structs that
// Config does not lead to.
func allKeys() map[string]bool {
	keys := keysOf(reflect.TypeFor[Config](), nil)
	for _, section := range []reflect.Type{
		reflect.TypeFor[sftp.Config](), reflect.TypeFor[ftp.Config](), reflect.TypeFor[dir.Config](), reflect.TypeFor[delivery.Options](),
	} {
		keys = keysOf(section, keys)
	}
	return keys
}

// keysOf collects the keys of a configuration struct and everything below it.
func keysOf(t reflect.Type, keys map[string]bool) map[string]bool {
	if keys == nil {
		keys = make(map[string]bool)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(t.Elem(), keys)
	case reflect.Struct:
		for f := range t.Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if f.Tag.Get("yaml") == "" || keys[tag] {
				continue
			}
			if tag != "" && tag != "-" {
				keys[tag] = true
			}
			keysOf(f.Type, keys)
		}
	}
	return keys
}

// syntax turns a parser error into a sentence.
func syntax(err error) string {
	if le, ok := errors.AsType[*yaml.LoadError](err); ok {
		return fmt.Sprintf("not valid YAML: %s", le.Message)
	}
	return fmt.Sprintf("not valid YAML: %v", err)
}
