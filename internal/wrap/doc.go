// Package wrap puts a file into its wrapping on the way out and takes it out on the way
// in: gzip, zip, OpenPGP (RFC 9580 and what GnuPG reads and writes) and age, one inside
// the other.
//
// The key wrap of a flow lists the steps in the order in which they are done, unwrap in
// the order in which they are undone, so that the two lists are the reverse of each other.
//
// # Streaming
//
// Wrap and Unwrap hold a few buffers in memory, whatever the size of the file. The price
// is that the receiver has bytes before it is known whether they are good: the checksum,
// the authentication code and the signature come last. After an error, what was written
// must be thrown away.
//
// # Determinism
//
// gzip and zip write the same bytes for the same content and name: no time, no owner.
// Encryption cannot: each message has a session key of its own. Whether two runs made the
// same file is therefore told by the hash of the plain one.
//
// # What is not done
//
// OpenPGP signatures beside the file (.sig), messages that are signed but not encrypted,
// passwords instead of keys, and archives with several files for us. An archive in an
// archive stays packed.
//
// No error holds content, keys or passphrases: what a library says about its input is not
// repeated, since age for one quotes it.
package wrap

import "errors"

// Errors that callers branch on.
var (
	// ErrFormat: the file is not what the step expects, is damaged, ends too early or
	// goes on after its end.
	ErrFormat = errors.New("file cannot be unwrapped")
	// ErrTooLarge: the content is over the caps.
	ErrTooLarge = errors.New("content is larger than allowed")
	// ErrSignature: a signature is required and there is none, or not a valid one by the
	// right key.
	ErrSignature = errors.New("signature is not accepted")
	// ErrKey: a key cannot be used, or does not open the file.
	ErrKey = errors.New("key cannot be used")
)
