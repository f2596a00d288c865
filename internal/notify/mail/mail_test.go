package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/notify/notifytest"
	"lucca-exchange/internal/secret"
)

// to makes a notifier with one target, a mail.
func to(t *testing.T, c Config) (*notify.Notifier, *bytes.Buffer) {
	t.Helper()
	m, err := open(c, "exchange-1")
	if err != nil {
		t.Fatal(err)
	}
	return notifytest.New(t, nil, notify.Target{Place: "notify[0].email", ID: "email", On: notify.BadEnds(), Channel: m})
}

// mailTo is a configuration for a server of the test, by a user with the password.
func mailTo(t *testing.T, s *mailServer, caFile, password string, recipients ...string) Config {
	t.Helper()
	c := SMTP{Host: "127.0.0.1", Port: s.port(), CAFile: caFile}
	if password != "" {
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.User, c.Password = "hr", secret.Ref{File: file}
	}
	return Config{To: recipients, From: "robot@acme.example", SMTP: c}
}

func TestMailGoesThroughSTARTTLSWithLogin(t *testing.T) {
	t.Parallel()
	config, ca := authority(t)
	s := (&mailServer{offerTLS: true, config: config, password: "pa55word"}).start(t)
	n, log := to(t, mailTo(t, s, ca, "pa55word", "hr@acme.example", "it@acme.example"))
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Fatal(err)
	}
	got := s.inbox()
	if len(got) != 2 || got[0].to != "hr@acme.example" || got[1].to != "it@acme.example" {
		t.Fatalf("want one mail to each address, got %+v", got)
	}
	ids := make(map[string]bool)
	for _, m := range got {
		if !m.encrypted || m.user != "hr" {
			t.Errorf("want an encrypted connection with a login, got %+v", m)
		}
		parsed, err := netmail.ReadMessage(strings.NewReader(m.text))
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{
			"Subject": "[lucca-exchange] skillup-nightly: failed", "Auto-Submitted": "auto-generated",
			"From": "<robot@acme.example>", "To": "<" + m.to + ">",
		} {
			if got := parsed.Header.Get(key); got != want {
				t.Errorf("%s: got %q, want %q", key, got, want)
			}
		}
		id := parsed.Header.Get("Message-Id")
		if !strings.HasSuffix(id, "@acme.example>") || ids[id] {
			t.Errorf("Message-ID %q: want one of its own, of the sender's domain", id)
		}
		ids[id] = true
		if body, err := io.ReadAll(parsed.Body); err != nil || !strings.Contains(string(body), "connection refused") {
			t.Errorf("body does not say why: %s %v", body, err)
		}
	}
	if strings.Contains(log.String(), "acme.example") {
		t.Errorf("an address is in the log: %s", log)
	}
}

func TestMailGoesThroughImplicitTLS(t *testing.T) {
	t.Parallel()
	config, ca := authority(t)
	s := (&mailServer{implicit: true, config: config, password: "pa55word"}).start(t)
	c := mailTo(t, s, ca, "pa55word", "hr@acme.example")
	c.SMTP.TLS = Implicit
	n, _ := to(t, c)
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Fatal(err)
	}
	if got := s.inbox(); len(got) != 1 || !got[0].encrypted || got[0].user != "hr" {
		t.Errorf("got %+v", got)
	}
}

func TestMailInTheClearToThisMachine(t *testing.T) {
	t.Parallel()
	s := new(mailServer).start(t)
	c := mailTo(t, s, "", "", "hr@acme.example")
	c.SMTP.TLS = None
	n, _ := to(t, c)
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Fatal(err)
	}
	if got := s.inbox(); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestMailIsNotSentWithoutTrust(t *testing.T) {
	t.Parallel()
	config, ca := authority(t)
	for name, tt := range map[string]struct {
		server   *mailServer
		ca, want string
		password string
	}{
		"unknown authority":  {server: &mailServer{offerTLS: true, config: config}, want: "certificate"},
		"encryption missing": {server: new(mailServer), ca: ca, want: "offers no STARTTLS: want its port for that"},
		"wrong password":     {server: &mailServer{offerTLS: true, config: config, password: "right"}, ca: ca, password: "wr0ng", want: "log in to mail server: reply 535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.server.start(t)
			n, _ := to(t, mailTo(t, s, tt.ca, tt.password, "hr@acme.example"))
			err := n.Send(t.Context(), notifytest.Failure())
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "send notify[0].email") {
				t.Errorf("got %v, want it to speak of %q", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "acme.example")) {
				t.Errorf("a secret or an address is in the error: %v", err)
			}
			if got := s.inbox(); len(got) != 0 {
				t.Errorf("sent all the same: %+v", got)
			}
		})
	}
}

func TestMailThatIsPutOffIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	s := (&mailServer{
		refuse:   map[string][]string{"it@acme.example": {"451 4.7.1 it@acme.example: later"}},
		dropData: 1,
	}).start(t)
	c := mailTo(t, s, "", "", "hr@acme.example", "it@acme.example")
	c.SMTP.TLS = None
	n, _ := to(t, c)
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for _, m := range s.inbox() {
		count[m.to]++
	}
	if len(count) != 2 || count["hr@acme.example"] != 1 || count["it@acme.example"] != 1 {
		t.Errorf("want each mail once, got %v", count)
	}
}

func TestRefusedAddressTakesNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	s := (&mailServer{refuse: map[string][]string{"gone@acme.example": {"550 5.1.1 gone@acme.example: no such user", "550 5.1.1 asked twice"}}}).start(t)
	c := mailTo(t, s, "", "", "gone@acme.example", "hr@acme.example")
	c.SMTP.TLS = None
	n, _ := to(t, c)
	err := n.Send(t.Context(), notifytest.Failure())
	if err == nil || !strings.Contains(err.Error(), "to[0]: ") || !strings.Contains(err.Error(), "550 5.1.1") || strings.Contains(err.Error(), "acme") {
		t.Errorf("got %v, want the place and the reply without the address", err)
	}
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Errorf("the one who got the mail is told again: %v", err)
	}
	if got := s.inbox(); len(got) != 1 || got[0].to != "hr@acme.example" {
		t.Errorf("got %+v", got)
	}
}

func TestSilentMailServerIsLeftWhenTheRunIsStopped(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	var server sync.WaitGroup
	defer server.Wait()
	defer func() { _ = l.Close() }()
	server.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "220 mail.example\r\n")
		_, _ = bufio.NewReader(conn).ReadString('\n')
		cancel(stop)
		// The client goes at once, and not when its own patience ends.
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the client is still there")
		}
	})
	c := Config{To: []string{"hr@acme.example"}, From: "robot@acme.example", SMTP: SMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: None}}
	n, _ := to(t, c)
	if err := n.Send(ctx, notifytest.Failure()); !errors.Is(err, stop) {
		t.Errorf("got %v, want %v", err, stop)
	}
}
