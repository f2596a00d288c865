package ftp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// TestServersInTheField: a file goes to each and comes back, whatever its habits.
func TestServersInTheField(t *testing.T) {
	t.Parallel()
	as400 := func(info fs.FileInfo) string {
		kind := "*STMF     "
		if info.IsDir() {
			kind = "*DIR      "
		}
		return fmt.Sprintf("QSYS %14d %s %s %s", info.Size(), info.ModTime().UTC().Format("02/01/06 15:04:05"), kind, info.Name())
	}
	eplf := func(info fs.FileInfo) string {
		return fmt.Sprintf("+i1.2,m%d,r,s%d,\t%s", info.ModTime().Unix(), info.Size(), info.Name())
	}
	dos24 := func(info fs.FileInfo) string {
		return fmt.Sprintf("%s %20d %s", info.ModTime().UTC().Format("01-02-06  15:04"), info.Size(), info.Name())
	}
	groups := func(info fs.FileInfo) string {
		return fmt.Sprintf("-rw-r--r--   1 acme Domain Users %d %s %s", info.Size(), info.ModTime().UTC().Format("Jan _2 15:04"), info.Name())
	}
	sizeless := func(info fs.FileInfo) string {
		return fmt.Sprintf("-rw-r--r--   1 acme acme %s %s", info.ModTime().UTC().Format("Jan _2 15:04"), info.Name())
	}
	private := func(info fs.FileInfo) string { return "<" + info.Name() + "> in a form of its own" }
	refuse := func(verbs ...string) script {
		all := script{}
		for _, verb := range verbs {
			all[verb] = remotetest.FTPScript{Answer: "500 What?"}
		}
		return all
	}
	for name, tt := range map[string]struct {
		mode    ftp.Mode
		options remotetest.FTPOptions
	}{
		"USER 232":                                 {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{NoPassword: "USER"}}},
		"PASS 202":                                 {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{NoPassword: "PASS"}}},
		"UTF8 refused":                             {ftp.Plain, remotetest.FTPOptions{Script: script{"OPTS": {Answer: "530 Not now"}}}},
		"implicit, PBSZ and PROT":                  {ftp.Implicit, remotetest.FTPOptions{Script: refuse("PBSZ", "PROT")}},
		"implicit, PROT out of order":              {ftp.Implicit, remotetest.FTPOptions{Script: script{"PROT": {Answer: "503 PBSZ first"}}}},
		"no FEAT":                                  {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: refuse("FEAT", "EPSV")}},
		"227 without parentheses":                  {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{BarePASV: true}, Script: refuse("EPSV")}},
		"226 twice":                                {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{EndsTwice: true}}},
		"226 twice, encrypted":                     {ftp.Explicit, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{EndsTwice: true}}},
		"hangs up after a transfer":                {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{HangsUp: true}}},
		"hangs up, encrypted":                      {ftp.Explicit, remotetest.FTPOptions{Reuse: true, Quirks: remotetest.FTPQuirks{HangsUp: true}}},
		"hangs up, no MLST":                        {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{HangsUp: true}}},
		"reset after the last byte":                {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Resets: true}}},
		"size stated late":                         {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{SizeLate: 300 * time.Millisecond}}},
		"MLSD without type":                        {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Facts: []string{"size", "modify"}}}},
		"MLSD without size":                        {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Facts: []string{"type", "modify"}}}},
		"MLSD with names alone":                    {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Facts: []string{}}}},
		"IBM i":                                    {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Line: as400}}},
		"EPLF":                                     {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Line: eplf}}},
		"IIS with 24 hours":                        {ftp.Plain, remotetest.FTPOptions{NoMLST: true, DOS: true, Quirks: remotetest.FTPQuirks{Line: dos24}}},
		"a blank in the group":                     {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Line: groups}}},
		"LIST without size":                        {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Line: sizeless}}},
		"LIST in a form of its own":                {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Line: private}}},
		"PWD refused":                              {ftp.Plain, remotetest.FTPOptions{Script: refuse("PWD")}},
		"PWD and CDUP refused":                     {ftp.Plain, remotetest.FTPOptions{Script: refuse("PWD", "CDUP")}},
		"PWD of Windows":                           {ftp.Plain, remotetest.FTPOptions{Script: script{"PWD": {Answer: `257 "C:\in" is it`}}}},
		"550 to an empty folder":                   {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Empty: "550 No files found"}}},
		"550 with many reasons to an empty folder": {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Empty: "550 No files found or invalid directory or permission problem"}}},
		"450 to an empty folder":                   {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Empty: "450 No files found"}}},
		"550, such file":                           {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Quirks: remotetest.FTPQuirks{Empty: "550 *: No such file or directory"}}},
	} {
		for _, dir := range []string{"/in", "in"} {
			t.Run(name+" "+dir, func(t *testing.T) {
				t.Parallel()
				_, c, folder := scripted(t, tt.mode, tt.options)
				c.Dir = dir
				s := open(t, c)
				if entries, err := s.List(t.Context(), ""); err != nil || len(entries) > 0 {
					t.Fatalf("an empty folder lists %+v, %v", entries, err)
				}
				content := strings.Repeat("login;name\n", 10_000)
				if err := s.Upload(t.Context(), "a.part", strings.NewReader(content), int64(len(content))); err != nil {
					t.Fatal(err)
				}
				if err := s.Rename(t.Context(), "a.part", "a.csv"); err != nil {
					t.Fatal(err)
				}
				if err := s.MakeFolder(t.Context(), "sub"); err != nil {
					t.Fatal(err)
				}
				if err := s.Rename(t.Context(), "a.csv", "sub/a.csv"); err != nil {
					t.Fatal(err)
				}
				entries, err := s.List(t.Context(), "sub")
				if err != nil || len(entries) != 1 || entries[0].Name != "a.csv" || entries[0].Size != int64(len(content)) || !entries[0].Regular {
					t.Fatalf("listed %+v, %v", entries, err)
				}
				var got bytes.Buffer
				if n, err := s.Download(t.Context(), "sub/a.csv", &got); err != nil || n != int64(len(content)) || got.String() != content {
					t.Fatalf("downloaded %d bytes, %v", n, err)
				}
				if _, err := s.Stat(t.Context(), "a.csv"); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("stat of what was moved: %v", err)
				}
				if err := s.Rename(t.Context(), "sub/a.csv", "b.csv"); err != nil {
					t.Fatal(err)
				}
				if err := s.Remove(t.Context(), "b.csv"); err != nil {
					t.Error(err)
				}
				if left, err := filepath.Glob(filepath.Join(folder, "*.csv")); len(left) > 0 || err != nil {
					t.Errorf("the folder holds %q", left)
				}
			})
		}
	}
}

