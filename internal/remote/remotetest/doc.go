// Package remotetest checks that a remote keeps the contract of remote.Session, over its
// real protocol, and holds what such tests need: a proxy that breaks connections on
// purpose and the machine's own OpenSSH server.
package remotetest
