// Package mail tells people by mail, sent by a mail server of one's own (RFC 5321); each
// address gets a mail of its own.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/secret"
)

// Mailer sends a mail to each of several addresses.
type Mailer struct {
	email    Config // with defaults
	host     string
	password secret.Value
	tls      *tls.Config
}

var _ notify.Channel = (*Mailer)(nil)

// New reads the password.
func New(c Config) (*Mailer, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("from: ask for the name of this machine: %w", err)
	}
	return open(c, host)
}

func open(e Config, host string) (*Mailer, error) {
	e = e.WithDefaults()
	m := &Mailer{email: e, host: host}
	if m.email.From == "" {
		m.email.From = notify.Product + "@" + host
	}
	if !person.IsAddress(m.email.From) {
		return nil, fmt.Errorf("from: missing: the name of this machine, %q, makes no address", host)
	}
	roots, err := e.SMTP.roots()
	if err != nil {
		return nil, fmt.Errorf("smtp.ca_file: %w", err)
	}
	m.tls = &tls.Config{ServerName: e.SMTP.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	if e.SMTP.User == "" {
		return m, nil
	}
	if m.password, err = e.SMTP.Password.Resolve(); err != nil {
		return nil, fmt.Errorf("smtp.password: %w", err)
	}
	return m, nil
}

// letter is the mail to one address. One that is refused takes nothing from the others, and
// a further attempt sends only what did not arrive.
type letter struct {
	place   string // to[0]: the address itself is in no error
	msg     *mail.Msg
	refused error
}

// Send implements notify.Channel.
func (m *Mailer) Send(ctx context.Context, what notify.Message) (told bool, err error) {
	letters := make([]*letter, len(m.email.To))
	for i, to := range m.email.To {
		msg, err := m.compose(what, to, rand.Text())
		if err != nil {
			return false, fmt.Errorf("compose mail: %w", err)
		}
		letters[i] = &letter{place: fmt.Sprintf("to[%d]", i), msg: msg}
	}
	err = notify.Retry(ctx, func() error { return m.attempt(ctx, letters) })
	faults := []error{err}
	for _, l := range letters {
		told = told || l.msg.IsDelivered()
		faults = append(faults, l.refused)
	}
	return told, errors.Join(faults...)
}

// Reach implements notify.Reacher: it connects, encrypts and logs in, as for a mail.
func (m *Mailer) Reach(ctx context.Context) error {
	s, err := m.dial(ctx)
	if err != nil {
		return connectFault(err)
	}
	s.close()
	return nil
}

// compose makes the mail to one address; id makes it unique.
func (m *Mailer) compose(what notify.Message, to, id string) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary(id))
	if err := msg.From(m.email.From); err != nil {
		return nil, errors.New("want a sender that is an address: set from")
	}
	if err := msg.To(to); err != nil {
		return nil, errors.New("want a recipient that is an address")
	}
	_, domain, _ := strings.Cut(m.email.From, "@")
	msg.SetMessageIDWithValue(id + "@" + domain)
	msg.SetDateWithValue(what.At)
	msg.Subject(what.Headline())
	// RFC 3834 §5, and what Exchange goes by: no absence notes in answer.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(mail.TypeTextPlain, what.Text())
	page, err := asHTML(what)
	if err != nil {
		return nil, err
	}
	msg.AddAlternativeString(mail.TypeTextHTML, page)
	return msg, nil
}

// attempt sends, over one connection, the letters that have neither arrived nor been refused
// for good. The error is about those for which another attempt may help.
func (m *Mailer) attempt(ctx context.Context, letters []*letter) error {
	s, err := m.dial(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return backoff.Permanent(context.Cause(ctx))
	case err != nil:
		return connectFault(err)
	}
	defer s.close()
	var faults []error
	for _, l := range letters {
		if l.msg.IsDelivered() || l.refused != nil {
			continue
		}
		err := s.client.SendWithSMTPClient(s.server, l.msg)
		// What fails after the server has taken the mail is no matter.
		if err == nil || l.msg.IsDelivered() {
			continue
		}
		temporary, fault := refusal(err)
		fault = fmt.Errorf("%s: %w", l.place, fault)
		if temporary {
			faults = append(faults, fault)
		} else {
			l.refused = fault
		}
	}
	return errors.Join(faults...)
}

// session is a connection to the mail server on which one may send.
type session struct {
	client *mail.Client
	server *smtp.Client
	conn   net.Conn
	stop   func() bool
}

// dial connects, encrypts and logs in.
func (m *Mailer) dial(ctx context.Context) (*session, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(notify.TimeLimit)
	}
	s := new(session)
	options := []mail.Option{
		mail.WithPort(m.email.SMTP.Port), mail.WithHELO(m.host), mail.WithTimeout(max(time.Until(deadline), time.Millisecond)),
		mail.WithTLSConfig(m.tls), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := m.connect(dialing, network, address)
			if err != nil {
				return nil, err
			}
			// The library looks at the context no more once it is connected.
			s.conn, s.stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
			return conn, nil
		}),
	}
	switch m.email.SMTP.TLS {
	case Implicit:
		options = append(options, mail.WithSSL())
	case None:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.email.SMTP.User != "" {
		// Those that take a password: others of the library want a token in its place.
		options = append(options, mail.WithUsername(m.email.SMTP.User), mail.WithPassword(m.password.Reveal()),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	var err error
	if s.client, err = mail.NewClient(m.email.SMTP.Host, options...); err != nil {
		return nil, err
	}
	if s.server, err = s.client.DialToSMTPClientWithContext(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// connect opens the connection.
func (m *Mailer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if m.email.SMTP.TLS == Implicit {
		return (&tls.Dialer{Config: m.tls}).DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// close takes leave where there is somebody to take leave of. The library leaves the
// connection open when the login fails.
func (s *session) close() {
	if s.server != nil {
		_ = s.client.CloseWithSMTPClient(s.server) // the mails have arrived or not, whatever the answer
	}
	if s.conn != nil {
		_ = s.conn.Close()
		s.stop()
	}
}

// errNoStartTLS: what is sent would be read on its way.
var errNoStartTLS = errors.New("the mail server offers no STARTTLS: want its port for that, mostly 587, or tls: implicit and 465; tls: none is for one on this machine")

// connectFault tells the errors of connecting that may pass from the others. The server's
// words are left out: they may repeat the user.
func connectFault(err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		fault := fmt.Errorf("log in to mail server: reply %d", reply.Code)
		if reply.Code >= 500 {
			return backoff.Permanent(fault)
		}
		return fault
	}
	if strings.HasSuffix(err.Error(), "support STARTTLS") { // the library has no value for it
		return backoff.Permanent(errNoStartTLS)
	}
	fault := fmt.Errorf("connect to mail server: %w", err)
	if _, isNet := errors.AsType[net.Error](err); isNet || errors.Is(err, io.EOF) {
		return fault
	}
	return backoff.Permanent(fault)
}

// refusal describes why a mail was not taken, without the server's words, which may repeat
// the address. An error with no reply of the server is a connection that broke.
func refusal(err error) (temporary bool, fault error) {
	s, ok := errors.AsType[*mail.SendError](err)
	if !ok || s.ErrorCode() == 0 {
		return true, errors.New("the connection broke off")
	}
	code := strings.TrimSpace(fmt.Sprintf("%d %s", s.ErrorCode(), s.EnhancedStatusCode()))
	return s.IsTemp(), fmt.Errorf("%s: reply %s", s.Reason, code)
}
