package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/config/slip"
)

// document is one file while it is read: where what stands in it, and what is wrong with it.
type document struct {
	file, dir string
	places    places
	faults    Faults
	// undecoded are the paths whose value could not even be decoded: what else would be
	// said of them only follows from that.
	undecoded map[string]bool
	// sealed: no secret is tried.
	sealed bool
}

func newDocument(path string) *document {
	d := &document{file: path, dir: filepath.Dir(path), undecoded: make(map[string]bool)}
	if abs, err := filepath.Abs(d.dir); err == nil {
		d.dir = abs
	}
	return d
}

// read decodes the file into v, and reports whether it is YAML at all.
func (d *document) read(v any) bool {
	b, err := os.ReadFile(d.file)
	if errors.Is(err, fs.ErrNotExist) {
		d.fault("", "no such file: lucca-exchange init writes a first one, and --config names another")
		return false
	}
	if err != nil {
		d.fault("", "%v", account.ExplainReading(d.file, err))
		return false
	}
	text := slip.Of(b)
	if found, ok := text.Before(); ok {
		d.unreadable(text, found)
		return false
	}
	var documents []yaml.Node
	if err := yaml.Load(b, &documents, yaml.WithAllDocuments()); err != nil {
		line := 0
		if le, ok := errors.AsType[*yaml.LoadError](err); ok {
			line = le.Mark.Line
		}
		d.unreadable(text, text.After(line))
		return false
	}
	switch len(documents) {
	case 0:
		d.unreadable(text, slip.Slip{Line: 1, Column: 1, Message: "the file is empty: lucca-exchange init writes a first one"})
		return false
	case 1:
	default:
		d.unreadable(text, text.Second())
		return false
	}
	document := &documents[0]
	if found, ok := text.Doubtful(); ok {
		d.add(Fault{Line: found.Line, Column: found.Column, Message: found.Message, Excerpt: text.Excerpt(found), Warning: true})
	}
	readWords(document)
	once(d, document, "")
	d.places = locate(document)
	for _, root := range document.Content {
		if shape(d, root, reflect.TypeOf(v).Elem(), "") {
			construct(d, root, "", v)
		}
	}
	return true
}

// once reports each key that a section has twice, and takes the later one out: what the first one says
// is then judged like any other, and nothing that refers to it is reported for want of it.
func once(d *document, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		for i, item := range n.Content {
			below := path
			if n.Kind == yaml.SequenceNode {
				below += "[" + strconv.Itoa(i) + "]"
			}
			once(d, item, below)
		}
		return
	}
	lines := make(map[string]int)
	kept := n.Content[:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		if line, twice := lines[key.Value]; twice && key.Kind == yaml.ScalarNode {
			d.add(Fault{Line: key.Line, Path: at, Message: fmt.Sprintf("is written twice, first in line %d: keep one", line)})
			continue
		}
		lines[key.Value] = key.Line
		kept = append(kept, key, value)
		once(d, value, at)
	}
	n.Content = kept
}

// unreadable reports what keeps the file from being YAML.
func (d *document) unreadable(text slip.Text, s slip.Slip) {
	d.add(Fault{Line: s.Line, Column: s.Column, Message: "not valid YAML: " + s.Message, Excerpt: text.Excerpt(s)})
}

func (d *document) add(f Fault) {
	f.File = d.file
	d.faults = append(d.faults, f)
}

func (d *document) fault(path, format string, args ...any) {
	d.tell(Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// tell reports what is said of a path, unless it only follows from a value that could not be decoded.
func (d *document) tell(f Fault) {
	for at := f.Path; ; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if d.undecoded[at] {
			return
		}
		if at == "" {
			break
		}
	}
	f.Line = d.places.line(f.Path)
	d.add(f)
}

// under returns a reporter of faults below a path.
func (d *document) under(path string) func(key, message string) {
	return func(key, message string) { d.fault(join(path, key), "%s", message) }
}

// noSuch reports a name that is none of some, or is missing.
func noSuch(d *document, path, name string, known []string) {
	if name == "" {
		d.fault(path, "missing: want %s", either(known))
		return
	}
	d.fault(path, "want %s, not %q", either(known), name)
}

// warn reports what is merely doubtful.
func (d *document) warn(path, message string) {
	d.tell(Fault{Path: path, Message: message, Warning: true})
}

// lost reports whether any of some keys is there, and could not be decoded.
func (d *document) lost(path string, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return d.undecoded[join(path, key)] })
}

// has reports whether a fault was reported already: every flow shares the top zone.
func (d *document) has(path, message string) bool {
	return slices.ContainsFunc(d.faults, func(f Fault) bool { return f.Path == path && f.Message == message })
}

func (d *document) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.dir, path)
}
