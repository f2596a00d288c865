package sftp

import (
	"encoding/base64"
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
	defaultPort           = 22
	defaultConnectTimeout = 30 * time.Second
	defaultIdleTimeout    = 60 * time.Second
	// defaultPatience is for the answer that ends a file, and that to a rename: servers scan a file
	// before it, or copy it.
	defaultPatience = 5 * time.Minute
)

// Config is one remote of type sftp.
type Config struct {
	Host string `yaml:"host" json:"host" jsonschema:"required,description=name or address of the server"`
	Port int    `yaml:"port,omitempty" json:"port,omitempty" jsonschema:"minimum=1,maximum=65535,description=22 if left out"`
	User string `yaml:"user" json:"user" jsonschema:"required"`

	Password   secret.Ref `yaml:"password,omitempty" json:"password,omitzero"`
	PrivateKey secret.Ref `yaml:"private_key,omitempty" json:"private_key,omitzero" jsonschema:"description=OpenSSH or PEM private key"`
	Passphrase secret.Ref `yaml:"passphrase,omitempty" json:"passphrase,omitzero" jsonschema:"description=of the private key where it is encrypted"`
	// Certificate is not secret: it is worth nothing without the private key.
	Certificate string `yaml:"certificate,omitempty" json:"certificate,omitempty" jsonschema:"description=path of the OpenSSH certificate of the private key (its name ends in -cert.pub)"`
	// Agent offers the keys of the SSH agent at $SSH_AUTH_SOCK.
	Agent bool `yaml:"agent,omitempty" json:"agent,omitempty" jsonschema:"description=offer the keys of the SSH agent at $SSH_AUTH_SOCK"`

	// HostKeys and KnownHosts say which server keys are right: a key in either will do.
	HostKeys   []string `yaml:"host_keys,omitempty" json:"host_keys,omitempty" jsonschema:"description=fingerprints SHA256:… of the server's keys; see the hostkey command"`
	KnownHosts string   `yaml:"known_hosts,omitempty" json:"known_hosts,omitempty" jsonschema:"description=path of an OpenSSH known_hosts file; a relative path starts at the configuration file"`

	Dir string `yaml:"dir,omitempty" json:"dir,omitempty" jsonschema:"description=folder on the server; the login folder if left out"`
	// WriteOnly is for a drop folder that may not be listed: nothing is read back.
	WriteOnly bool `yaml:"write_only,omitempty" json:"write_only,omitempty" jsonschema:"description=the account may only write: nothing is listed or read back"`

	// UseFstat and ConcurrentReads are for servers that count or act on each request for a
	// path, such as one that takes a file for fetched once somebody has asked about it.
	UseFstat        bool  `yaml:"use_fstat,omitempty" json:"use_fstat,omitempty" jsonschema:"description=never ask for the status of a path: only of an open file; else look in the listing"`
	ConcurrentReads *bool `yaml:"concurrent_reads,omitempty" json:"concurrent_reads,omitempty" jsonschema:"description=several reads on their way at once; true if left out"`

	Jump        *Jump `yaml:"jump,omitempty" json:"jump,omitempty" jsonschema:"description=SSH server on the way"`
	dial.Config `yaml:",inline"`
	Algorithms  Algorithms `yaml:"algorithms,omitempty" json:"algorithms,omitzero" jsonschema:"description=older algorithms that this server needs beside the safe ones"`

	// ConnectTimeout bounds all of Open. IdleTimeout is the longest silence of the
	// server in the middle of an operation.
	ConnectTimeout time.Duration `yaml:"connect_timeout,omitempty" json:"connect_timeout,omitempty" jsonschema:"type=string,description=for connecting and logging in; 30s if left out"`
	IdleTimeout    time.Duration `yaml:"idle_timeout,omitempty" json:"idle_timeout,omitempty" jsonschema:"type=string,description=longest silence of the server; if left out 60s and 5m for its answer to the end of a file"`
}

// Under returns the configuration with relative paths of this machine resolved against
// dir.
func (c Config) Under(dir string) Config {
	c.Password, c.PrivateKey, c.Passphrase = c.Password.Under(dir), c.PrivateKey.Under(dir), c.Passphrase.Under(dir)
	c.KnownHosts, c.Certificate = secret.Under(dir, c.KnownHosts), secret.Under(dir, c.Certificate)
	c.Config = c.Config.Under(dir)
	if c.Jump != nil {
		c.Jump = c.Jump.under(dir)
	}
	return c
}

