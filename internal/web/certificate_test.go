package web

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestRenewedCertificateIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c, err := newCertificate(*writeCertificate(t, dir, "old.example"), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		served := func() string {
			pair, err := c.get(&tls.ClientHelloInfo{})
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(pair.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			return leaf.Subject.CommonName
		}
		if got := served(); got != "old.example" {
			t.Errorf("at first: got %s", got)
		}
		if err := os.WriteFile(c.source.Certificate, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(certificateAge)
		if got := served(); got != "old.example" {
			t.Errorf("while it is being written: got %s", got)
		}
		writeCertificate(t, dir, "new.example")
		if got := served(); got != "old.example" {
			t.Errorf("within the minute: got %s", got)
		}
		time.Sleep(certificateAge)
		if got := served(); got != "new.example" {
			t.Errorf("a minute later: got %s", got)
		}
	})
}
