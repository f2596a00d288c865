package wrap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	pgparmor "github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"lucca-exchange/internal/secret"
)

// maxKeyBytes bounds a file of public keys: one with many signatures has some 100 KiB.
const maxKeyBytes = 1 << 20

// readKeyFile reads a file of public keys, which may be for all to read.
func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is not a regular file", path)
	case info.Size() > maxKeyBytes:
		return nil, fmt.Errorf("%q holds more than %d bytes", path, maxKeyBytes)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	return b, nil
}

// reason strips the path that *fs.PathError repeats.
func reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// publicKeys reads files of public OpenPGP keys and checks each key; nil when there is
// none that can be used.
func publicKeys(paths []string, report reporter, check func(*crypto.Key) string) *crypto.KeyRing {
	var ring *crypto.KeyRing
	for i, path := range paths {
		at := func(message string) { report(fmt.Sprintf("[%d]", i), fmt.Sprintf("%q: %s", path, message)) }
		b, err := readKeyFile(path)
		if err != nil {
			report(fmt.Sprintf("[%d]", i), err.Error())
			continue
		}
		keys, fault := parsePublic(b)
		if fault != "" {
			at(fault)
			continue
		}
		for _, key := range keys {
			if fault := check(key); fault != "" {
				at("key " + strings.ToUpper(key.GetHexKeyID()) + " " + fault)
				continue
			}
			if ring == nil {
				ring, err = crypto.NewKeyRing(key)
			} else {
				err = ring.AddKey(key)
			}
			if err != nil {
				at("cannot be used")
			}
		}
	}
	return ring
}

// parsePublic reads the keys in a file, armored or not, or says what is wrong with it.
func parsePublic(b []byte) ([]*crypto.Key, string) {
	const want = "want a public OpenPGP key, as gpg --armor --export KEY writes it"
	if n := bytes.Count(b, []byte("-----BEGIN PGP ")); n > 1 {
		return nil, fmt.Sprintf("holds %d blocks: want a file for each", n)
	} else if n == 1 {
		block, err := pgparmor.Decode(bytes.NewReader(b))
		if err != nil {
			return nil, want
		}
		if b, err = io.ReadAll(block.Body); err != nil {
			return nil, "the key is damaged: " + want
		}
	}
	if isPrivate(b) {
		return nil, "this is a private key: " + want
	}
	ring, err := crypto.NewKeyRingFromBinary(b)
	if err != nil || ring.CountEntities() == 0 {
		return nil, want
	}
	return ring.GetKeys(), ""
}

// isPrivate tells by the tag of the first packet (RFC 9580 §4.2): 5 is a private key.
func isPrivate(b []byte) bool {
	return len(b) > 0 && (b[0]&0xfc == 0x94 || b[0] == 0xc5)
}

// checkRecipient says why nothing can be encrypted for a key.
func checkRecipient(key *crypto.Key) string {
	if fault := checkAlive(key); fault != "" {
		return fault
	}
	if !key.CanEncrypt(time.Now().Unix()) {
		return "cannot be used to encrypt: ask the partner for one that can"
	}
	return ""
}

// checkSignedBy says why no signature by a key can be accepted.
func checkSignedBy(key *crypto.Key) string {
	if fault := checkAlive(key); fault != "" {
		return fault
	}
	if !key.CanVerify(time.Now().Unix()) {
		return "cannot be used to sign: ask the partner for the one that they sign with"
	}
	return ""
}

func checkAlive(key *crypto.Key) string {
	now := time.Now().Unix()
	switch {
	case key.IsPrivate():
		return "is a private one: want the public one"
	case key.IsRevoked(now):
		return "is revoked: ask the partner for the new one"
	case key.IsExpired(now):
		return "has expired: ask the partner for the renewed one"
	}
	return ""
}

// keyRef is a private OpenPGP key in the configuration, under the key at.
type keyRef struct {
	ref, passphrase secret.Ref
	at              string
}

// read returns the key, ready to be used, or nil after reporting why not.
func (k keyRef) read(report reporter) *crypto.Key {
	var passphrase secret.Value
	if !k.passphrase.IsZero() {
		var err error
		if passphrase, err = k.passphrase.Resolve(); err != nil {
			report("passphrase", err.Error())
		}
	}
	if err := k.ref.Validate(); err != nil {
		report(k.at, err.Error())
		return nil
	}
	text, err := k.ref.Resolve()
	if err != nil {
		report(k.at, err.Error())
		return nil
	}
	// Only text: of a binary key, Resolve might have cut off the last byte.
	if !strings.Contains(text.Reveal(), "-----BEGIN PGP PRIVATE KEY BLOCK-----") {
		report(k.at, "want an armored private OpenPGP key, as gpg --armor --export-secret-keys KEY writes it")
		return nil
	}
	key, err := crypto.NewKeyFromArmored(text.Reveal())
	if err != nil {
		report(k.at, "not a readable private OpenPGP key, or several")
		return nil
	}
	return k.unlock(key, passphrase, report)
}

func (k keyRef) unlock(key *crypto.Key, passphrase secret.Value, report reporter) *crypto.Key {
	if locked, err := key.IsLocked(); err == nil && !locked {
		return key
	}
	if passphrase.IsZero() {
		if k.passphrase.IsZero() {
			report("passphrase", "missing: the private key is protected by one")
		}
		return nil
	}
	opened, err := key.Unlock([]byte(passphrase.Reveal()))
	if err != nil {
		report("passphrase", "does not open the private key")
		return nil
	}
	return opened
}

// checkSigner tries to sign: parts of a private key may have been left out of the file.
func checkSigner(key *crypto.Key, report reporter) bool {
	now := time.Now().Unix()
	if key.IsRevoked(now) || key.IsExpired(now) {
		report("sign_with", "the key has expired or is revoked: make a new one, and send its public part to the partner")
		return false
	}
	signer, err := crypto.PGP().Sign().SigningKey(key).New()
	if err == nil {
		_, err = signer.Sign(nil, crypto.Bytes)
	}
	if err != nil {
		report("sign_with", "the key cannot be used to sign")
		return false
	}
	return true
}

// checkDecrypter does not mind an expired key: what was sent before must be readable.
func checkDecrypter(key *crypto.Key, report reporter) bool {
	ring, err := crypto.NewKeyRing(key)
	if err != nil || ring.CountDecryptionEntities(0) == 0 {
		report("private_key", "the key cannot be used to decrypt")
		return false
	}
	return true
}
