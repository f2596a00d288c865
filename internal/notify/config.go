package notify

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/secret"
)

// Config is the list of those who are told when a run ends badly.
type Config []Target

// Target is one of them: exactly one of Email, Webhook and Ping is set.
type Target struct {
	Email   *Email   `yaml:"email,omitempty" json:"email,omitempty" jsonschema:"description=a mail to people"`
	Webhook *Webhook `yaml:"webhook,omitempty" json:"webhook,omitempty" jsonschema:"description=a message to a channel of Slack or Teams or the like"`
	Ping    *Ping    `yaml:"ping,omitempty" json:"ping,omitempty" jsonschema:"description=a dead-man switch that raises the alarm when no run succeeds in time"`
	On      []Kind   `yaml:"on,omitempty" json:"on,omitempty" jsonschema:"enum=failed,enum=held,enum=rejections,enum=missing,description=how a run ends that is told of; all four if left out; not for ping which follows every run"`
}

// Email is a mail to people, sent by a mail server of one's own.
type Email struct {
	To   []string `yaml:"to" json:"to" jsonschema:"required,minItems=1,description=addresses; each gets a mail of its own"`
	From string   `yaml:"from,omitempty" json:"from,omitempty" jsonschema:"description=sender; if left out the smtp user where that is an address and else lucca-exchange at this machine"`
	SMTP SMTP     `yaml:"smtp" json:"smtp" jsonschema:"required,description=server that takes the mail"`
}

// Encryption is how the connection to a mail server is protected.
type Encryption string

// The kinds of encryption. The certificate is always verified.
const (
	StartTLS Encryption = "starttls" // required: a server that does not offer it is an error
	Implicit Encryption = "implicit"
	None     Encryption = "none"
)

// SMTP is a mail server (RFC 5321).
type SMTP struct {
	Host     string     `yaml:"host" json:"host" jsonschema:"required,description=name of the server as its certificate has it"`
	Port     int        `yaml:"port,omitempty" json:"port,omitempty" jsonschema:"minimum=1,maximum=65535,description=if left out 587 or 465 with tls: implicit or 25 with tls: none"`
	User     string     `yaml:"user,omitempty" json:"user,omitempty" jsonschema:"description=for servers that ask for a login"`
	Password secret.Ref `yaml:"password,omitempty" json:"password,omitzero" jsonschema:"description=password of the user"`
	TLS      Encryption `yaml:"tls,omitempty" json:"tls,omitempty" jsonschema:"enum=starttls,enum=implicit,enum=none,default=starttls,description=encryption; none only to a server on this machine"`
	CAFile   string     `yaml:"ca_file,omitempty" json:"ca_file,omitempty" jsonschema:"description=path of a PEM file with the certificate authorities to trust instead of the machine's; a relative path starts at the configuration file"`
}

// Webhook is an incoming webhook that takes JSON with a key text, as those of Slack, Teams
// and Mattermost do. Whoever knows its address can write to the channel.
type Webhook struct {
	URL secret.Ref `yaml:"url" json:"url" jsonschema:"required,description=address of the webhook; it is a secret"`
}

// Ping is a dead-man switch such as Healthchecks: a GET of URL/start when a run starts, of
// URL/fail when it failed or its file is missing, and of URL when it ended in any other way.
// Held and rejections are other ways: the flow itself is alive, and people are told by mail.
type Ping struct {
	URL string `yaml:"url" json:"url" jsonschema:"required,description=address of the check; {flow} is replaced by the flow's name so that each flow has a check of its own,example=https://hc.example/key/{flow}"`
}

// Under returns the configuration with relative files resolved against dir.
func (c Config) Under(dir string) Config {
	c = slices.Clone(c)
	for i, t := range c {
		if t.Email != nil {
			e := *t.Email
			e.SMTP.Password = e.SMTP.Password.Under(dir)
			if e.SMTP.CAFile != "" && !filepath.IsAbs(e.SMTP.CAFile) {
				e.SMTP.CAFile = filepath.Join(dir, e.SMTP.CAFile)
			}
			c[i].Email = &e
		}
		if t.Webhook != nil {
			c[i].Webhook = &Webhook{URL: t.Webhook.URL.Under(dir)}
		}
	}
	return c
}

// Validate reports every fault with the key that it is about, such as
// notify[0].email.smtp.host.
func (c Config) Validate(report func(key, message string)) {
	seen := make(map[string]int)
	for i, t := range c {
		place := fmt.Sprintf("notify[%d]", i)
		under := func(key, message string) { report(place+key, message) }
		if !t.validate(under) {
			continue
		}
		if first, again := seen[t.withDefaults().id()]; again {
			report(place, fmt.Sprintf("is the same as notify[%d]", first))
			continue
		}
		seen[t.withDefaults().id()] = i
	}
}

