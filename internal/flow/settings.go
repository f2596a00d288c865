package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// Settings are what a person approves a held run for: digests of values of the configuration,
// by the key that they are of. A value that is empty is not among them.
type Settings map[string]string

// Add takes the values of a key.
func (s Settings) Add(key string, values ...any) {
	text, blank := "", true
	for _, v := range values {
		text += fmt.Sprintf("%q;", fmt.Sprintf("%q", v)) // maps are printed in the order of their keys
		blank = blank && empty(v)
	}
	if blank {
		return
	}
	sum := sha256.Sum256([]byte(key + "\x00" + text))
	s[key] = hex.EncodeToString(sum[:8])
}

func empty(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

// changed lists the keys of which the flow is configured otherwise now.
func (s Settings) changed(now Settings) []string {
	keys := make(map[string]bool)
	for key := range s {
		keys[key] = now[key] != s[key]
	}
	for key := range now {
		keys[key] = now[key] != s[key]
	}
	maps.DeleteFunc(keys, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(keys))
}

// Differ returns what to tell whoever approves a run that was held for other settings.
func (s Settings) Differ(now Settings, id string) error {
	changed := s.changed(now)
	switch {
	case s == nil:
		return fault.Of(run.ErrUsage, "run %s was held by an earlier version, which did not note for which settings: reject it, and run the flow again: %w", id, ErrChanged)
	case len(changed) > 0:
		return fault.Of(run.ErrUsage, "run %s was held for another %s: put that back, or reject run %s, and run the flow again: %w", id, strings.Join(changed, ", "), id, ErrChanged)
	}
	return nil
}