// Validate reports every fault with the key that it is about. It reads no secret.
func (c Config) Validate(report func(key, message string)) {
	c.validateServer(report)
	if strings.ContainsAny(c.Dir, "\x00\r\n") {
		report("dir", "contains a control character")
	}
	for key, d := range map[string]time.Duration{"connect_timeout": c.ConnectTimeout, "idle_timeout": c.IdleTimeout} {
		if d < 0 {
			report(key, "want a positive duration such as 30s")
		}
	}
	c.Config.Validate(report)
	c.Algorithms.validate(func(key, message string) { report("algorithms."+key, message) })
	if c.Jump != nil {
		c.Jump.config().validateServer(func(key, message string) { report("jump."+key, message) })
	}
}

// validateServer checks what a jump host has too.
func (c Config) validateServer(report func(key, message string)) {
	if fault := remote.HostFault(c.Host); fault != "" {
		report("host", fault)
	}
	if c.Port < 0 || c.Port > 65535 {
		report("port", "want 1 to 65535")
	}
	if c.User == "" {
		report("user", "missing: want the account on the server")
	}
	c.validateLogin(report)
	c.validateHostKeys(report)
}

func (c Config) validateLogin(report func(key, message string)) {
	if c.Password.IsZero() && c.PrivateKey.IsZero() && !c.Agent {
		report("password", "no way to log in: want password, private_key or agent: true")
	}
	if !c.Passphrase.IsZero() && c.PrivateKey.IsZero() {
		report("passphrase", "there is no private_key that it could open")
	}
	if c.Certificate != "" {
		c.validateCertificate(report)
	}
	for key, ref := range map[string]secret.Ref{"password": c.Password, "private_key": c.PrivateKey, "passphrase": c.Passphrase} {
		if ref.IsZero() {
			continue
		}
		if err := ref.Validate(); err != nil {
			report(key, err.Error())
		}
	}
}

func (c Config) validateCertificate(report func(key, message string)) {
	if c.PrivateKey.IsZero() {
		report("certificate", "there is no private_key that it belongs to")
	}
	if _, err := readCertificate(c.Certificate); err != nil {
		report("certificate", err.Error())
	}
}

func (c Config) validateHostKeys(report func(key, message string)) {
	if len(c.HostKeys) == 0 && c.KnownHosts == "" {
		report("host_keys", "the server's key is always verified: want host_keys or known_hosts; the hostkey command prints the keys")
	}
	for i, pin := range c.HostKeys {
		if !isFingerprint(pin) {
			report("host_keys["+strconv.Itoa(i)+"]", "want a fingerprint such as SHA256: and 43 characters, as the hostkey command prints it")
		}
	}
	if c.KnownHosts == "" {
		return
	}
	if info, err := os.Stat(c.KnownHosts); err != nil || !info.Mode().IsRegular() {
		report("known_hosts", "is not a readable file")
		return
	}
	if _, err := readKnownHosts(c.KnownHosts, c.Address()); err != nil {
		report("known_hosts", err.Error())
	}
}

// isFingerprint tells whether s is what ssh.FingerprintSHA256 and ssh-keygen -l print.
func isFingerprint(s string) bool {
	sum, ok := strings.CutPrefix(s, "SHA256:")
	b, err := base64.RawStdEncoding.DecodeString(sum)
	return ok && err == nil && len(b) == 32
}

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = defaultPort
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if c.Dir == "" {
		c.Dir = "."
	}
	return c
}

// readsAtOnce is how many reads may be on their way.
func (c Config) readsAtOnce() int {
	if c.ConcurrentReads != nil && !*c.ConcurrentReads {
		return 1
	}
	return window
}

// CanRead is false where the account may only write.
func (c Config) CanRead() bool { return !c.WriteOnly }

// Address is HOST:PORT.
func (c Config) Address() string {
	c = c.withDefaults()
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// Route is how the server is reached.
func (c Config) Route() remote.Route {
	r := remote.Route{User: c.User, Dir: c.Dir, Proxy: c.Proxy}
	if c.Jump != nil {
		r.Jump = c.Jump.User + "@" + c.Jump.config().Address()
	}
	return r
}

// said cuts out of a server's words what it was shown.
func (c Config) said() secret.Scrubber {
	refs := []secret.Ref{c.Password, c.ProxyPassword}
	if c.Jump != nil {
		refs = append(refs, c.Jump.Password)
	}
	return secret.Known(refs...)
}
