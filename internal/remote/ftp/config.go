package ftp

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
	"lucca-exchange/internal/secret"
)

// Defaults of Config.
const (
	defaultPort           = 21
	defaultImplicitPort   = 990
	defaultConnectTimeout = 30 * time.Second
	defaultIdleTimeout    = 60 * time.Second
	// defaultPatience is for the answer that ends a transfer: servers scan a file before it, or
	// compute its checksum.
	defaultPatience = 5 * time.Minute
)

// Mode is how a connection is encrypted.
type Mode int

const (
	// Explicit starts TLS by AUTH TLS: the type ftpes.
	Explicit Mode = iota
	// Implicit starts with TLS: the type ftps.
	Implicit
	// Plain encrypts nothing, the password included: the type ftp.
	Plain
)

// Config is one remote of type ftpes, ftps or ftp.
type Config struct {
	// Mode comes from the type, not from a key of its own.
	Mode Mode `yaml:"-" json:"-"`

	Host string `yaml:"host" json:"host" jsonschema:"required,description=name or address of the server"`
	Port int    `yaml:"port,omitempty" json:"port,omitempty" jsonschema:"minimum=1,maximum=65535,description=21 if left out; 990 for ftps"`
	User string `yaml:"user" json:"user" jsonschema:"required"`

	Password secret.Ref `yaml:"password" json:"password"`

	Dir string `yaml:"dir,omitempty" json:"dir,omitempty" jsonschema:"description=folder on the server; the login folder if left out"`
	// WriteOnly is for a drop folder that may not be listed: nothing is read back.
	WriteOnly bool `yaml:"write_only,omitempty" json:"write_only,omitempty" jsonschema:"description=the account may only write: nothing is listed or read back"`

	// ConnectTimeout bounds all of Open. IdleTimeout is the longest silence of the server
	// in the middle of a transfer, and the longest time for a whole answer to a command.
	ConnectTimeout time.Duration `yaml:"connect_timeout,omitempty" json:"connect_timeout,omitempty" jsonschema:"type=string,description=for connecting and logging in; 30s if left out"`
	IdleTimeout    time.Duration `yaml:"idle_timeout,omitempty" json:"idle_timeout,omitempty" jsonschema:"type=string,description=longest silence of the server; if left out 60s and 5m for its answer to the end of a file"`

	// CAFile and Certificates say which certificates are right, in place of the machine's
	// certificate authorities. A certificate in Certificates needs no other property.
	CAFile       string   `yaml:"ca_file,omitempty" json:"ca_file,omitempty" jsonschema:"description=path of a PEM file with the certificate authorities to trust instead of the machine's; a relative path starts at the configuration file"`
	Certificates []string `yaml:"certificates,omitempty" json:"certificates,omitempty" jsonschema:"description=SHA256: and the SHA-256 fingerprint in hex of each certificate to accept; instead of ca_file"`

	ClientCertificate string     `yaml:"client_certificate,omitempty" json:"client_certificate,omitempty" jsonschema:"description=path of a PEM file with our certificate where the server asks for one"`
	ClientKey         secret.Ref `yaml:"client_key,omitempty" json:"client_key,omitzero" jsonschema:"description=PEM private key of client_certificate"`

	// TLSMin and TLSMax are "1.2" or "1.3". If TLSMax is left out, 1.2 is tried first, and 1.3
	// where the server refuses it.
	TLSMin string `yaml:"tls_min,omitempty" json:"tls_min,omitempty" jsonschema:"enum=1.2,enum=1.3,description=oldest TLS version; 1.2 if left out"`
	TLSMax string `yaml:"tls_max,omitempty" json:"tls_max,omitempty" jsonschema:"enum=1.2,enum=1.3,description=newest TLS version; if left out 1.2 then 1.3 where the server refuses 1.2"`

	// TLSRSAKeyExchange offers what servers of old need, beside what is safe.
	TLSRSAKeyExchange bool `yaml:"tls_rsa_key_exchange,omitempty" json:"tls_rsa_key_exchange,omitempty" jsonschema:"description=also offer RSA key exchange in TLS 1.2: for old servers that know nothing else"`

	DisableEPSV bool `yaml:"disable_epsv,omitempty" json:"disable_epsv,omitempty" jsonschema:"description=never send EPSV: for firewalls that only know PASV"`
	DisableMLSD bool `yaml:"disable_mlsd,omitempty" json:"disable_mlsd,omitempty" jsonschema:"description=never send MLSD or MLST: for servers that offer them and fail"`

	dial.Config `yaml:",inline"`

	AllowPlaintext bool `yaml:"allow_plaintext,omitempty" json:"allow_plaintext,omitempty" jsonschema:"description=type ftp only: send the password and the files without encryption"`
}

