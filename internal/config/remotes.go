package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/remote/dir"
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
			l.fault(path, "want a group of keys that begins with type: sftp or dir")
			continue
		}
		c.Remotes[name] = l.remote(path, r.node)
	}
}

// remote decodes a section by its type, of which each adapter has its own struct.
func (l *loader) remote(path string, n *yaml.Node) Remote {
	kind, rest := splitType(n)
	switch kind {
	case "sftp":
		var c sftp.Config
		l.decode(rest, &c)
		c = c.Under(l.dir)
		c.Validate(l.under(path))
		l.secrets(reflect.ValueOf(c), path)
		return Remote{SFTP: &c}
	case "dir":
		var c dir.Config
		l.decode(rest, &c)
		c = c.Under(l.dir)
		c.Validate(l.under(path))
		return Remote{Dir: &c}
	case "":
		l.fault(join(path, "type"), "missing: want sftp or dir")
	default:
		l.fault(join(path, "type"), "want sftp or dir, not %q", kind)
	}
	return Remote{}
}

// splitType takes the key "type" out of a mapping.
func splitType(n *yaml.Node) (kind string, rest *yaml.Node) {
	copied := *n
	copied.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "type" {
			kind = n.Content[i+1].Value
			continue
		}
		copied.Content = append(copied.Content, n.Content[i], n.Content[i+1])
	}
	return kind, &copied
}
