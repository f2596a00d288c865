package ftp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/textproto"
	"os"
	"syscall"
	"testing"

	"lucca-exchange/internal/remote"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported, remote.ErrAuth, remote.ErrCertificate,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary, remote.ErrBadName, remote.ErrSource,
	}
	code := func(code int) error { return &textproto.Error{Code: code, Msg: "text"} }
	for _, tt := range []struct {
		name string
		err  error
		want error // nil: none of the sentinels
	}{
		{"ready in some minutes", code(120), remote.ErrTemporary},
		{"account wanted", code(332), remote.ErrAuth},
		{"closing", code(421), remote.ErrTemporary},
		{"no data connection", code(425), remote.ErrTemporary},
		{"aborted", code(426), remote.ErrTemporary},
		{"bad login", code(430), remote.ErrAuth},
		{"busy", code(450), remote.ErrTemporary},
		{"local error", code(451), remote.ErrTemporary},
		{"no storage", code(452), remote.ErrNoSpace},
		{"unheard-of, transient", code(499), remote.ErrTemporary},
		{"unknown command", code(500), errors.ErrUnsupported},
		{"bad argument", code(501), nil},
		{"not implemented", code(502), errors.ErrUnsupported},
		{"bad sequence", code(503), nil},
		{"not implemented for this", code(504), errors.ErrUnsupported},
		{"session reuse", code(522), nil},
		{"not logged in", code(530), remote.ErrAuth},
		{"account for storing", code(532), remote.ErrPermission},
		{"unavailable", code(550), remote.ErrPermission},
		{"quota", code(552), remote.ErrNoSpace},
		{"name not allowed", code(553), remote.ErrPermission},
		{"joined with a reset", errors.Join(syscall.ECONNRESET, code(552)), remote.ErrNoSpace},
		{"end of stream", io.EOF, remote.ErrTemporary},
		{"cut", io.ErrUnexpectedEOF, remote.ErrTemporary},
		{"timeout", os.ErrDeadlineExceeded, remote.ErrTemporary},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, remote.ErrTemporary},
		{"closed", net.ErrClosed, remote.ErrTemporary},
		{"alert", &net.OpError{Op: "remote error", Err: alertHandshakeFailure}, nil},
		{"alert that may pass", &net.OpError{Op: "remote error", Err: alertInternalError}, remote.ErrTemporary},
		{"our certificate refused", &net.OpError{Op: "remote error", Err: alertUnknownCA}, remote.ErrAuth},
		{"not pinned", errNotPinned{}, remote.ErrCertificate},
		{"not verified", &tls.CertificateVerificationError{Err: errors.New("x509")}, remote.ErrCertificate},
		{"source", fmt.Errorf("%w: %w", remote.ErrSource, io.ErrUnexpectedEOF), remote.ErrSource},
		{"our side", local{io.ErrUnexpectedEOF}, nil},
		{"size", errSize, remote.ErrTemporary},
		{"session reuse explained", fmt.Errorf("%w: %w", errSessionReuse, permanent{reply{code: 425}}), nil},
	} {
		got := classify(tt.err)
		for _, s := range sentinels {
			if errors.Is(got, s) != errors.Is(tt.want, s) {
				t.Errorf("%s: errors.Is(%v, %v) = %t", tt.name, got, s, !errors.Is(tt.want, s))
			}
		}
	}
	if classify(nil) != nil {
		t.Error("classify(nil) is an error")
	}
}

func TestPositive(t *testing.T) {
	t.Parallel()
	ok, reset := &textproto.Error{Code: 250}, syscall.ECONNRESET
	for _, err := range []error{nil, ok, errors.Join(ok)} {
		if got := positive(err); got != nil {
			t.Errorf("positive(%v) = %v", err, got)
		}
	}
	for _, err := range []error{reset, errors.Join(reset, ok), &textproto.Error{Code: 350}, &textproto.Error{Code: 550}} {
		if positive(err) == nil {
			t.Errorf("positive(%v) is no error", err)
		}
	}
}

func TestControlRemembersTheLastAnswer(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]reply{
		"":                                     {},
		"220 Hello\r\n":                        {220, "Hello"},
		"226-Options: -l\r\n226 2 matches\r\n": {226, "2 matches"},
		"150 Now\r\n226 Done\r\n":              {226, "Done"},
		"550\r\n":                              {550, ""},
		"nothing\r\n":                          {},
		"999 odd\r\n":                          {},
	} {
		c := control{answer: []byte(answer)}
		if got := c.last(); got != want {
			t.Errorf("last of %q = %+v, want %+v", answer, got, want)
		}
	}
}

func FuzzListing(f *testing.F) {
	f.Add("-rw-r--r-- 1 a a 5 Jan  1 10:00 users.csv\r\n", "LIST")
	f.Add("total 1\nbrw-r--r-- 1 a a 5, 1 Jan  1 10:00 disk\n", "LIST")
	f.Add("type=file;size=1;modify=20260101000000; a\nb.csv\r\n", "MLSD")
	f.Fuzz(func(t *testing.T, text, verb string) {
		l := listing{text: text}
		for _, line := range l.lines(verb) {
			if line == "" {
				t.Error("an empty line is an entry")
			}
			factType(line)
		}
	})
}
