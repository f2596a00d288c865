// Package loopback decides what is this machine: where a secret may cross a connection in
// the clear, and from where nobody else can ask.
//
// It knows names and addresses as they are written and looks nothing up: a name that
// resolves to a loopback address is not one, since whoever answers for it may change his mind.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether a host, without a port, is this machine: localhost in any case, or a
// loopback address, in brackets or not. No host is not one.
func Is(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		host = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
