package config

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/nearest"
	"lucca-exchange/internal/secret"
)

// shape holds a value of the file against the type that it is to be decoded into. It
// reports every key that the type does not have and every value of another kind, each with
// its place, and takes them out, so that the decoder has nothing left to say of them; false:
// the value itself must go. What a type reads by a method of its own is left to the method.
//
// A value is never repeated: it may be a secret that somebody wrote where a reference
// belongs.
func shape(d *document, n *yaml.Node, t reflect.Type, path string) bool {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return true // as if it were not there
	}
	var ok bool
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[formReader]()):
		return shapeForms(d, n, t, path)
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		ok = n.Kind == yaml.ScalarNode
	case t.Kind() == reflect.Struct:
		if ok = n.Kind == yaml.MappingNode; ok {
			shapeKeys(d, n, keysOf(t), path)
		}
	case t.Kind() == reflect.Map:
		if ok = n.Kind == yaml.MappingNode; ok {
			shapeMap(d, n, t, path)
		}
	case t.Kind() == reflect.Slice:
		if ok = n.Kind == yaml.SequenceNode; ok {
			shapeList(d, n, t.Elem(), path)
		}
	default:
		ok = n.Kind == yaml.ScalarNode && scalarFits(n, t)
	}
	if !ok {
		misfit(d, n, t, path)
	}
	return ok
}

// glued is a key with its value right behind the colon, which is text to YAML.
var glued = regexp.MustCompile(`^[a-z_]+:\S`)

// misfit reports a value of another kind than is wanted.
func misfit(d *document, n *yaml.Node, t reflect.Type, path string) {
	message := "want " + kindWanted(t) + ", not " + kindFound(n)
	if n.Kind == yaml.ScalarNode && n.Style == 0 && glued.MatchString(n.Value) {
		message += ": is there no blank behind the colon?"
	}
	d.add(Fault{Line: n.Line, Path: path, Message: message})
	d.undecoded[path] = true
}

// formReader is a type that reads several forms, by a method of its own.
type formReader interface {
	UnmarshalYAML(n *yaml.Node) error
}

// shapeForms looks into a list that may also be one item, where an item is the name of a
// key of its type, or that key with its options.
func shapeForms(d *document, n *yaml.Node, t reflect.Type, path string) bool {
	if t.Kind() != reflect.Slice {
		return true
	}
	known := keysOf(t.Elem())
	if n.Kind != yaml.SequenceNode {
		return shapeForm(d, n, known, path)
	}
	kept := n.Content[:0:0]
	for i, item := range n.Content {
		if shapeForm(d, item, known, fmt.Sprintf("%s[%d]", path, i)) {
			kept = append(kept, item)
		}
	}
	n.Content = kept
	return true
}

func shapeForm(d *document, n *yaml.Node, known keys, path string) bool {
	names := []*yaml.Node{n}
	if n.Kind == yaml.MappingNode {
		names = names[:0]
		for i := 0; i < len(n.Content); i += 2 {
			names = append(names, n.Content[i])
		}
	}
	for _, name := range names {
		if known.types[name.Value] == nil {
			d.add(Fault{Line: name.Line, Path: path, Message: "want one of " + strings.Join(slices.Sorted(maps.Keys(known.types)), ", ")})
			d.undecoded[path] = true
			return false
		}
	}
	shapeValues(d, n, known, path)
	return true
}

// shapeValues holds the values of known keys against their types, whatever else there is.
func shapeValues(d *document, n *yaml.Node, known keys, path string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	filter(n, func(key, value *yaml.Node) bool {
		t, ok := known.types[key.Value]
		return !ok || shape(d, value, t, join(path, key.Value))
	})
}

// shapeKeys holds a group of keys against those that there are.
func shapeKeys(d *document, n *yaml.Node, known keys, path string) {
	filter(n, func(key, value *yaml.Node) bool {
		at := join(path, key.Value)
		if t, ok := known.types[key.Value]; ok {
			return shape(d, value, t, at) && known.notZero(d, key.Value, value, at)
		}
		if key.ShortTag() == "!!merge" {
			return true
		}
		if known.others != nil {
			return shape(d, value, known.others, at)
		}
		// What follows the colon may be a password: KEY:VALUE without a blank is one word to YAML.
		name, _, glued := strings.Cut(key.Value, ":")
		f := Fault{Line: key.Line, Path: join(path, name), Message: fmt.Sprintf("unknown key %q", name)}
		if glued {
			f.Message = fmt.Sprintf("want a blank after %q", name+":")
		} else if where, ok := known.elsewhere[key.Value]; ok {
			f.Message = where
		} else if meant := nearest.Word(key.Value, slices.Sorted(maps.Keys(known.types))); meant != "" {
			f.Message += fmt.Sprintf("; did you mean %q?", meant)
			d.undecoded[join(path, meant)] = true // that it is missing only follows
		}
		if known.hidden {
			f.Path, f.Message = path, "want {env: NAME} or {file: PATH}, and no other key"
		}
		d.add(f)
		d.undecoded[f.Path] = true
		return false
	})
}

// notZero refuses a 0 that would be taken for a key that is left out.
func (k keys) notZero(d *document, key string, value *yaml.Node, path string) bool {
	want := k.nonzero[key]
	if want == "" || !isZero(value) {
		return true
	}
	d.add(Fault{Line: value.Line, Path: path, Message: want})
	d.undecoded[path] = true
	return false
}

