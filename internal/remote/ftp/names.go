package ftp

import (
	"path"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/remote"
)

// maxNames bounds what is remembered of a server's names.
const maxNames = 10_000

// names remembers by which bytes a server knows names that are not UTF-8: to us they are what
// they read as in Windows-1252, of which Latin-1 is a part.
type names struct {
	mu  sync.Mutex
	raw map[string]string
}

// legible returns a name as UTF-8.
func legible(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	name, err := charmap.Windows1252.NewDecoder().String(raw)
	if err != nil {
		return raw // no byte is without a meaning
	}
	return name
}

// read returns the name that a server's bytes stand for.
func (n *names) read(raw string) string {
	name := legible(raw)
	if name != raw && remote.CheckName(name) == nil {
		n.remember(name, raw)
	}
	return name
}

func (n *names) remember(name, raw string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.raw == nil || len(n.raw) >= maxNames {
		n.raw = map[string]string{}
	}
	n.raw[name] = raw
}

// bytes returns what the server calls a name, as far as it was seen in a listing.
func (n *names) bytes(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if raw, ok := n.raw[name]; ok {
		return raw
	}
	return name
}

// path is what the server calls a path, which may be SUB/NAME.
func (n *names) path(p string) string {
	sub, name := path.Split(p)
	return sub + n.bytes(name)
}

// follow gives to the coding of from, which it is renamed from.
func (n *names) follow(from, to string) {
	if isASCII(to) || n.bytes(from) == from {
		return
	}
	if raw, err := charmap.Windows1252.NewEncoder().String(to); err == nil {
		n.remember(to, raw)
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// sameName tells whether two names are the same but for how accents are composed, which some
// servers change.
func sameName(a, b string) bool { return a == b || norm.NFC.String(a) == norm.NFC.String(b) }
