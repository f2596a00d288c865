package remotetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Certificate is a self-signed certificate, which is its own authority.
type Certificate struct {
	// CertFile and KeyFile are PEM files, readable for their owner only.
	CertFile, KeyFile string
	// Print is SHA256: and hex digits with colons.
	Print string
	TLS   tls.Certificate
}

// NewCertificate makes a certificate for 127.0.0.1, valid from an hour ago for a year, with
// what change changes.
func NewCertificate(t testing.TB, change ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newCertificate(t, key, change...)
}

// NewRSACertificate is NewCertificate with a key that RSA key exchange can use.
func NewRSACertificate(t testing.TB) *Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newCertificate(t, key, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment })
}

func newCertificate(t testing.TB, key crypto.Signer, change ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &Certificate{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	write(t, c.CertFile, certPEM)
	write(t, c.KeyFile, keyPEM)
	if c.TLS, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	c.Print = "SHA256:" + strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(der)), " ", ":")
	return c
}
