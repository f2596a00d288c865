package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

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

// remote decodes a section by its type, of which each adapter has its own struct.
func (l *loader) remote(path string, n *yaml.Node) Remote {
	kind, rest := splitType(n)
	switch kind {
	case "sftp":
		return Remote{SFTP: section(l, path, rest, sftp.Config{})}
	case "ftpes":
		return Remote{FTP: section(l, path, rest, ftp.Config{Mode: ftp.Explicit})}
	case "ftps":
		return Remote{FTP: section(l, path, rest, ftp.Config{Mode: ftp.Implicit})}
	case "ftp":
		return Remote{FTP: section(l, path, rest, ftp.Config{Mode: ftp.Plain})}
	case "dir":
		return Remote{Dir: section(l, path, rest, dir.Config{})}
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
