package config

import (
	"errors"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// decode fills structs from one section, strictly: each takes its own keys, and a key of
// none of them is a fault. Faults have the path of the section before their own.
func decode(d *document, n *yaml.Node, path string, into ...any) {
	types := make([]reflect.Type, len(into))
	for i, v := range into {
		types[i] = reflect.TypeOf(v).Elem()
	}
	if len(into) == 1 && !shape(d, n, types[0], path) {
		return
	}
	if len(into) > 1 {
		shapeKeys(d, n, keysOf(types...), path)
	}
	for _, v := range into {
		construct(d, n, path, v)
	}
}

// construct lets the library decode what has the right shape. What it still has to say comes
// from the types that read text of their own.
func construct(d *document, n *yaml.Node, path string, v any) {
	err := n.Load(v)
	list, ok := errors.AsType[*yaml.LoadErrors](err)
	if err != nil && !ok {
		d.fault(path, "cannot be read")
		return
	}
	if !ok {
		return
	}
	for _, e := range list.Errors {
		at := d.places.paths[position{e.Mark.Line, e.Mark.Column}]
		message := "cannot be read"
		if cause := errors.Unwrap(e); cause != nil {
			message = cause.Error()
		}
		d.add(Fault{Line: e.Mark.Line, Path: at, Message: message})
		d.undecoded[at] = true
	}
}
