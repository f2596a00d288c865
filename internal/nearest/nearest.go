// Package nearest finds the word that somebody probably meant who wrote another one: one rule
// for keys of the configuration, columns, headers and names in Lucca.
package nearest

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Word returns the nearest of some words, or nothing when none is near.
func Word(wrong string, words []string) string {
	best, _ := Of(wrong, func(yield func(string, string) bool) {
		for _, word := range words {
			if !yield(word, word) {
				return
			}
		}
	})
	return best
}

// Of returns what the nearest of some words stands for, the first of those that are equally
// near. A word is near when at most two letters, and at most half of them, have to be changed,
// added, taken out or swapped with the next one; whether they are capitals makes no difference.
func Of[T any](wrong string, words iter.Seq2[string, T]) (best T, found bool) {
	wrong = strings.ToLower(wrong)
	length := utf8.RuneCountInString(wrong)
	most := min(2, length/2)
	for word, meant := range words {
		if n := utf8.RuneCountInString(word); n-length > most || length-n > most {
			continue // no need to count further
		}
		if d := distance(wrong, strings.ToLower(word)); d <= most {
			best, found, most = meant, true, d-1
		}
	}
	return best, found
}

// distance counts the letters to be changed; two that only stand the wrong way round are one.
func distance(a, b string) int {
	d := levenshtein.ComputeDistance(a, b)
	if d != 2 || len(a) != len(b) {
		return d
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	if i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
		return 1
	}
	return d
}
