package config

import (
	"reflect"
	"slices"

	"lucca-exchange/internal/hire"
)

// Source is one applicant tracking system that hires come from: how its keys are read, and
// what they set up. See NewSource.
type Source struct {
	// Name is the value of the key source, such as flatchr.
	Name string

	section func() sourceSection
}

// Section is a blank section: a pointer to the source's struct, whose tags describe its keys.
func (s Source) Section() any { return s.section().into() }

// SourceConfig is what a source's own struct of keys can do.
type SourceConfig[C any] interface {
	// Under returns the section with relative paths resolved against dir.
	Under(dir string) C
	// Validate reports every fault with the key that it is about, given what is configured
	// for every source.
	Validate(common hire.Config, report func(key, message string))
}

// NewSource makes a source of a package: its name, its struct of keys with their defaults, and
// what sets it up for a flow. Setting up reads no secret and sends nothing.
func NewSource[C SourceConfig[C]](name string, defaults C, open func(C, hire.Flow) hire.Source) Source {
	return Source{Name: name, section: func() sourceSection { return &sourceOf[C]{config: defaults, make: open} }}
}

// sourceSection holds the own keys of one flow's source while they are read.
type sourceSection interface {
	into() any
	finish(dir string, common hire.Config, report func(key, message string))
	open(hire.Flow) hire.Source
}

type sourceOf[C SourceConfig[C]] struct {
	config C
	make   func(C, hire.Flow) hire.Source
}

func (s *sourceOf[C]) into() any { return &s.config }

func (s *sourceOf[C]) finish(dir string, common hire.Config, report func(key, message string)) {
	s.config = s.config.Under(dir)
	s.config.Validate(common, report)
}

func (s *sourceOf[C]) open(f hire.Flow) hire.Source { return s.make(s.config, f) }

func (s Source) name() string { return s.Name }

// ownKeys lists, for each key that is of some sources only, which these are.
func ownKeys(sources []Source) map[string][]string {
	of := make(map[string][]string)
	for _, s := range sources {
		for key := range keysOf(reflect.TypeOf(s.Section()).Elem()).types {
			of[key] = append(of[key], s.Name)
		}
	}
	return of
}

// readingFiles lists the sources that read dropped files.
func readingFiles(sources []Source) []string {
	return names(slices.DeleteFunc(slices.Clone(sources), func(s Source) bool { return s.section().open(hire.Flow{}).File == nil }))
}