// shapeMap holds a group of freely chosen keys against the type of their values.
func shapeMap(d *document, n *yaml.Node, t reflect.Type, path string) {
	filter(n, func(key, value *yaml.Node) bool {
		at := join(path, key.Value)
		if key.Kind != yaml.ScalarNode {
			misfit(d, key, reflect.TypeFor[string](), path)
			return false
		}
		if t.Key().Kind() == reflect.Int {
			if _, err := strconv.Atoi(key.Value); err != nil {
				d.add(Fault{Line: key.Line, Path: at, Message: "want a whole number as the key"})
				return false
			}
			// A file in JSON has no other keys than texts.
			key.Tag, key.Style = "!!int", 0
		}
		return shape(d, value, t.Elem(), at)
	})
}

func shapeList(d *document, n *yaml.Node, t reflect.Type, path string) {
	kept := n.Content[:0:0]
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item.ShortTag() == "!!null" {
			misfit(d, item, t, at)
		} else if shape(d, item, t, at) {
			kept = append(kept, item)
			continue
		}
		if t.Kind() == reflect.Struct { // a blank one, so that those behind it are told of by their own places
			kept = append(kept, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: item.Line, Column: item.Column})
		}
	}
	n.Content = kept
}

// filter keeps the pairs of a mapping that keep says yes to.
func filter(n *yaml.Node, keep func(key, value *yaml.Node) bool) {
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key, value := n.Content[i], n.Content[i+1]; keep(key, value) {
			kept = append(kept, key, value)
		}
	}
	n.Content = kept
}

// keys are what a section may have: a type for each name, and one for all other names
// where they are free.
type keys struct {
	types  map[string]reflect.Type
	others reflect.Type
	// nonzero says of numbers and durations that are never 0 what is wanted: a 0 that is written would be
	// taken for a key that is left out.
	nonzero map[string]string
	// hidden says that a key of none of the names may be a secret, and is not repeated.
	hidden bool
	// elsewhere says of keys that are not among them where they belong.
	elsewhere map[string]string
}

// keysOf reads the keys of structs from their tags.
func keysOf(structs ...reflect.Type) keys {
	k := keys{types: make(map[string]reflect.Type), nonzero: make(map[string]string)}
	for _, t := range structs {
		k.add(t)
		k.hidden = k.hidden || t == reflect.TypeFor[secret.Ref]()
	}
	return k
}

func (k *keys) add(t reflect.Type) {
	for f := range t.Fields() {
		tag := f.Tag.Get("yaml")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case options == "inline" && f.Type.Kind() == reflect.Map:
			k.others = f.Type.Elem()
		case options == "inline":
			k.add(f.Type)
		case name != "" && name != "-":
			k.types[name] = f.Type
			if want := nonzero(f); want != "" {
				k.nonzero[name] = want
			}
		}
	}
}

// bounds are those of a number above 0, in the tag that the schema is made of.
var bounds = regexp.MustCompile(`\bminimum=([1-9]\d*)(?:,maximum=(\d+))?`)

// nonzero is what is wanted in the place of a 0; empty for a key that may be 0.
func nonzero(f reflect.StructField) string {
	if f.Type == reflect.TypeFor[time.Duration]() {
		return "want a positive duration such as 30s"
	}
	switch found := bounds.FindStringSubmatch(f.Tag.Get("jsonschema")); {
	case len(found) == 0:
		return ""
	case found[2] == "":
		return "want at least " + found[1]
	default:
		return "want " + found[1] + " to " + found[2]
	}
}

// isZero reports whether a number or a duration is written that comes to nothing.
func isZero(n *yaml.Node) bool {
	switch n.ShortTag() {
	case "!!int":
		i, err := strconv.ParseInt(n.Value, 0, 64)
		return err == nil && i == 0
	case "!!str":
		d, err := time.ParseDuration(n.Value)
		return err == nil && d == 0
	default:
		return false
	}
}

// scalarFits reports whether the decoder can make a plain value of this kind.
func scalarFits(n *yaml.Node, t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Interface:
		return true
	case reflect.Bool:
		// The words of YAML 1.1 are taken too.
		return n.ShortTag() == "!!bool" || slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(n.Value))
	default:
		if t == reflect.TypeFor[time.Duration]() {
			_, err := time.ParseDuration(n.Value)
			return err == nil && n.ShortTag() == "!!str"
		}
		_, err := strconv.ParseInt(n.Value, 0, t.Bits())
		return n.ShortTag() == "!!int" && err == nil
	}
}

// kindFound names what stands in the file.
func kindFound(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!map":
		return "a group of keys"
	case "!!seq":
		return "a list"
	case "!!int":
		return "a number"
	case "!!float":
		return "a number with a decimal point"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "an empty entry"
	default:
		return "text"
	}
}

// kindWanted names a type in the words of the file.
func kindWanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[secret.Ref]():
		return "{env: NAME} or {file: PATH} (a secret itself is never written here)"
	case t == reflect.TypeFor[time.Duration]():
		return "a duration such as 30s"
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "a group of keys"
	case t.Kind() == reflect.Slice:
		return "a list"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "one value"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "text"
	default:
		return "a whole number"
	}
}
