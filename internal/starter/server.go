package starter

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// Server is a partner's server, as its address says it.
type Server struct {
	// Type is sftp, ftpes (TLS by command) or ftps (TLS from the start).
	Type, Host string
	// Port is 0 for the one of the type.
	Port      int
	User, Dir string
}

// Address is the host, and the port where it is another than that of the type.
func (s Server) Address() string {
	if s.Port == 0 {
		return s.Host
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// ParseServer reads sftp://user@host[:port]/folder, or the same with ftpes or ftps; an error
// is run.ErrUsage and says what is wanted.
func ParseServer(text string) (*Server, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	want := fault.Of(run.ErrUsage, "server: want sftp://user@host/folder, or ftpes:// or ftps:// for FTP over TLS")
	if err != nil || !slices.Contains([]string{"sftp", "ftpes", "ftps"}, u.Scheme) || u.Hostname() == "" || u.User.Username() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, want // the text may hold a password
	}
	if _, has := u.User.Password(); has {
		return nil, fault.Of(run.ErrUsage, "server: no password belongs into the address: it is kept in a file of its own")
	}
	s := &Server{Type: u.Scheme, Host: u.Hostname(), User: u.User.Username(), Dir: u.Path}
	if s.Dir == "" {
		s.Dir = "/"
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			return nil, want
		}
	}
	return s, nil
}

// ParseTenant makes an address of what people call their tenant: acme, acme.ilucca.net, or
// an address of one of its pages. An error is run.ErrUsage.
func ParseTenant(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Hostname(), " _") {
		return "", fault.Of(run.ErrUsage, "tenant: want the address of your Lucca, such as https://acme.ilucca.net")
	}
	if !strings.Contains(u.Hostname(), ".") && u.Port() == "" && u.Hostname() != "localhost" {
		u.Host += ".ilucca.net"
	}
	return u.Scheme + "://" + u.Host, nil
}

// newKeyPair makes an Ed25519 key: a private one in OpenSSH's format, and the public line.
func newKeyPair() (private, public string, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make key pair: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(priv, "lucca-exchange")
	if err != nil {
		return "", "", fmt.Errorf("write private key: %w", err)
	}
	line, err := ssh.NewPublicKey(pub)
	if err != nil {
		return "", "", fmt.Errorf("write public key: %w", err)
	}
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line))) + " lucca-exchange\n", nil
}

func keys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
