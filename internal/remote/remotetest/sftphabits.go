package remotetest

import "encoding/binary"

// SFTPHabits are what SFTP servers do that the protocol allows, or that clients bear. The zero value
// has none.
type SFTPHabits struct {
	// Version is what the server says that it speaks, 3 if left out; Extensions are the names of those
	// that it offers, all of which it refuses with RefusesBy.
	Version    uint32
	Extensions []string
	RefusesBy  uint32
	// Handle begins each handle.
	Handle string
	// BareStatus leaves out the text of a status and its language.
	BareStatus bool
	// Extended adds attributes of a vendor.
	Extended bool
	// NamePrefix is put before each name in a listing, such as ./ or a path.
	NamePrefix string
	// EntriesAtOnce is how many entries a part of a listing has; 0 is all. NamesTwice lists each twice.
	EntriesAtOnce int
	NamesTwice    bool
	// ShortReads is how many bytes an answer to a read has at most; LongReads: it has more than were
	// asked for.
	ShortReads uint32
	LongReads  bool
	// NoLstat: only STAT is known. NoStat: neither is.
	NoLstat, NoStat bool
	// MkdirDenied: no folder may be made, whether it is there or not.
	MkdirDenied bool
	// RenamesOver: a rename replaces what has the name.
	RenamesOver bool
	// EndsWithEachFile ends the session when a file is closed.
	EndsWithEachFile bool
	// OneHandle: one file or folder may be open at a time.
	OneHandle bool
	// RemoveDenied: nothing may be removed.
	RemoveDenied bool
	// Shut begins the names of files that may not be read.
	Shut string
	// BareNames: a listing tells nothing but names.
	BareNames bool
	// GoneOnOpen: a file is taken away as soon as it is opened to be read.
	GoneOnOpen bool
	// Locked is a request of which some are refused because of a lock: the nth where LockedWhen has
	// the bit n, of lowest first.
	Locked     byte
	LockedWhen uint64
}

// version is the answer to the first request.
func (c *sftpTalk) version() []byte {
	script := c.server.script
	if script.Version == 0 {
		script.Version = 3
	}
	p := binary.BigEndian.AppendUint32(nil, script.Version)
	for _, name := range script.Extensions {
		p = sftpText(sftpText(p, name), "1")
	}
	return p
}

// oddly answers as a habit has it, or by kind 0 where none is about the request.
func (c *sftpTalk) oddly(request byte) (kind byte, rest []byte) {
	const extended = 200
	script := c.server.script
	switch {
	case request == extended && script.RefusesBy != 0:
		return sftpSays(script.RefusesBy, "refused")
	case request == sftpLstat && (script.NoLstat || script.NoStat), request == sftpStat && script.NoStat:
		return sftpSays(sftpUnsupported, "")
	case request == sftpMkdir && script.MkdirDenied, request == sftpRemove && script.RemoveDenied:
		return sftpSays(sftpDenied, "")
	case (request == sftpOpen || request == sftpOpenDir) && script.OneHandle && len(c.open) > 0:
		return sftpSays(sftpFailure, "too many open handles")
	}
	if request == script.Locked && request != 0 {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		if c.server.locked++; c.server.script.LockedWhen>>(c.server.locked-1)&1 == 1 {
			return sftpSays(sftpFailure, "The file is locked by another user")
		}
	}
	return 0, nil
}