// TestAbsentTypeOfAFolder: what has no size is no file.
func TestAbsentTypeOfAFolder(t *testing.T) {
	t.Parallel()
	for _, facts := range [][]string{{"size", "modify"}, {"modify"}, {}} {
		_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Facts: facts}})
		plant(t, folder, "users.csv", "x")
		if err := os.Mkdir(filepath.Join(folder, "archive"), 0o755); err != nil {
			t.Fatal(err)
		}
		if entries, err := open(t, c).List(t.Context(), ""); err != nil || names(entries) != "archive/ users.csv" {
			t.Errorf("facts %q: listed %q, %v", facts, names(entries), err)
		}
	}
}

// TestNamesInLatin1: they are read, and known again by another session and another process.
func TestNamesInLatin1(t *testing.T) {
	t.Parallel()
	for _, noMLST := range []bool{false, true} {
		_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: noMLST})
		plant(t, folder, "salari\xe9s_1.csv", "abc")
		s := open(t, c)
		entries, err := s.List(t.Context(), "")
		if err != nil || names(entries) != "salariés_1.csv" {
			t.Fatalf("listed %q, %v", names(entries), err)
		}
		if err := s.MakeFolder(t.Context(), "in-progress"); err != nil {
			t.Fatal(err)
		}
		if err := open(t, c).Rename(t.Context(), "salariés_1.csv", "in-progress/salariés_1.r1.csv"); err != nil {
			t.Fatal(err)
		}
		if got := content(t, folder, "in-progress/salari\xe9s_1.r1.csv"); got != "abc" {
			t.Errorf("the file holds %q", got)
		}
		var got bytes.Buffer
		if _, err := open(t, c).Download(t.Context(), "in-progress/salariés_1.r1.csv", &got); err != nil || got.String() != "abc" {
			t.Errorf("another process downloads %q, %v", got.String(), err)
		}
		if err := open(t, c).Remove(t.Context(), "in-progress/salariés_1.r1.csv"); err != nil {
			t.Errorf("another process removes: %v", err)
		}
	}
}

// TestNamesOfAMac: a server that stores accents in another form than they were sent in.
func TestNamesOfAMac(t *testing.T) {
	t.Parallel()
	_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: script{"MDTM": {Answer: "500 What?"}}})
	plant(t, folder, "salarie\u0301s.csv", "abc")
	var got bytes.Buffer
	if _, err := open(t, c).Download(t.Context(), "salari\u00e9s.csv", &got); err != nil || got.String() != "abc" {
		t.Errorf("downloaded %q, %v", got.String(), err)
	}
}

// TestSizeThatIsNotOurs: a server that keeps files in another form states another size for ever.
func TestSizeThatIsNotOurs(t *testing.T) {
	t.Parallel()
	_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{SizeMore: 64}})
	c.IdleTimeout = 300 * time.Millisecond
	err := open(t, c).Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
	if size, ok := errors.AsType[remote.SizeError](err); !ok || size.Stated != 67 || size.Sent != 3 {
		t.Errorf("error = %v, want both sizes", err)
	}
}

