package sftp

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary, remote.ErrBadName, remote.ErrSource,
	}
	status := func(code uint32) error { return &sftp.StatusError{Code: code} }
	for _, tt := range []struct {
		name string
		err  error
		want error // nil: none of the sentinels
	}{
		{"no such file", os.ErrNotExist, fs.ErrNotExist},
		{"permission denied", os.ErrPermission, remote.ErrPermission},
		{"failure", status(4), nil},
		{"bad message", status(5), nil},
		{"no connection", status(6), remote.ErrTemporary},
		{"connection lost", status(7), remote.ErrTemporary},
		{"unsupported", status(8), errors.ErrUnsupported},
		{"no such path", status(10), fs.ErrNotExist},
		{"exists", status(11), fs.ErrExist},
		{"write protect", status(12), remote.ErrPermission},
		{"no space", status(14), remote.ErrNoSpace},
		{"quota", status(15), remote.ErrNoSpace},
		{"lock conflict", status(17), remote.ErrTemporary},
		{"invalid name", status(20), remote.ErrBadName},
		{"unknown code", status(99), nil},
		{"broken connection", sftp.ErrSSHFxConnectionLost, remote.ErrTemporary},
		{"end of stream", io.EOF, remote.ErrTemporary},
		{"cut in a packet", io.ErrUnexpectedEOF, remote.ErrTemporary},
		{"timeout", os.ErrDeadlineExceeded, remote.ErrTemporary},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, remote.ErrTemporary},
		{"closed", net.ErrClosed, remote.ErrTemporary},
		{"wrapped", fmt.Errorf("write: %w", status(14)), remote.ErrNoSpace},
		{"source", fmt.Errorf("%w: %w", remote.ErrSource, io.ErrUnexpectedEOF), remote.ErrSource},
		{"our side", local{io.ErrUnexpectedEOF}, nil},
		{"size", remote.SizeError{Stated: 1, Sent: 2}, remote.ErrTemporary},
	} {
		got := classify(tt.err)
		if !errors.Is(got, tt.err) {
			t.Errorf("%s: the cause is lost in %v", tt.name, got)
		}
		for _, s := range sentinels {
			if is, want := errors.Is(got, s), errors.Is(tt.want, s); is != want {
				t.Errorf("%s: errors.Is(%v, %v) = %t", tt.name, got, s, is)
			}
		}
	}
	if classify(nil) != nil {
		t.Error("classify(nil) is an error")
	}
}

func TestClassifyOpen(t *testing.T) {
	t.Parallel()
	if err := classifyOpen(t.Context(), &ssh.OpenChannelError{Reason: ssh.ResourceShortage}); !errors.Is(err, remote.ErrTemporary) {
		t.Errorf("resource shortage = %v", err)
	}
	if err := classifyOpen(t.Context(), &ssh.OpenChannelError{Reason: ssh.Prohibited}); errors.Is(err, remote.ErrTemporary) {
		t.Errorf("prohibited = %v", err)
	}
}

// TestFilesThatOthersHaveOpen: in whatever words a server says so, it passes.
// TestWordsOfServers: the code of each is a failure without a reason.
func TestWordsOfServers(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]error{
		"the file is open by another user": remote.ErrBusy, "file is being uploaded": remote.ErrBusy, "upload in progress": remote.ErrBusy,
		"could not obtain exclusive access": remote.ErrBusy,
		"Le processus ne peut pas accéder au fichier car ce fichier est utilisé par un autre processus.":   remote.ErrBusy,
		"Der Prozess kann nicht auf die Datei zugreifen, da sie von einem anderen Prozess verwendet wird.": remote.ErrBusy,
		"The process cannot access the file because another process has locked a portion of the file.":     remote.ErrBusy,
		"Espace insuffisant sur le disque": remote.ErrNoSpace, "Es steht nicht genügend Speicherplatz zur Verfügung": remote.ErrNoSpace, "Quota exceeded": remote.ErrNoSpace,
		"Le fichier existe déjà": fs.ErrExist, "Die Datei ist bereits vorhanden.": fs.ErrExist, "File already exists": fs.ErrExist,
		"Le fichier spécifié est introuvable.": fs.ErrNotExist, "Das System kann die angegebene Datei nicht finden: nicht gefunden": fs.ErrNotExist,
		"The system cannot find the file specified.": fs.ErrNotExist,
		"Accès refusé": remote.ErrPermission, "Zugriff verweigert": remote.ErrPermission, "Read-only file system": remote.ErrPermission,
		"Zu viele Sitzungen": remote.ErrTemporary, "Trop de sessions": remote.ErrTemporary, "Too many open handles": remote.ErrTemporary,
		"Operation not supported": errors.ErrUnsupported, "cannot open file": nil, "failure": nil, "Échec": nil,
	} {
		if got := sentinelOfWords(words); !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%q is %v, want %v", words, got, want)
		}
	}
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		disk sftp.StatVFS
		rest int64
		want bool
	}{
		{sftp.StatVFS{Frsize: 4096, Bavail: 1000}, 1 << 20, false},
		{sftp.StatVFS{Frsize: 4096, Bavail: 100}, 1 << 20, true},
		{sftp.StatVFS{Frsize: 4096, Bavail: 0}, 0, true},
		{sftp.StatVFS{Frsize: 4096, Bavail: 1000, Files: 10, Favail: 0}, 0, true},
		{sftp.StatVFS{Frsize: 4096, Bavail: 1000, Files: 10, Favail: 3}, 0, false},
	} {
		if got := tooSmall(&tt.disk, tt.rest); got != tt.want {
			t.Errorf("tooSmall(%+v, %d) = %t", tt.disk, tt.rest, got)
		}
	}
}

func TestSoftwareKeepsOnlyPrintableText(t *testing.T) {
	t.Parallel()
	if got := software([]byte("SSH-2.0-Open\x1b[31mSSH\xff")); got != "Open[31mSSH" {
		t.Errorf("software() = %q", got)
	}
}

// shrunk states more bytes than it has, and answers short reads when asked to.
type shrunk struct{ data []byte }

func (s shrunk) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(s.data)) {
		return 0, io.EOF
	}
	n := copy(p, s.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestCopyAtNeverTakesAnotherSize(t *testing.T) {
	t.Parallel()
	for _, atOnce := range []int{1, 2, window} {
		for _, stated := range []int64{0, 1, packet - 1, packet, packet + 1, 3 * packet} {
			for _, held := range []int64{0, 1, packet - 1, packet, packet + 1, 3 * packet, 5*packet + 1} {
				n, err := copyAt(io.Discard, shrunk{make([]byte, held)}, stated, atOnce)
				if stated == held && (err != nil || n != held) {
					t.Errorf("%d bytes: copied %d, %v", held, n, err)
				}
				_, other := errors.AsType[remote.OtherSizeError](err)
				if stated != held && other != (held < stated) || held > stated && !errors.Is(err, errLonger) {
					t.Errorf("%d bytes stated as %d: copied %d, %v", held, stated, n, err)
				}
			}
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	if got := instant(1_700_000_000).Format(time.DateTime); got != "2023-11-14 22:13:20" {
		t.Errorf("instant() = %s", got)
	}
	if got := instant(ssh.CertTimeInfinity); got.Year() != 9999 {
		t.Errorf("instant(infinity) = %s", got)
	}
}
