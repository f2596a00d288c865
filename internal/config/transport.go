package config

import (
	"slices"
	"sync/atomic"
	"time"

	"lucca-exchange/internal/remote"
)

// Registry is the table of who is who: what the configuration may name. The program has one
// (package app); a test may have its own.
type Registry struct {
	Transports []Transport
	Sources    []Source
	Channels   []Channel
	// Sealed leaves the secrets of the configuration unread: for commands that use none, or only
	// some, which then say so themselves.
	Sealed bool
}

// Transport is one type of remote: how its section is read, and how what it describes is
// reached. See NewTransport.
type Transport struct {
	// Type is the value of the key type, such as sftp.
	Type string

	section func() section
}

// Section is a blank section of the type: a pointer to the adapter's struct, whose tags
// describe its keys.
func (t Transport) Section() any { return t.section().into() }

// TransportConfig is what an adapter's own struct of keys can do.
type TransportConfig[C any] interface {
	// Under returns the section with relative paths resolved against dir.
	Under(dir string) C
	// Validate reports every fault with the key that it is about.
	Validate(report func(key, message string))
	// Address is where the remote is: HOST:PORT, or the path of a folder.
	Address() string
	// CanRead is false where the account may only write.
	CanRead() bool
	// Route is how the remote is reached, in the words of its section.
	Route() remote.Route
}

// NewTransport makes a transport of an adapter: its struct of keys with the defaults of the
// type, and what makes a remote of them.
func NewTransport[C TransportConfig[C], R remote.Remote](name string, defaults C, connect func(C) R) Transport {
	return Transport{Type: name, section: func() section {
		return &sectionOf[C, R]{config: defaults, make: connect}
	}}
}

// section is one remote's section while it is read, whatever its type.
type section interface {
	into() any
	finish(dir string, report func(key, message string))
	// describe fills in what is known of a remote once its section is read.
	describe(r *Remote)
	connect() remote.Remote
	ends() time.Time
}

type sectionOf[C TransportConfig[C], R remote.Remote] struct {
	config C
	// route is that of the section before its paths were resolved.
	route remote.Route
	make  func(C) R
	ended atomic.Pointer[time.Time]
}

func (s *sectionOf[C, R]) into() any { return &s.config }

func (s *sectionOf[C, R]) finish(dir string, report func(key, message string)) {
	s.route, s.config = s.config.Route(), s.config.Under(dir)
	s.config.Validate(report)
}

func (s *sectionOf[C, R]) describe(r *Remote) {
	r.Address, r.Route, r.WriteOnly = s.config.Address(), s.route, !s.config.CanRead()
	r.Secrets = secretsOf(s.config)
	r.Connect, r.Ends = s.connect, s.ends
}

func (s *sectionOf[C, R]) connect() remote.Remote {
	r := s.make(s.config)
	if c, ok := any(r).(remote.Certified); ok {
		c.Certificate(func(at time.Time) { s.ended.Store(&at) })
	}
	return r
}

func (s *sectionOf[C, R]) ends() time.Time {
	if at := s.ended.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

func (t Transport) name() string { return t.Type }

// listed is what stands in a table of the registry.
type listed interface{ name() string }

// find returns what a table has by a name.
func find[T listed](table []T, name string) (found T, ok bool) {
	i := slices.IndexFunc(table, func(one T) bool { return one.name() == name })
	if i < 0 {
		return found, false
	}
	return table[i], true
}

// names lists what a table has.
func names[T listed](table []T) []string {
	all := make([]string, len(table))
	for i, one := range table {
		all[i] = one.name()
	}
	return all
}
