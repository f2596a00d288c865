package ftp

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// lastDays is how long before its end a certificate is worth a warning.
const lastDays = 14 * 24 * time.Hour

// Alerts by which a server refuses our version of TLS, or our certificate (RFC 8446,
// section 6.2).
const (
	alertHandshakeFailure     tls.AlertError = 40
	alertBadCertificate       tls.AlertError = 42
	alertUnsupported          tls.AlertError = 43
	alertRevoked              tls.AlertError = 44
	alertExpired              tls.AlertError = 45
	alertUnknownCertificate   tls.AlertError = 46
	alertUnknownCA            tls.AlertError = 48
	alertAccessDenied         tls.AlertError = 49
	alertProtocolVersion      tls.AlertError = 70
	alertInsufficientSecurity tls.AlertError = 71
	alertInternalError        tls.AlertError = 80
	alertCertificateRequired  tls.AlertError = 116
)

func tlsVersion(s string) (version uint16, ok bool) {
	switch s {
	case "1.2":
		return tls.VersionTLS12, true
	case "1.3":
		return tls.VersionTLS13, true
	}
	return 0, false
}

// newestVersions returns the values of tls.Config.MaxVersion to try, in order.
func (c Config) newestVersions() []uint16 {
	if c.Mode == Plain {
		return []uint16{0}
	}
	if newest, ok := tlsVersion(c.TLSMax); ok {
		return []uint16{newest}
	}
	if oldest, _ := tlsVersion(c.TLSMin); oldest == tls.VersionTLS13 {
		return []uint16{tls.VersionTLS13}
	}
	return []uint16{tls.VersionTLS12, tls.VersionTLS13}
}

// tlsConfig returns the configuration for one control connection and its data connections.
// It is never shared: a session of another control connection would be resumed and refused.
// asked is called where the server asks for our certificate.
func (c Config) tlsConfig(newest uint16, asked func()) (*tls.Config, error) {
	if c.Mode == Plain {
		return nil, nil
	}
	config := &tls.Config{
		ServerName:         c.Host,
		MinVersion:         tls.VersionTLS12,
		MaxVersion:         newest,
		CipherSuites:       c.suites(),
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
		// Small records are for browsers, which show what they have got so far.
		DynamicRecordSizingDisabled: true,
	}
	if oldest, ok := tlsVersion(c.TLSMin); ok {
		config.MinVersion = oldest
	}
	if err := c.trust(config); err != nil {
		return nil, err
	}
	own := new(tls.Certificate)
	if c.ClientCertificate != "" {
		var err error
		if own, err = c.ownCertificate(); err != nil {
			return nil, err
		}
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked()
		return own, nil
	}
	return config, nil
}

// trust says which certificates are right.
func (c Config) trust(config *tls.Config) error {
	if len(c.Certificates) > 0 {
		var pins [][sha256.Size]byte
		for _, s := range c.Certificates {
			if pin, ok := parsePrint(s); ok {
				pins = append(pins, pin)
			}
		}
		config.InsecureSkipVerify = true // the print is the proof, as checked here
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !slices.Contains(pins, sha256.Sum256(state.PeerCertificates[0].Raw)) {
				return errNotPinned{state.PeerCertificates}
			}
			return nil
		}
		return nil
	}
	if c.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return fmt.Errorf("read ca_file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("read ca_file: %q holds no certificate in PEM form", c.CAFile)
	}
	return nil
}

func (c Config) ownCertificate() (*tls.Certificate, error) {
	chain, err := os.ReadFile(c.ClientCertificate)
	if err != nil {
		return nil, fmt.Errorf("read client_certificate: %w", err)
	}
	key, err := c.ClientKey.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read client_key: %w", err)
	}
	own, err := tls.X509KeyPair(chain, []byte(key.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("use client_certificate: %w", err)
	}
	return &own, nil
}

// errNotPinned: the server's certificate is none of those in the configuration.
type errNotPinned struct{ chain []*x509.Certificate }

func (errNotPinned) Error() string { return "it is none of those in certificates" }

// fingerprint is what openssl x509 -fingerprint -sha256 prints.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return "SHA256:" + strings.Join(parts, ":")
}

