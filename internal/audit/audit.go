// Package audit is the record of who did what: one line per act, each chained by hash to the
// one before, so that a line that was changed, removed or put elsewhere is found. Lines hold
// no value of an employee; who acted is an account, and a note is the account's own words.
//
// The chain shows what was done to lines between others. Lines cut off at the end leave a
// shorter chain that is as good: that is found by an Anchor kept elsewhere, such as the one
// in the digest that is mailed. Whoever can write the state can also write a whole new
// chain, which only such an anchor tells from the old one.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"iter"
	"time"
)

// Act is what was done.
type Act string

// The acts. Their names are a public interface.
const (
	Approve     Act = "approve"
	Reject      Act = "reject"
	Run         Act = "run"
	Reveal      Act = "reveal"
	SignIn      Act = "sign_in"
	Refused     Act = "refused"
	SignOut     Act = "sign_out"
	CreateToken Act = "token_create"
	RevokeToken Act = "token_revoke"
	Purge       Act = "purge"
	Pause       Act = "pause"
	Resume      Act = "resume"
	Resend      Act = "resend"
	Download    Act = "download"
	Backup      Act = "backup"
	Restore     Act = "restore"
	Move        Act = "move"
	Cancel      Act = "cancel"
	Upload      Act = "upload"
	RetryHire   Act = "hire_retry"
	DropHire    Act = "hire_drop"
	LinkHire    Act = "hire_link"
	// FillHire: somebody filled in what the hire lacked.
	FillHire Act = "hire_fill"
	// DryRun: somebody had a flow do all but to send and to change anything.
	DryRun Act = "dry_run"
	// Check: somebody had all connections tried.
	Check Act = "check"
)

// Remarks reports whether the note of such an act is the program's own: what was looked at, and how.
func (a Act) Remarks() bool {
	switch a {
	case Reveal, SignIn, SignOut, DryRun:
		return true
	default:
		return false
	}
}

// Acts are all, in the order of a list to choose from.
func Acts() []Act {
	return []Act{
		Approve, Reject, Run, DryRun, Cancel, Resend, Pause, Resume, Upload, Download, Reveal, Check, RetryHire, DropHire, LinkHire, FillHire,
		SignIn, SignOut, Refused, CreateToken, RevokeToken, Purge, Backup, Restore, Move,
	}
}