// TestBusyFileIsTemporary: a scanner has what was just uploaded open.
func TestBusyFileIsTemporary(t *testing.T) {
	t.Parallel()
	_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{Busy: time.Hour}})
	s := open(t, c)
	if err := s.Upload(t.Context(), "a.part", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Rename(t.Context(), "a.part", "a.csv"); !errors.Is(err, remote.ErrBusy) {
		t.Errorf("error = %v, want ErrBusy", err)
	}
	for verb, operation := range map[string]string{"STOR": "upload", "DELE": "remove", "RETR": "download", "RNFR": "rename"} {
		_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{verb: {Answer: "550 a.csv: file is locked"}}})
		plant(t, folder, "a.csv", "abc")
		if err := operations()[operation](t.Context(), open(t, c)); !errors.Is(err, remote.ErrBusy) {
			t.Errorf("%s: error = %v, want ErrBusy", verb, err)
		}
	}
}

// TestAnswerAfterTheLastByte: it may come late, and the error says by which option.
func TestAnswerAfterTheLastByte(t *testing.T) {
	t.Parallel()
	_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{AnswersLate: 700 * time.Millisecond}})
	slow := c
	slow.IdleTimeout = 100 * time.Millisecond
	err := open(t, slow).Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
	if !errors.Is(err, remote.ErrUnanswered) || !errors.Is(err, remote.ErrTemporary) || !strings.Contains(err.Error(), "idle_timeout") {
		t.Errorf("error = %v, want ErrUnanswered and the option", err)
	}
	if err := open(t, c).Upload(t.Context(), "b.csv", strings.NewReader("abc"), 3); err != nil {
		t.Error(err)
	}
	if got := content(t, folder, "b.csv"); got != "abc" {
		t.Errorf("the file holds %q", got)
	}
	_, c, _ = scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{"STOR": {EndAfter: true}}})
	if err := open(t, c).Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3); !errors.Is(err, remote.ErrUnanswered) || strings.Contains(err.Error(), "idle_timeout") {
		t.Errorf("error = %v", err)
	}
}

// TestListingWithoutEnd ends, by its bytes or its entries.
func TestListingWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"entries": "-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\n",
		"one":     strings.Repeat("x", 1<<16),
		"blank":   "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: script{"LIST": {Endless: line}}})
			_, err := open(t, c).List(t.Context(), "")
			wantError(t, err, errPermanent)
			if err != nil && !strings.Contains(err.Error(), "longer than") {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// TestRSAKeyExchange: by its option alone, and with a warning.
func TestRSAKeyExchange(t *testing.T) {
	t.Parallel()
	certificate := remotetest.NewRSACertificate(t)
	_, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{Reuse: true, TLS: &tls.Config{
		Certificates: []tls.Certificate{certificate.TLS}, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_CBC_SHA},
	}})
	c.CAFile = certificate.CertFile
	_, err := ftp.New(c).Open(t.Context())
	wantError(t, err, errPermanent)
	if err != nil && (!strings.Contains(err.Error(), "tls_rsa_key_exchange: true") || !strings.Contains(err.Error(), "key exchange")) {
		t.Errorf("error = %v, want the cause and the way out", err)
	}
	c.TLSRSAKeyExchange = true
	s := open(t, c)
	if err := s.Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3); err != nil {
		t.Error(err)
	}
	if p := s.Peer(); !strings.Contains(p.Warning, "RSA key exchange") {
		t.Errorf("peer = %+v, want a warning", p)
	}
	// A server that knows better is met better.
	_, c, _ = scripted(t, ftp.Explicit, remotetest.FTPOptions{})
	c.TLSRSAKeyExchange = true
	if p := open(t, c).Peer(); !strings.Contains(p.Security, "ECDHE") || p.Warning != "" {
		t.Errorf("peer = %+v", p)
	}
}

// TestTooManyConnectionsAtAnyMoment is temporary, by whatever code and in whatever language.
func TestTooManyConnectionsAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"CONNECT", "AUTH", "USER", "PASS", "CWD", "STOR"} {
		for i, answer := range []string{"421 Too many connections", "530 Sorry, the maximum number of clients (10) are already connected", "550 Trop de connexions", "500 Zu viele Verbindungen"} {
			mode := ftp.Explicit
			if verb != "AUTH" && i%2 == 0 {
				mode = ftp.Plain
			}
			_, c, _ := scripted(t, mode, remotetest.FTPOptions{Script: script{verb: {Answer: answer}}})
			s, err := ftp.New(c).Open(t.Context())
			if verb == "STOR" && err == nil {
				defer func() { _ = s.Close() }()
				err = s.Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
			}
			if !errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrAuth) {
				t.Errorf("%s %s: error = %v, want ErrTemporary", verb, answer, err)
			}
		}
	}
}
