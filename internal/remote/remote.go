// Package remote is a folder on another machine behind one small interface.
//
// An adapter (remote/sftp, remote/ftp, remote/dir) speaks one protocol and does exactly what a
// method says: no retries, no temporary names, no policy. How a file is put in place
// without its reader ever seeing half of it is the delivery package's business; how one is
// taken exactly once, the pickup package's. The contract below is checked for every
// adapter by remote/remotetest, over the real protocol.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/fault"
)

// Errors that callers branch on. Adapters wrap them; fs.ErrNotExist, fs.ErrExist and
// errors.ErrUnsupported keep their usual meaning.
var (
	// ErrAuth: the server refused the login. Never retried: accounts get locked.
	ErrAuth = errors.New("login refused")
	// ErrProxy is beside another error: it is the proxy's, or about the way to it.
	ErrProxy = errors.New("fault of the proxy")
	// ErrLoginCut: the connection ended after a password or a key was offered, without
	// an answer. Some servers tell a wrong password in no other way, so whoever has not
	// been let in before must not try again.
	ErrLoginCut = errors.New("connection ended during the login, as some servers do on a wrong user or password")
	// ErrHostKey: the server is not the one that was configured. Nothing secret was sent.
	ErrHostKey = errors.New("host key does not match")
	// ErrCertificate: the server's TLS certificate is not to be trusted, or not the one
	// that was configured. Nothing secret was sent.
	ErrCertificate = errors.New("certificate is not trusted")
	// ErrPermission: the account may not do this in this folder.
	ErrPermission = errors.New("permission denied")
	// ErrNoSpace: the server's disk or quota is full.
	ErrNoSpace = errors.New("no space left on the server")
	// ErrTemporary: the network or the server failed in a way that may pass; the same
	// operation may be tried again on a new connection.
	ErrTemporary = errors.New("temporary failure")
	// ErrBusy is an ErrTemporary about one file: another program on the server has it open,
	// mostly a scanner that looks at what has just come. It passes within minutes.
	ErrBusy = fault.Of(ErrTemporary, "the file is in use on the server")
	// ErrUnanswered is an ErrTemporary about an upload: every byte was sent, and the server has
	// not said what became of them. The file may be there, or come.
	ErrUnanswered = fault.Of(ErrTemporary, "every byte was sent, and the server did not say that it has them")
	// ErrBadName: the name cannot be used as a file name on a remote.
	ErrBadName = errors.New("unusable file name")
)

// Unanswered is an ErrUnanswered of a server that was waited for so long.
func Unanswered(waited time.Duration, err error) error {
	return fault.As(ErrUnanswered, "%v for %s, as one that scans or copies what it has got: set idle_timeout to more than it takes: %w", ErrUnanswered, waited, err)
}

// SizeError is an ErrTemporary of an upload: the server states another size than that of what was
// sent. It may be slow to count. One that says so each time keeps files in another form.
type SizeError struct{ Stated, Sent int64 }

// Error tells both.
func (e SizeError) Error() string {
	return fmt.Sprintf("%v: the server states %d bytes instead of %d", ErrTemporary, e.Stated, e.Sent)
}

// Unwrap returns ErrTemporary.
func (SizeError) Unwrap() error { return ErrTemporary }

// OtherSizeError is about a download: what the server sends until it says that the file ended has
// another size than it states. The file changed, or the server keeps it in another form, such as
// encrypted or by records. All that came has been written.
type OtherSizeError struct{ Stated, Sent int64 }

// Error tells both.
func (e OtherSizeError) Error() string {
	return fmt.Sprintf("the server states %d bytes and sends %d", e.Stated, e.Sent)
}

// LeftOutError is the ErrBadName of a listing: so many of its entries have names that CheckName
// refuses.
type LeftOutError struct {
	Count int
	// Names are those that the server has sent, as they are: for comparing only. An adapter
	// that does not know them leaves them out.
	Names []string
}

// Error says how many, and not which.
func (e LeftOutError) Error() string {
	return fmt.Sprintf("%d entries left out: %v", e.Count, ErrBadName)
}

// Unwrap returns ErrBadName.
func (LeftOutError) Unwrap() error { return ErrBadName }

