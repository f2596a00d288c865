package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
)

// UnmarshalYAML keeps the section for later: which struct it is decoded into depends on
// its type.
func (r *Remote) UnmarshalYAML(n *yaml.Node) error {
	r.node = n
	return nil
}

func (l *loader) remotes(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Remotes)) {
		path := join("remotes", name)
		if !flowName.MatchString(name) {
			l.fault(path, "want a name of lower-case letters, digits, - and _")
		}
		r := c.Remotes[name]
		if r.node == nil || r.node.Kind != yaml.MappingNode {
			l.fault(path, "want a group of keys that begins with type: %s", either(names(l.registry.Transports)))
			continue
		}
		c.Remotes[name] = l.remote(path, r.node)
	}
}

// remote decodes a section: its type, the keys that every type has, and those of the
// transport, which knows nothing of the others.
func (l *loader) remote(path string, n *yaml.Node) (r Remote) {
	var head struct {
		Type string `yaml:"type"`
	}
	_ = n.Load(&head) // another kind of value is told of with the other keys
	common := keysOf(reflect.TypeOf(head), reflect.TypeFor[delivery.Options]())
	t, known := find(l.registry.Transports, head.Type)
	if known {
		section := t.section()
		common.add(reflect.TypeOf(section.into()).Elem())
		shapeKeys(l.document, n, common, path)
		construct(l.document, n, path, section.into())
		section.finish(l.dir, l.under(path))
		checkSecrets(l.document, section.into(), path)
		r.Type = t.Type
		section.describe(&r)
	} else {
		shapeValues(l.document, n, common, path) // which other keys are right depends on the type
		noSuch(l.document, join(path, "type"), head.Type, names(l.registry.Transports))
	}
	construct(l.document, n, path, &r.Delivery)
	r.Delivery.Validate(l.under(path))
	if r.Delivery.InPlace {
		l.warn(join(path, "in_place"), "the partner can read half a file, or find none: only for a server that refuses to rename")
	}
	return r
}

// Target is a remote that flows write to, if there is one of the name.
func (c *Config) Target(name string) (delivery.Target, bool) {
	r, ok := c.Remotes[name]
	if !ok {
		return delivery.Target{Name: name}, false
	}
	return delivery.Target{Name: name, Remote: r.Connect(), WriteOnly: r.WriteOnly, Options: r.Delivery}, true
}

// Source is where the files of a flow come from; the zero Source for one that takes none.
func (c *Config) Source(f Flow) pickup.Source {
	if f.From == "" {
		return pickup.Source{}
	}
	r := c.Remotes[f.From]
	return pickup.Source{
		Name: f.From, Remote: r.Connect(), Pattern: f.Pattern, Options: f.Pickup,
		Attempts: r.Delivery.Attempts, RetryWait: r.Delivery.RetryWait,
	}
}
