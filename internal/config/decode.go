package config

import (
	"errors"

	"go.yaml.in/yaml/v4"
)

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
