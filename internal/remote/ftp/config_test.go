package ftp_test

import (
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	certificate := remotetest.NewCertificate(t)
	good := ftp.Config{Host: "ftp.example", User: "acme", Password: secret.Ref{Env: "PW"}}
	for _, tt := range []struct {
		name   string
		change func(*ftp.Config)
		want   []string // keys with faults
	}{
		{"explicit", func(*ftp.Config) {}, nil},
		{"implicit", func(c *ftp.Config) { c.Mode = ftp.Implicit }, nil},
		{"everything", func(c *ftp.Config) {
			c.Port, c.Dir, c.CAFile, c.TLSMin, c.TLSMax = 2121, "/in box", certificate.CertFile, "1.2", "1.3"
			c.ClientCertificate, c.ClientKey = certificate.CertFile, secret.Ref{File: certificate.KeyFile}
		}, nil},
		{"pins", func(c *ftp.Config) { c.Certificates = []string{certificate.Print} }, nil},
		{"empty", func(c *ftp.Config) { *c = ftp.Config{} }, []string{"host", "password", "user"}},
		{"URL", func(c *ftp.Config) { c.Host = "ftp://ftp.example" }, []string{"host"}},
		{"port in host", func(c *ftp.Config) { c.Host = "ftp.example:21" }, []string{"host"}},
		{"IPv6", func(c *ftp.Config) { c.Host = "2001:db8::1" }, nil},
		{"port", func(c *ftp.Config) { c.Port = 70000 }, []string{"port"}},
		{"line end in user", func(c *ftp.Config) { c.User = "acme\r\nDELE x" }, []string{"user"}},
		{"line end in folder", func(c *ftp.Config) { c.Dir = "/in\nDELE x" }, []string{"dir"}},
		{"durations", func(c *ftp.Config) { c.ConnectTimeout, c.IdleTimeout = -1, -time.Second }, []string{"connect_timeout", "idle_timeout"}},
		{"plain", func(c *ftp.Config) { c.Mode = ftp.Plain }, []string{"allow_plaintext"}},
		{"plain, allowed", func(c *ftp.Config) { c.Mode, c.AllowPlaintext = ftp.Plain, true }, nil},
		{"plain with TLS keys", func(c *ftp.Config) {
			c.Mode, c.AllowPlaintext, c.CAFile, c.TLSMax = ftp.Plain, true, certificate.CertFile, "1.2"
		}, []string{"ca_file", "tls_max"}},
		{"TLS, plaintext allowed", func(c *ftp.Config) { c.AllowPlaintext = true }, []string{"allow_plaintext"}},
		{"authority and pin", func(c *ftp.Config) { c.CAFile, c.Certificates = certificate.CertFile, []string{certificate.Print} }, []string{"certificates"}},
		{"pin in another form", func(c *ftp.Config) { c.Certificates = []string{certificate.Print, "SHA256:AB:CD", "AB"} }, []string{"certificates[1]", "certificates[2]"}},
		{"missing file", func(c *ftp.Config) { c.CAFile = "/none" }, []string{"ca_file"}},
		{"certificate without key", func(c *ftp.Config) { c.ClientCertificate = certificate.CertFile }, []string{"client_key"}},
		{"key without certificate", func(c *ftp.Config) { c.ClientKey = secret.Ref{Env: "KEY"} }, []string{"client_certificate"}},
		{"versions", func(c *ftp.Config) { c.TLSMin, c.TLSMax = "1.1", "TLS1.2" }, []string{"tls_max", "tls_min"}},
		{"versions crossed", func(c *ftp.Config) { c.TLSMin, c.TLSMax = "1.3", "1.2" }, []string{"tls_min"}},
	} {
		c := good
		tt.change(&c)
		var keys []string
		c.Validate(func(key, message string) {
			keys = append(keys, key)
			if message == "" {
				t.Errorf("%s: %s: no message", tt.name, key)
			}
		})
		slices.Sort(keys)
		if !slices.Equal(keys, tt.want) {
			t.Errorf("%s: faults in %q, want %q", tt.name, keys, tt.want)
		}
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	c := ftp.Config{
		Password: secret.Ref{File: "pw"}, CAFile: "ca.pem", ClientCertificate: "/abs/cert.pem", ClientKey: secret.Ref{File: "key"},
	}.Under("/etc/x")
	if c.Password.File != "/etc/x/pw" || c.CAFile != "/etc/x/ca.pem" || c.ClientCertificate != "/abs/cert.pem" || c.ClientKey.File != "/etc/x/key" {
		t.Errorf("under /etc/x: %+v", c)
	}
}

func TestPasswordWithALineEnd(t *testing.T) {
	t.Parallel()
	server, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{})
	c.Password = secret.Ref{File: writeFile(t, "canary\r\nDELE users.csv")}
	_, err := ftp.New(c).Open(t.Context())
	wantError(t, err, errPermanent)
	if n := len(server.Commands()); n != 0 {
		t.Errorf("the server got %q", server.Commands())
	}
}
