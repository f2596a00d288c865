package config

import (
	"cmp"
	"maps"
	"net"
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
			l.fault(path, "want a group of keys that begins with type: %s", transports(l.registry.Transports).names())
			continue
		}
		c.Remotes[name] = l.remote(path, r.node)
	}
}

// remote decodes a section: its type, the keys that every type has, and those of the
// transport, which knows nothing of the others.
func (l *loader) remote(path string, n *yaml.Node) Remote {
	var r Remote
	var head struct {
		Type string `yaml:"type"`
	}
	kind := scalar(n, "type")
	r.User, r.Dir = scalar(n, "user"), scalar(n, "dir")
	r.Jump, r.Proxy = jump(n), scalar(n, "proxy")
	t, known := transports(l.registry.Transports).find(kind)
	switch {
	case kind == "":
		l.fault(join(path, "type"), "missing: want %s", transports(l.registry.Transports).names())
	case !known:
		l.fault(join(path, "type"), "want %s, not %q", transports(l.registry.Transports).names(), kind)
	}
	if !known {
		// Which keys are right depends on the type: only those of all types are looked at.
		shapeValues(l.document, n, keysOf(reflect.TypeFor[delivery.Options]()), path)
		construct(l.document, n, path, &r.Delivery)
	} else {
		section := t.section()
		decode(l.document, n, path, &head, &r.Delivery, section.into())
		section.finish(l.dir, l.under(path))
		checkSecrets(l.document, reflect.ValueOf(section.into()), path)
		r.Secrets = secretsOf(reflect.ValueOf(section.into()))
		r.Type, r.Address, r.WriteOnly = kind, section.address(), section.writeOnly()
		r.Connect, r.Ends = section.connect, section.ends
	}
	r.Delivery.Validate(l.under(path))
	if r.Delivery.InPlace {
		l.warn(join(path, "in_place"), "the partner can read half a file, or find none: only for a server that refuses to rename")
	}
	return r
}

// scalar is the value of a key of a group, as it is written there or in what is merged into it;
// empty where it is none.
func scalar(n *yaml.Node, key string) string {
	value := member(n, key)
	if value == nil {
		return ""
	}
	return value.Value
}

// member is what a key of a group holds, there or in what is merged into it; nil where it has none.
func member(n *yaml.Node, key string) *yaml.Node {
	var own, merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		switch {
		case name.Value == key:
			own = value
		case name.ShortTag() == "!!merge" && value.Alias != nil:
			merged = member(value.Alias, key)
		}
	}
	value := cmp.Or(own, merged)
	if value != nil && value.Alias != nil {
		return value.Alias
	}
	return value
}

// jump is the account and the place of the server on the way to a remote; empty without one.
func jump(n *yaml.Node) string {
	way := member(n, "jump")
	if way == nil || scalar(way, "host") == "" {
		return ""
	}
	return scalar(way, "user") + "@" + net.JoinHostPort(scalar(way, "host"), cmp.Or(scalar(way, "port"), "22"))
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