// Entry is one act, as whoever acts tells it. What does not apply is empty.
type Entry struct {
	At time.Time `json:"at"`
	// Who is an account: a user of the console, the name of a token, or the account of the
	// operating system behind a command.
	Who  string `json:"who"`
	Role string `json:"role,omitempty"`
	// From is the way it came: "cli", "daemon", or the address of a browser or a program.
	From string `json:"from"`
	Act  Act    `json:"act"`
	Flow string `json:"flow,omitempty"`
	Run  string `json:"run,omitempty"`
	// Hash is that of the plan or file which the act was about. In a line of Purge it is the
	// Sum of the last line that was removed from the audit itself.
	Hash string `json:"hash,omitempty"`
	// Person is the keyed pseudonym of the employee whom the act was about.
	Person string `json:"person,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Refused is the entry about an act that was not done, and why.
func (e Entry) Refused(why string) Entry {
	e.Note, e.Act = string(e.Act)+": "+why, Refused
	return e
}

// Line is an entry in its place.
type Line struct {
	// Sequence counts from 1 without a gap.
	Sequence int64 `json:"sequence"`
	Entry
	// Previous is the Sum of the line before, empty for the first.
	Previous string `json:"previous,omitempty"`
	// Sum is over all of the above, in lower-case hexadecimal SHA-256.
	Sum string `json:"sum"`
}

// Anchor names a line by what cannot be made up afterwards.
type Anchor struct {
	Sequence int64  `json:"sequence"`
	Sum      string `json:"sum"`
}

// Anchor is the line's.
func (l Line) Anchor() Anchor { return Anchor{l.Sequence, l.Sum} }

// String is how an anchor is written where people keep it, 1207:9f86d0… with 64 digits.
func (a Anchor) String() string { return fmt.Sprintf("%d:%s", a.Sequence, a.Sum) }

// ParseAnchor reads what String wrote.
func ParseAnchor(s string) (Anchor, error) {
	var a Anchor
	if n, err := fmt.Sscanf(s, "%d:%64s", &a.Sequence, &a.Sum); n != 2 || err != nil || a.String() != s || a.Sequence < 1 || len(a.Sum) != 2*sha256.Size {
		return Anchor{}, errors.New("want an anchor as it was printed, such as 1207:9f86d0… with 64 digits")
	}
	return a, nil
}

// Next puts an entry after the line last, which is zero for the first of all. The time is
// kept to the microsecond, as databases do.
func Next(last Line, e Entry) Line {
	e.At = e.At.UTC().Truncate(time.Microsecond)
	l := Line{Sequence: last.Sequence + 1, Entry: e, Previous: last.Sum}
	l.Sum = l.sum()
	return l
}

// version is the first thing that is hashed: another set of fields is another version.
const version = "lucca-exchange audit 1"

func (l Line) sum() string {
	h := sha256.New()
	text(h, version)
	number(h, l.Sequence)
	number(h, l.At.UnixMicro())
	for _, s := range []string{l.Who, l.Role, l.From, string(l.Act), l.Flow, l.Run, l.Hash, l.Person, l.Note, l.Previous} {
		text(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// text writes a string with its length before it, so that no two rows of strings are one.
func text(h hash.Hash, s string) {
	number(h, int64(len(s)))
	h.Write([]byte(s))
}

func number(h hash.Hash, n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

// ErrBroken says that the record is not what was written.
var ErrBroken = errors.New("the audit was tampered with")

// Verify goes through the lines in their order and returns the last one's anchor. It returns
// ErrBroken, with the place, for a line that was changed, removed, added or moved, and for
// an anchor of earlier times that the chain no longer holds. Lines that retention removed
// from the beginning are missed only if no later line of Purge says so.
func Verify(lines iter.Seq2[Line, error], kept ...Anchor) (Anchor, error) {
	var last Line
	start, purged := "", false
	held := make(map[int64]string, len(kept))
	for _, a := range kept {
		held[a.Sequence] = a.Sum
	}
	for l, err := range lines {
		switch {
		case err != nil:
			return Anchor{}, fmt.Errorf("read audit: %w", err)
		case last.Sequence == 0:
			start = l.Previous
		case l.Sequence != last.Sequence+1:
			return Anchor{}, fmt.Errorf("after line %d comes line %d: %w", last.Sequence, l.Sequence, ErrBroken)
		case l.Previous != last.Sum:
			return Anchor{}, fmt.Errorf("line %d does not follow the line before it: %w", l.Sequence, ErrBroken)
		}
		if l.Sum != l.sum() || l.Sequence < 1 || (l.Sequence == 1) != (l.Previous == "") {
			return Anchor{}, fmt.Errorf("line %d is not as it was written: %w", l.Sequence, ErrBroken)
		}
		if sum, ok := held[l.Sequence]; ok && sum != l.Sum {
			return Anchor{}, fmt.Errorf("line %d is another one than the anchor's: %w", l.Sequence, ErrBroken)
		}
		purged = purged || l.Act == Purge && start != "" && l.Hash == start
		last = l
	}
	if start != "" && !purged {
		return Anchor{}, fmt.Errorf("the lines before the first are gone, and no line says that they were due: %w", ErrBroken)
	}
	for sequence := range held {
		if sequence > last.Sequence {
			return Anchor{}, fmt.Errorf("line %d, which an anchor names, is gone: %w", sequence, ErrBroken)
		}
	}
	return last.Anchor(), nil
}