// certificateError explains a certificate that was not accepted, with its print. It
// returns nil for any other error.
func certificateError(err error) error {
	var chain []*x509.Certificate
	var reason error
	if e, ok := errors.AsType[errNotPinned](err); ok {
		chain, reason = e.chain, e
	} else if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		chain, reason = e.UnverifiedCertificates, e.Err
	} else {
		return nil
	}
	if len(chain) == 0 {
		return fault.Of(remote.ErrCertificate, "the server shows none")
	}
	return fault.Of(remote.ErrCertificate, "the server shows %s: %w", fingerprint(chain[0]), reason)
}

// isAlert tells whether the server sent one of the alerts, or any where none is named. The
// type of an alert that came over TCP is not exported; its text is that of tls.AlertError.
func isAlert(err error, alerts ...tls.AlertError) bool {
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || e.Op != "remote error" || e.Err == nil {
		return false
	}
	return len(alerts) == 0 || slices.ContainsFunc(alerts, func(a tls.AlertError) bool { return a.Error() == e.Err.Error() })
}

// refusesVersion tells whether a server refused to speak our version of TLS.
func refusesVersion(err error) bool {
	return isAlert(err, alertProtocolVersion, alertHandshakeFailure, alertInsufficientSecurity)
}

// refusesUs tells whether a server refused our certificate, or the lack of one.
func refusesUs(err error) bool {
	return isAlert(err, alertBadCertificate, alertUnsupported, alertRevoked, alertExpired,
		alertUnknownCertificate, alertUnknownCA, alertAccessDenied, alertCertificateRequired)
}

// handshakeError explains why there is no TLS on the control connection.
func (c Config) handshakeError(err error, asked bool) error {
	record, plain := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case plain && bytes.HasPrefix(record.RecordHeader[:], []byte("SSH-")):
		return fmt.Errorf("an SSH server answers there: want type sftp, or its port for FTP: %w", err)
	case plain && c.Mode == Implicit:
		return fmt.Errorf("the server does not start with TLS: try type ftpes, or port 990: %w", err)
	case asked && isAlert(err, alertHandshakeFailure):
		return fault.Of(remote.ErrAuth, "the server asks for a client certificate: %w", err)
	case isAlert(err, alertHandshakeFailure, alertInsufficientSecurity) && !c.TLSRSAKeyExchange:
		return fmt.Errorf("start TLS: the server accepts none of the cipher suites that are safe; an old one knows RSA key exchange only: "+
			"ask its operator for ECDHE, or set tls_rsa_key_exchange: true: %w", err)
	case isAlert(err, alertHandshakeFailure, alertInsufficientSecurity):
		return fmt.Errorf("start TLS: the server accepts none of the cipher suites, not even those with RSA key exchange: ask its operator for ECDHE with AES: %w", err)
	case isAlert(err, alertProtocolVersion):
		return fmt.Errorf("start TLS: the server speaks none of the versions that are tried (tls_min, tls_max), of which 1.2 is the oldest that is safe: %w", err)
	}
	return fmt.Errorf("start TLS: %w", err)
}

// suites are the cipher suites of TLS 1.2 that are offered: nil is what Go holds to be safe. RSA
// key exchange is not: whoever gets the server's key can read all that was recorded.
func (c Config) suites() []uint16 {
	if !c.TLSRSAKeyExchange {
		return nil
	}
	var all []uint16
	for _, suite := range tls.CipherSuites() {
		all = append(all, suite.ID)
	}
	return append(all,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// weakness warns of a key exchange without forward secrecy.
func weakness(state tls.ConnectionState) string {
	if strings.HasPrefix(tls.CipherSuiteName(state.CipherSuite), "TLS_RSA_") {
		return "the server uses RSA key exchange, with which whoever gets its key can read what was recorded: ask its operator for ECDHE"
	}
	return ""
}

// expiry warns of a certificate that ends soon, or that has ended and is accepted by its
// print.
func expiry(cert *x509.Certificate, now time.Time) string {
	day := cert.NotAfter.Format(time.DateOnly)
	switch left := cert.NotAfter.Sub(now); {
	case left <= 0:
		return "the server's certificate has ended on " + day
	case left < lastDays:
		return "the server's certificate ends on " + day
	}
	return ""
}
