package mail

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/secret"
)

// Config is the section email of a target.
type Config struct {
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

// Under returns the section with relative files resolved against dir.
func (e Config) Under(dir string) Config {
	e.SMTP.Password = e.SMTP.Password.Under(dir)
	e.SMTP.CAFile = secret.Under(dir, e.SMTP.CAFile)
	return e
}

// WithDefaults fills in what was left out.
func (e Config) WithDefaults() Config {
	e.SMTP = e.SMTP.withDefaults()
	if e.From == "" && person.IsAddress(e.SMTP.User) {
		e.From = e.SMTP.User
	}
	return e
}

// Validate reports every fault with the key that it is about, such as smtp.host.
func (e Config) Validate(report func(key, message string)) {
	const wanted = "want an address such as hr@acme.example"
	if len(e.To) == 0 {
		report("to", "missing: "+wanted)
	}
	for i, to := range e.To {
		switch {
		case !person.IsAddress(to):
			report(fmt.Sprintf("to[%d]", i), wanted)
		case slices.Contains(e.To[:i], to):
			report(fmt.Sprintf("to[%d]", i), "is there twice")
		}
	}
	if e.From != "" && !person.IsAddress(e.From) {
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

func (s SMTP) withDefaults() SMTP {
	s.TLS = cmp.Or(s.TLS, StartTLS)
	if s.Port == 0 {
		s.Port = map[Encryption]int{Implicit: 465, None: 25}[s.TLS]
	}
	s.Port = cmp.Or(s.Port, 587)
	return s
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