// Under returns the configuration with relative paths of this machine resolved against
// dir.
func (c Config) Under(dir string) Config {
	c.Password, c.ClientKey, c.Config = c.Password.Under(dir), c.ClientKey.Under(dir), c.Config.Under(dir)
	c.CAFile, c.ClientCertificate = secret.Under(dir, c.CAFile), secret.Under(dir, c.ClientCertificate)
	return c
}

// Validate reports every fault with the key that it is about. It reads no secret.
func (c Config) Validate(report func(key, message string)) {
	if fault := remote.HostFault(c.Host); fault != "" {
		report("host", fault)
	}
	if c.Port < 0 || c.Port > 65535 {
		report("port", "want 1 to 65535")
	}
	switch {
	case c.User == "":
		report("user", "missing: want the account on the server")
	case hasControl(c.User):
		report("user", "contains a control character")
	}
	if err := c.Password.Validate(); err != nil {
		report("password", err.Error())
	}
	if hasControl(c.Dir) {
		report("dir", "contains a control character")
	}
	for key, d := range map[string]time.Duration{"connect_timeout": c.ConnectTimeout, "idle_timeout": c.IdleTimeout} {
		if d < 0 {
			report(key, "want a positive duration such as 30s")
		}
	}
	c.Config.Validate(report)
	if c.Mode == Plain {
		c.validatePlain(report)
	} else {
		c.validateTLS(report)
	}
}

func (c Config) validatePlain(report func(key, message string)) {
	if !c.AllowPlaintext {
		report("allow_plaintext", "type ftp sends the password and the files readable for everyone on the way: use ftpes, or set allow_plaintext: true")
	}
	for key, set := range map[string]bool{
		"ca_file": c.CAFile != "", "certificates": len(c.Certificates) > 0,
		"client_certificate": c.ClientCertificate != "", "client_key": !c.ClientKey.IsZero(),
		"tls_min": c.TLSMin != "", "tls_max": c.TLSMax != "", "tls_rsa_key_exchange": c.TLSRSAKeyExchange,
	} {
		if set {
			report(key, "type ftp has no encryption: use ftpes or ftps")
		}
	}
}

func (c Config) validateTLS(report func(key, message string)) {
	if c.AllowPlaintext {
		report("allow_plaintext", "is for type ftp only: this type is always encrypted")
	}
	if c.CAFile != "" && len(c.Certificates) > 0 {
		report("certificates", "want ca_file or certificates, not both: a certificate listed here needs no authority")
	}
	for i, pin := range c.Certificates {
		if _, ok := parsePrint(pin); !ok {
			report("certificates["+strconv.Itoa(i)+"]", "want SHA256: and 64 hex digits, as openssl x509 -fingerprint -sha256 prints them")
		}
	}
	for key, path := range map[string]string{"ca_file": c.CAFile, "client_certificate": c.ClientCertificate} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			report(key, "is not a readable file")
		}
	}
	switch {
	case c.ClientCertificate != "" && c.ClientKey.IsZero():
		report("client_key", "missing: want the key of client_certificate")
	case c.ClientCertificate == "" && !c.ClientKey.IsZero():
		report("client_certificate", "missing: want the certificate of client_key")
	case !c.ClientKey.IsZero():
		if err := c.ClientKey.Validate(); err != nil {
			report("client_key", err.Error())
		}
	}
	c.validateVersions(report)
}

func (c Config) validateVersions(report func(key, message string)) {
	for key, version := range map[string]string{"tls_min": c.TLSMin, "tls_max": c.TLSMax} {
		if _, ok := tlsVersion(version); version != "" && !ok {
			report(key, `want "1.2" or "1.3", in quotes`)
		}
	}
	if c.TLSRSAKeyExchange && c.TLSMin == "1.3" {
		report("tls_rsa_key_exchange", "TLS 1.3 has none: leave tls_min out")
	}
	if c.TLSMin == "1.3" && c.TLSMax == "1.2" {
		report("tls_min", "is newer than tls_max")
	}
}

// hasControl: a line end in an argument is a second command.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}

// parsePrint reads a fingerprint: SHA256: and hex digits, with or without colons.
func parsePrint(s string) (sum [sha256.Size]byte, ok bool) {
	digits, found := strings.CutPrefix(s, "SHA256:")
	b, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
	if !found || err != nil || len(b) != len(sum) {
		return sum, false
	}
	return [sha256.Size]byte(b), true
}

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = defaultPort
		if c.Mode == Implicit {
			c.Port = defaultImplicitPort
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	return c
}

// CanRead is false where the account may only write.
func (c Config) CanRead() bool { return !c.WriteOnly }

// Address is HOST:PORT.
func (c Config) Address() string {
	c = c.withDefaults()
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// Route is how the server is reached.
func (c Config) Route() remote.Route { return remote.Route{User: c.User, Dir: c.Dir, Proxy: c.Proxy} }

// said cuts out of a server's words what it was shown.
func (c Config) said() secret.Scrubber { return secret.Known(c.Password, c.ProxyPassword) }
