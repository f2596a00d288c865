package config

import "go.yaml.in/yaml/v4"

// nullKey is the key of an import that lists words for nothing, which YAML itself takes for
// nothing.
const nullKey = "null"

// readWords makes a text of the key null and of the words in its list: null: [NULL] means
// what it says, and would be left out in silence.
func readWords(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if key.Value != nullKey {
				continue
			}
			for _, word := range append([]*yaml.Node{key}, value.Content...) {
				if word.Tag == "!!null" && word.Value != "" {
					word.Tag, word.Style = "!!str", yaml.DoubleQuotedStyle
				}
			}
		}
	}
	for _, child := range n.Content {
		readWords(child)
	}
}
