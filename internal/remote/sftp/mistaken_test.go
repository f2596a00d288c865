package sftp_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/secret"
)

// TestAnotherProtocolAnswers and is named, not called a network that is down.
func TestAnotherProtocolAnswers(t *testing.T) {
	t.Parallel()
	for greeting, want := range map[string]string{
		"220 Welcome to the partner's FTP service\r\n":   "an FTP server answers there: want type ftpes",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0":  "a web server answers there",
		"\x15\x03\x01\x00\x02\x02\x46":                   "a server with TLS answers there: want type ftps",
		"421 Too many connections, come back later.\r\n": "an FTP server answers there",
	} {
		t.Run(greeting[:3], func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					_, _ = io.WriteString(conn, greeting)
					_ = conn.Close()
				}
			}()
			c := at(t, sftp.Config{User: "acme", HostKeys: []string{"SHA256:" + strings.Repeat("A", 43)}, Password: secret.Ref{File: writeFile(t, []byte("s3cret"))}, Dir: "/"}, listener.Addr().String())
			_, err = sftp.New(c).Open(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// TestAKeyThatIsNone says what the file holds instead, and nothing of it.
func TestAKeyThatIsNone(t *testing.T) {
	t.Parallel()
	_, _, encrypted := keyPair(t, "right")
	for text, want := range map[string]string{
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIs3cret acme":                      "it is a public key: want the private one",
		"---- BEGIN SSH2 PUBLIC KEY ----\ns3cret\n---- END SSH2 PUBLIC KEY":     "it is a public key",
		"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: s3cret": "it is in PuTTY's form",
		" \n": "it is empty",
	} {
		c := sftp.Config{Host: "127.0.0.1", Port: 1, User: "acme", HostKeys: []string{"SHA256:" + strings.Repeat("A", 43)}, PrivateKey: secret.Ref{File: writeFile(t, []byte(text))}, Dir: "/"}
		_, err := sftp.New(c).Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c := sftp.Config{Host: "127.0.0.1", Port: 1, User: "acme", HostKeys: []string{"SHA256:" + strings.Repeat("A", 43)}, PrivateKey: encrypted, Passphrase: secret.Ref{File: writeFile(t, []byte("wrong"))}, Dir: "/"}
	if _, err := sftp.New(c).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "the passphrase is not that of the key") {
		t.Errorf("got %v", err)
	}
}