// Definite reports whether err leaves a session usable: the server said no, and nothing
// else happened.
func Definite(err error) bool {
	for _, answer := range []error{fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported, ErrPermission, ErrNoSpace, ErrBadName} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// HostFault says what is wrong with a host in a configuration, or nothing.
func HostFault(host string) string {
	switch {
	case host == "":
		return "missing: want the name or address of the server"
	case strings.ContainsAny(host, " /@") || strings.Contains(host, "://"):
		return "want a host name or address only, without a user, a scheme or a path"
	case strings.Contains(host, ":") && net.ParseIP(host) == nil:
		return "want a host name or address only: the port has its own key, port"
	default:
		return ""
	}
}

// Entry is one regular file or folder in a listing.
type Entry struct {
	Name string
	// Size is in bytes, or SizeUnstated.
	Size    int64
	ModTime time.Time
	// Regular is false for folders, links, devices and pipes.
	Regular bool
}

// SizeUnstated is the size of an entry of which the server does not tell the size.
const SizeUnstated = -1

// Holds tells whether the entry can have so many bytes: one of unstated size can.
func (e Entry) Holds(size int64) bool { return e.Size == size || e.Size == SizeUnstated }

// Peer describes whom one is connected to, for check --connect and the store. It never
// holds a secret.
type Peer struct {
	// Address is host:port, or the path of a local folder.
	Address string
	// Protocol is for example "SFTP over SSH 2.0, OpenSSH_9.2p1".
	Protocol string
	// Key is the fingerprint of the server's key, SHA256:…; empty for a local folder.
	Key string
	// Security is what was negotiated, for example "curve25519-sha256, ssh-ed25519,
	// aes128-gcm@openssh.com" or "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; empty for
	// a local folder.
	Security string
	// Banner is what the server says to everyone before the login, on one line of printable
	// text; mostly empty. See Line.
	Banner string
	// Warning is a sentence about something that works today and will not for long, such as
	// a certificate that is about to end; mostly empty.
	Warning string
}

// Remote opens sessions. It holds configuration only and may be shared.
type Remote interface {
	// Open connects, verifies the server, logs in and checks that the folder exists
	// (unless the folder is write-only). It returns ErrHostKey, ErrCertificate, ErrAuth,
	// ErrLoginCut, fs.ErrNotExist for a missing folder, or ErrTemporary. The caller closes
	// the session.
	Open(ctx context.Context) (Session, error)
}

// Route is how a remote is reached, as its section of the configuration has it: the account and the
// folder there, and what the connection goes through, a jump host as USER@HOST:PORT or a proxy; empty
// where the section names none.
type Route struct{ User, Dir, Jump, Proxy string }

// Certified is a Remote whose server shows a certificate.
type Certified interface {
	Remote
	// Certificate has a function be told, at each Open, when the certificate of the server ends.
	Certificate(ends func(time.Time))
}

// Creator is a Remote that can make its own folder.
type Creator interface {
	Remote
	// Create makes the folder and all that are missing above it. A folder that exists is
	// no error. Other errors are those of Open.
	Create(ctx context.Context) error
}

// Session is one connection, used by one goroutine at a time. After an error that is
// not one of fs.ErrNotExist, fs.ErrExist, ErrPermission, ErrNoSpace, ErrBadName or
// errors.ErrUnsupported, it must be closed and not used again. Each name is that of a file in
// the configured folder, NAME, or in one directly below it, SUB/NAME: SplitPath reads it. What is
// asked about a file below is fs.ErrNotExist also where its folder is missing.
//
// Every method honours ctx and has a deadline on each network step; when ctx ends they
// return context.Cause(ctx).
type Session interface {
	// Peer says whom we are talking to.
	Peer() Peer

	// List returns the entries of the folder sub below this one, or of this one where sub is
	// empty, in no particular order, "." and ".." left out. Entries whose names CheckName refuses are left out too, but not in
	// silence: the error then wraps a LeftOutError that says how many, and the other
	// entries are returned beside it.
	List(ctx context.Context, sub string) ([]Entry, error)

	// Stat returns one entry, or fs.ErrNotExist.
	Stat(ctx context.Context, name string) (Entry, error)

	// Upload creates name, which must not exist, with exactly size bytes of src, makes
	// the server confirm the size where it is able to, and closes the file. It returns
	// fs.ErrExist when name exists, and ErrSource when src does not hold exactly size
	// bytes. On any error, part of the file may be there: nothing is removed.
	Upload(ctx context.Context, name string, src io.Reader, size int64) error

	// Download writes the whole of name, a regular file, to dst and returns the number of
	// bytes, having checked it against the size that the server states, if it does: OtherSizeError.
	Download(ctx context.Context, name string, dst io.Writer) (int64, error)

	// Replace renames from to to in one step, also where to exists, so that a reader
	// sees the old file or the new one at any moment. It returns errors.ErrUnsupported
	// when the server has no such operation.
	Replace(ctx context.Context, from, to string) error

	// Rename renames from to to. Where to exists, servers differ: some overwrite, others
	// return an error and change nothing. No folder is made for it.
	Rename(ctx context.Context, from, to string) error

	// Remove deletes a file. It returns fs.ErrNotExist when there is none, and never
	// deletes a folder.
	Remove(ctx context.Context, name string) error

	// MakeFolder makes the folder sub below this one. One that exists is no error;
	// something else under its name is fs.ErrExist.
	MakeFolder(ctx context.Context, sub string) error

	// Close ends the connection. It may be called more than once.
	Close() error
}

// maxName is the longest file name that common file systems store, in bytes.
const maxName = 255

// CheckName returns an error wrapping ErrBadName unless name is a plain file name that
// is safe to send to any server: valid UTF-8, no separator, no control character
// (a line end in a path is a command to an FTP server), neither "." nor "..". The error
// does not repeat the name.
func CheckName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fault.Of(ErrBadName, "empty, or the name of a folder")
	case len(name) > maxName:
		return fault.Of(ErrBadName, "longer than %d bytes", maxName)
	case strings.ContainsAny(name, `/\`):
		return fault.Of(ErrBadName, "contains a path separator")
	case !utf8.ValidString(name):
		return fault.Of(ErrBadName, "not valid UTF-8")
	}
	for _, r := range name {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return fault.Of(ErrBadName, "contains a control character")
		}
	}
	return nil
}

// SplitPath checks NAME or SUB/NAME, of which CheckName holds for each part, and returns its
// parts; sub is empty for the former. The error wraps ErrBadName.
func SplitPath(p string) (sub, name string, err error) {
	sub, name, below := strings.Cut(p, "/")
	if !below {
		sub, name = "", sub
	} else if err := CheckName(sub); err != nil {
		return "", "", err
	}
	return sub, name, CheckName(name)
}

// CheckPaths returns an error wrapping ErrBadName unless SplitPath can read each path.
func CheckPaths(paths ...string) error {
	for _, p := range paths {
		if _, _, err := SplitPath(p); err != nil {
			return err
		}
	}
	return nil
}

// maxLine bounds what is kept of a server's words, in bytes.
const maxLine = 300

// Line reduces what a server says to one line of printable text that is safe to show and to
// log, cut after 300 bytes.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxLine {
		return text
	}
	return strings.ToValidUTF8(text[:maxLine], "") + "…"
}
