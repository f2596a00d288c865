package sftp

import (
	"context"
	"net"
	"time"

	"lucca-exchange/internal/secret"
)

// Jump is an SSH server that a connection goes through (ssh -J). It sees where the
// connection goes and how much passes, nothing else: the login and the files are between
// us and the server behind it.
type Jump struct {
	Host string `yaml:"host" json:"host" jsonschema:"required,description=name or address of the jump host"`
	Port int    `yaml:"port,omitempty" json:"port,omitempty" jsonschema:"minimum=1,maximum=65535,description=22 if left out"`
	User string `yaml:"user" json:"user" jsonschema:"required"`

	Password    secret.Ref `yaml:"password,omitempty" json:"password,omitzero"`
	PrivateKey  secret.Ref `yaml:"private_key,omitempty" json:"private_key,omitzero" jsonschema:"description=OpenSSH or PEM private key"`
	Passphrase  secret.Ref `yaml:"passphrase,omitempty" json:"passphrase,omitzero" jsonschema:"description=of the private key where it is encrypted"`
	Certificate string     `yaml:"certificate,omitempty" json:"certificate,omitempty" jsonschema:"description=path of the OpenSSH certificate of the private key"`
	Agent       bool       `yaml:"agent,omitempty" json:"agent,omitempty" jsonschema:"description=offer the keys of the SSH agent at $SSH_AUTH_SOCK"`

	HostKeys   []string `yaml:"host_keys,omitempty" json:"host_keys,omitempty" jsonschema:"description=fingerprints SHA256:… of the jump host's own keys"`
	KnownHosts string   `yaml:"known_hosts,omitempty" json:"known_hosts,omitempty" jsonschema:"description=path of an OpenSSH known_hosts file"`
}

// config is the jump host as a server to log in to.
func (j Jump) config() Config {
	return Config{
		Host: j.Host, Port: j.Port, User: j.User,
		Password: j.Password, PrivateKey: j.PrivateKey, Passphrase: j.Passphrase, Certificate: j.Certificate, Agent: j.Agent,
		HostKeys: j.HostKeys, KnownHosts: j.KnownHosts,
	}.withDefaults()
}

func (j Jump) under(dir string) *Jump {
	j.Password, j.PrivateKey, j.Passphrase = j.Password.Under(dir), j.PrivateKey.Under(dir), j.Passphrase.Under(dir)
	j.KnownHosts, j.Certificate = secret.Under(dir, j.KnownHosts), secret.Under(dir, j.Certificate)
	return &j
}

// through opens connections from the jump host on.
func (l *link) through(ctx context.Context, network, address string) (net.Conn, error) {
	channel, err := l.ssh.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := &timedConn{Conn: channel}
	t.timer = time.AfterFunc(time.Hour, func() { _ = channel.Close() }) // the reader gets the error
	t.timer.Stop()
	return t, nil
}

// timedConn has the deadlines that a channel of the SSH library lacks: one that passes
// closes the channel.
type timedConn struct {
	net.Conn
	timer *time.Timer
}

func (c *timedConn) SetReadDeadline(at time.Time) error {
	c.timer.Reset(time.Until(at))
	return nil
}

// SetWriteDeadline does nothing: a server that takes nothing any more says nothing either,
// which the read deadline finds out.
func (c *timedConn) SetWriteDeadline(time.Time) error { return nil }

func (c *timedConn) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}
