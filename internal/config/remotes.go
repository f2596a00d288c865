package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/sftp"
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
			l.fault(path, "want a group of keys that begins with type: %s", remoteTypes)
			continue
		}
		c.Remotes[name] = l.remote(path, r.node)
	}
}

// remoteTypes are the values of type.
const remoteTypes = "sftp, ftpes, ftps, ftp or dir"

// remote decodes a section: the keys of delivery.Options, and by its type those of an
// adapter, which knows nothing of the others.
func (l *loader) remote(path string, n *yaml.Node) Remote {
	kind, options, own := split(n)
	r := l.adapter(path, kind, own)
	l.decode(options, &r.Delivery)
	r.Delivery.Validate(l.under(path))
	if r.Delivery.InPlace {
		at := join(path, "in_place")
		l.add(Fault{Line: l.places.line(at), Path: at, Warning: true,
			Message: "the partner can read half a file, or find none: only for a server that refuses to rename"})
	}
	return r
}

// adapter decodes a section into the struct of its type.
func (l *loader) adapter(path, kind string, n *yaml.Node) Remote {
	switch kind {
	case "sftp":
		return Remote{SFTP: section(l, path, n, sftp.Config{})}
	case "ftpes":
		return Remote{FTP: section(l, path, n, ftp.Config{Mode: ftp.Explicit})}
	case "ftps":
		return Remote{FTP: section(l, path, n, ftp.Config{Mode: ftp.Implicit})}
	case "ftp":
		return Remote{FTP: section(l, path, n, ftp.Config{Mode: ftp.Plain})}
	case "dir":
		return Remote{Dir: section(l, path, n, dir.Config{})}
	case "":
		l.fault(join(path, "type"), "missing: want %s", remoteTypes)
	default:
		l.fault(join(path, "type"), "want %s, not %q", remoteTypes, kind)
	}
	return Remote{}
}

// adapterConfig is what the struct of each adapter can do.
type adapterConfig[C any] interface {
	Under(dir string) C
	Validate(report func(key, message string))
}

// section decodes an adapter's section into its struct, whose defaults are in c.
func section[C adapterConfig[C]](l *loader, path string, n *yaml.Node, c C) *C {
	l.decode(n, &c)
	c = c.Under(l.dir)
	c.Validate(l.under(path))
	l.secrets(reflect.ValueOf(c), path)
	return &c
}

// split takes a section apart: its type, the keys of delivery.Options, and the rest.
func split(n *yaml.Node) (kind string, options, own *yaml.Node) {
	delivered := keysOf(reflect.TypeFor[delivery.Options](), nil)
	options, own = emptied(n), emptied(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Value == "type":
			kind = value.Value
		case delivered[key.Value]:
			options.Content = append(options.Content, key, value)
		default:
			own.Content = append(own.Content, key, value)
		}
	}
	return kind, options, own
}

// emptied is the same mapping without its keys.
func emptied(n *yaml.Node) *yaml.Node {
	e := *n
	e.Content = nil
	return &e
}
