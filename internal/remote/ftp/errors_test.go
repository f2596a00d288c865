package ftp

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported, remote.ErrAuth, remote.ErrCertificate,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary, remote.ErrBadName, remote.ErrSource,
	}
	code := func(code int) error { return reply{code: code, text: "text"} }
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

func FuzzListing(f *testing.F) {
	f.Add("-rw-r--r-- 1 a a 5 Jan  1 10:00 users.csv\r\n")
	f.Add("total 1\nbrw-r--r-- 1 a a 5, 1 Jan  1 10:00 disk\n")
	f.Add("type=file;size=1;modify=20260101000000; a\nb.csv\r\n")
	f.Add("11-28-26  03:07PM       <DIR>          archive\r\n+i1,m1,/,\tdev\r\nQSYS 1 28/11/26 15:09:55 *STMF a.csv\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := splitLines(text)
		p := newParser(lines, time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
		for _, l := range lines {
			if got, ok := p.parse(l); ok && got.kind != skipped && (got.name == "" || got.size < -1) {
				t.Errorf("%q is %+v", l, got)
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add("220-Hello\r\n220 there\r\n")
	f.Add("227 =127,0,0,1,4,1\r\n229 (|||1025|)\r\n257 \"/a\"\"b\" is it\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := control{in: bufio.NewReader(strings.NewReader(text))}
		for {
			r, err := c.read()
			if err != nil {
				return
			}
			if r.code < 100 || r.code > 699 {
				t.Errorf("code %d", r.code)
			}
			if port, ok := epsvPort(r.text); ok && (port < 1 || port > 65535) {
				t.Errorf("port %d", port)
			}
			if port, ok := pasvPort(r.text); ok && (port < 1 || port > 65535) {
				t.Errorf("port %d", port)
			}
			if base := workingFolder(r.text); base != "" && base[0] != '/' {
				t.Errorf("folder %q", base)
			}
			for verb := range successes {
				c := control{verb: verb, last: r}
				answers := textproto.NewReader(bufio.NewReader(bytes.NewReader(c.mend(r))))
				_, _, err := answers.ReadResponse(0)
				if _, unread := errors.AsType[textproto.ProtocolError](err); unread || answers.R.Buffered() > 0 {
					t.Errorf("%s: the library cannot read the answer to %q: %v", verb, r.text, err)
				}
			}
		}
	})
}
