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
			if key.Kind != yaml.ScalarNode || key.Value != nullKey || key.Tag != "!!null" {
				continue
			}
			makeText(key)
			for _, word := range value.Content {
				if word.Kind == yaml.ScalarNode && word.Tag == "!!null" && word.Value != "" {
					makeText(word)
				}
			}
		}
	}
	for _, child := range n.Content {
		readWords(child)
	}
}

func makeText(n *yaml.Node) { n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle }
