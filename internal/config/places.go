package config

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// places knows where each key of a YAML document stands.
type places struct {
	lines map[string]int
	paths map[position]string
}

type position struct{ line, column int }

func locate(document *yaml.Node) places {
	p := places{lines: make(map[string]int), paths: make(map[position]string)}
	for _, root := range document.Content {
		p.walk(root, "")
	}
	return p
}

func (p places) walk(n *yaml.Node, path string) {
	p.lines[path], p.paths[position{n.Line, n.Column}] = n.Line, path
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			child := join(path, key.Value)
			p.walk(value, child)
			p.lines[child] = key.Line
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			p.walk(item, path+"["+strconv.Itoa(i)+"]")
		}
	}
}

// line returns the line of a path, or of the nearest ancestor that is in the document,
// since a key that is missing stands nowhere.
func (p places) line(path string) int {
	for {
		if line, ok := p.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return p.lines[""]
		}
		path = path[:cut]
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