// validate returns false when the target has not exactly one medium.
func (t Target) validate(report func(key, message string)) bool {
	count := 0
	for _, set := range []bool{t.Email != nil, t.Webhook != nil, t.Ping != nil} {
		if set {
			count++
		}
	}
	if count != 1 {
		report("", "want exactly one of email, webhook and ping")
		return false
	}
	for i, kind := range t.On {
		if !slices.Contains(badEnds(), kind) {
			report(fmt.Sprintf(".on[%d]", i), "want failed, held, rejections or missing")
		}
	}
	switch {
	case t.Email != nil:
		t.Email.validate(func(key, message string) { report(".email."+key, message) })
	case t.Webhook != nil:
		if err := t.Webhook.URL.Validate(); err != nil {
			report(".webhook.url", err.Error())
		}
	default:
		if _, err := t.Ping.address("flow"); err != nil {
			report(".ping.url", err.Error())
		}
		if len(t.On) > 0 {
			report(".on", "leave it out: a ping follows every run")
		}
	}
	return true
}

func (e Email) validate(report func(key, message string)) {
	const wanted = "want an address such as hr@acme.example"
	if len(e.To) == 0 {
		report("to", "missing: "+wanted)
	}
	for i, to := range e.To {
		switch {
		case !isAddress(to):
			report(fmt.Sprintf("to[%d]", i), wanted)
		case slices.Contains(e.To[:i], to):
			report(fmt.Sprintf("to[%d]", i), "is there twice")
		}
	}
	if e.From != "" && !isAddress(e.From) {
		report("from", wanted)
	}
	e.SMTP.validate(func(key, message string) { report("smtp."+key, message) })
}

func (s SMTP) validate(report func(key, message string)) {
	switch {
	case s.Host == "":
		report("host", "missing: want the name of a mail server")
	case strings.ContainsAny(s.Host, "/@ ") || strings.Contains(s.Host, ":") && !isIP(s.Host):
		report("host", "want the name of a mail server only: the port has a key of its own")
	}
	if s.Port < 0 || s.Port > 65535 {
		report("port", "want 1 to 65535")
	}
	switch {
	case s.User == "" && !s.Password.IsZero():
		report("user", "missing: there is a password")
	case s.User != "" && s.Password.IsZero():
		report("password", "missing: want {env: NAME} or {file: PATH}")
	case s.User != "":
		if err := s.Password.Validate(); err != nil {
			report("password", err.Error())
		}
	}
	switch mode := s.withDefaults().TLS; {
	case !slices.Contains([]Encryption{StartTLS, Implicit, None}, mode):
		report("tls", "want starttls, implicit or none")
	case mode == None && s.Host != "" && !loopback.Is(s.Host):
		report("tls", "none is only for a server on this machine: mails and the password would cross the network in the clear")
	case mode == None && s.CAFile != "":
		report("ca_file", "there is no certificate with tls: none")
	}
	if _, err := s.roots(); err != nil {
		report("ca_file", err.Error())
	}
}

// roots returns the authorities to trust; nil for the machine's.
func (s SMTP) roots() (*x509.CertPool, error) {
	if s.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%q holds no certificate in PEM form", s.CAFile)
	}
	return pool, nil
}

// address returns where to ping for a flow.
func (p Ping) address(flow string) (*url.URL, error) {
	// The name of a tenant's flow holds a slash, which would be another path.
	text := strings.ReplaceAll(p.URL, "{flow}", url.PathEscape(strings.ReplaceAll(flow, "/", "-")))
	if strings.ContainsAny(text, "{}") {
		return nil, errors.New("unknown placeholder: there is {flow}")
	}
	return checkURL(text)
}

// checkURL parses an address that may be a secret: no error repeats it.
func checkURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("want an address such as https://hc.example/uuid")
	case !httpapi.Private(u):
		return nil, errors.New("want https://")
	case u.User != nil:
		return nil, errors.New("want an address without user and password")
	case u.Fragment != "":
		return nil, errors.New("want an address without #")
	}
	return u, nil
}

// id tells targets apart in the memory: a target that changes in any way is a new one. It is
// a digest of the configuration, which holds where secrets are and not what they are.
func (t Target) id() string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("marshal a struct of strings: %v", err)) // cannot happen
	}
	sum := sha256.Sum256(b)
	return t.medium() + ":" + hex.EncodeToString(sum[:10])
}

func (t Target) medium() string {
	switch {
	case t.Email != nil:
		return "email"
	case t.Webhook != nil:
		return "webhook"
	default:
		return "ping"
	}
}

func (t Target) withDefaults() Target {
	if len(t.On) == 0 && t.Ping == nil {
		t.On = badEnds()
	}
	if t.Email != nil {
		e := *t.Email
		e.SMTP = e.SMTP.withDefaults()
		if e.From == "" && isAddress(e.SMTP.User) {
			e.From = e.SMTP.User
		}
		t.Email = &e
	}
	return t
}

func (s SMTP) withDefaults() SMTP {
	s.TLS = cmp.Or(s.TLS, StartTLS)
	if s.Port == 0 {
		s.Port = map[Encryption]int{Implicit: 465, None: 25}[s.TLS]
	}
	s.Port = cmp.Or(s.Port, 587)
	return s
}

// badEnds are the kinds that on: may list.
func badEnds() []Kind { return []Kind{Failed, Held, Rejections, Missing} }

func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
