package sftp

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// endsSoon is how long before its end a certificate is warned of.
const endsSoon = 14 * 24 * time.Hour

// readCertificate reads what ssh-keygen -s writes, such as id_ed25519-cert.pub.
func readCertificate(path string) (*ssh.Certificate, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New("is not a readable file")
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(content)
	if err != nil {
		return nil, errors.New("is not an OpenSSH certificate")
	}
	certificate, ok := key.(*ssh.Certificate)
	if !ok || certificate.CertType != ssh.UserCert {
		return nil, errors.New("is not an OpenSSH user certificate: want the file whose name ends in -cert.pub")
	}
	return certificate, nil
}

// certify makes a key one that shows a certificate. The warning says that it ends soon.
func certify(key ssh.Signer, path string, now time.Time) (signer ssh.Signer, warning string, err error) {
	certificate, err := readCertificate(path)
	if err != nil {
		return nil, "", fmt.Errorf("use certificate %q: it %w", path, err)
	}
	if !bytes.Equal(certificate.Key.Marshal(), key.PublicKey().Marshal()) {
		return nil, "", fmt.Errorf("use certificate %q: it belongs to another key than private_key", path)
	}
	begin, end := instant(certificate.ValidAfter), instant(certificate.ValidBefore)
	switch {
	case now.Before(begin):
		return nil, "", fault.Of(remote.ErrAuth, "the certificate %q is valid only from %s on", path, begin.Format(time.DateTime))
	case !now.Before(end):
		return nil, "", fault.Of(remote.ErrAuth, "the certificate %q ended on %s: ask for a new one", path, end.Format(time.DateTime))
	case end.Sub(now) < endsSoon:
		warning = fmt.Sprintf("the certificate %q ends on %s: ask for a new one", path, end.Format(time.DateTime))
	}
	signer, err = ssh.NewCertSigner(certificate, key)
	if err != nil {
		return nil, "", fmt.Errorf("use certificate %q: %w", path, err)
	}
	return signer, warning, nil
}

// instant reads a time of a certificate, in seconds since 1970; the largest is never.
func instant(seconds uint64) time.Time {
	const year9999 = 253402300799
	return time.Unix(int64(min(seconds, year9999)), 0).UTC()
}
