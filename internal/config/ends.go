package config

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"os"
	"slices"
	"time"
)

// End is when a thing ceases to work that no run would notice.
type End struct {
	Kind EndKind
	// Path is its place in the configuration, such as web.tls.certificate.
	Path string
	// Flow or Remote is whose it is; neither for the certificate of the daemon.
	Flow, Remote string
	At           time.Time
}

// EndKind is what ends.
type EndKind string

// What ends.
const (
	// EndCertificate is that of the daemon's own server.
	EndCertificate EndKind = "certificate"
	// EndServer is the certificate of a remote, as this process saw it last.
	EndServer EndKind = "server_certificate"
	// EndPartnerKey is an OpenPGP key of a partner, EndOwnKey one that we sign with.
	EndPartnerKey EndKind = "partner_key"
	EndOwnKey     EndKind = "own_key"
)

// EndsSoon is how long before its end somebody is to be told.
const EndsSoon = 30 * 24 * time.Hour

// Ends lists what ends, the first one first.
func (c *Config) Ends(now time.Time) []End {
	var list []End
	if at, ok := c.certificateEnd(); ok {
		list = append(list, End{Kind: EndCertificate, Path: "web.tls.certificate", At: at})
	}
	for name, r := range c.Remotes {
		if r.Ends == nil {
			continue
		}
		if at := r.Ends(); !at.IsZero() { // it was seen
			list = append(list, End{Kind: EndServer, Path: "remotes." + name, Remote: name, At: at})
		}
	}
	for name, f := range c.Flows {
		keys := func(kind EndKind, key string, ends map[string]time.Time) {
			for place, at := range ends {
				list = append(list, End{Kind: kind, Path: "flows." + name + "." + key + place, Flow: name, At: at})
			}
		}
		keys(EndPartnerKey, "wrap", f.Wrap.Ends(now))
		keys(EndPartnerKey, "unwrap", f.Unwrap.Ends(now))
		keys(EndOwnKey, "wrap", f.Wrap.OwnEnds(now))
	}
	slices.SortFunc(list, func(a, b End) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Path, b.Path)) })
	return list
}

// certificateEnd is when the certificate ends that the daemon itself shows. One that cannot be read is
// a fault of the web server.
func (c *Config) certificateEnd() (time.Time, bool) {
	if c.Web == nil || c.Web.TLS == nil {
		return time.Time{}, false
	}
	data, err := os.ReadFile(c.Web.TLS.Certificate)
	if err != nil {
		return time.Time{}, false
	}
	block, _ := pem.Decode(data) // the first is the server's own
	if block == nil {
		return time.Time{}, false
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, false
	}
	return cert.NotAfter, true
}
