package message

import (
	"maps"
	"slices"
)

// Keys are those of a language, sorted.
func (c *Catalog) Keys(l Language) []string { return slices.Sorted(maps.Keys(c.texts[l]())) }

// Forms are the forms of a text: one of it, or that of one thing and that of others.
func (c *Catalog) Forms(l Language, key string) []string {
	t := c.texts[l]()[key]
	if t.one == "" {
		return []string{t.other}
	}
	return []string{t.one, t.other}
}
