package wrap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	pgparmor "github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// pgpLayer encrypts, and signs where there is a key to sign with. Not compressed: the
// step before does that, where it is wanted.
type pgpLayer struct {
	handle   crypto.PGPEncryption
	encoding int8
}

func (o OpenPGP) layer(report reporter) layer {
	l := pgpLayer{encoding: crypto.Bytes}
	if o.Armor {
		l.encoding = crypto.Armor
	}
	recipients := publicKeys(o.Recipients, report.below("recipients"), checkRecipient)
	if len(o.Recipients) == 0 {
		report("recipients", "missing: want the file with the partner's public key")
	}
	builder := crypto.PGP().Encryption().Recipients(recipients)
	if !o.SignWith.IsZero() {
		if key := (keyRef{o.SignWith, o.Passphrase, "sign_with"}).read(report); key != nil && checkSigner(key, report) {
			builder = builder.SigningKey(key)
		}
	} else if !o.Passphrase.IsZero() {
		report("passphrase", "there is no sign_with that it would open")
	}
	if recipients == nil {
		return l
	}
	var err error
	if l.handle, err = builder.New(); err == nil {
		_, err = l.handle.Encrypt(nil)
	}
	if err != nil {
		report("recipients", "nothing can be encrypted for these keys: ask the partner for new ones")
	}
	return l
}

func (l pgpLayer) seal(dst io.Writer, _ string) (io.WriteCloser, error) {
	return l.handle.EncryptingWriter(dst, l.encoding)
}

// pgpOpener decrypts, and checks the signature where signers are set.
type pgpOpener struct {
	handle  crypto.PGPDecryption
	signers map[string]bool
}

func (d Decrypt) opener(report reporter) opener {
	var o pgpOpener
	key := (keyRef{d.PrivateKey, d.Passphrase, "private_key"}).read(report)
	signers := publicKeys(d.SignedBy, report.below("signed_by"), checkSignedBy)
	if key == nil || !checkDecrypter(key, report) {
		return o
	}
	builder := crypto.PGP().Decryption().DecryptionKey(key).RetrieveSessionKey().DisableAutomaticTextSanitize()
	if signers != nil {
		builder = builder.VerificationKeys(signers)
		o.signers = make(map[string]bool)
		for _, s := range signers.GetKeys() {
			o.signers[s.GetFingerprint()] = true
		}
	}
	var err error
	if o.handle, err = builder.New(); err != nil {
		report("private_key", "cannot be used to decrypt")
	}
	return o
}

// openingBytes bounds what is read of a message before its content begins: the keys that
// it is encrypted with, and the first chunk, which GnuPG makes 4 MiB large.
const openingBytes = 8 << 20

func (o pgpOpener) open(in input) (content, error) {
	opening := &io.LimitedReader{R: in.r, N: openingBytes}
	file := bufio.NewReaderSize(opening, bufferBytes)
	body, armored, err := unarmor(file)
	if err != nil {
		return content{}, err
	}
	message, err := o.handle.DecryptingReader(body, crypto.Bytes)
	if err != nil {
		return content{}, o.explain(err)
	}
	if message.SessionKey() == nil {
		return content{}, fmt.Errorf("OpenPGP message is not encrypted: %w", ErrFormat)
	}
	opening.N = math.MaxInt64
	return content{
		r: message, name: without(in.name, ".gpg", ".pgp", ".asc"), explain: o.explain,
		finish: func() error {
			if armored && !endsWithArmor(file) {
				return fmt.Errorf("something follows the end of the OpenPGP message: %w", ErrFormat)
			}
			return o.verify(message)
		},
	}, nil
}

// verify checks that one of the signers has signed what was read. gopenpgp also accepts
// a signature by the key that decrypts, hence the look at the fingerprint.
func (o pgpOpener) verify(message *crypto.VerifyDataReader) error {
	if o.signers == nil {
		return nil
	}
	result, err := message.VerifySignature()
	if err != nil {
		return fmt.Errorf("signature cannot be checked: %w", ErrSignature)
	}
	for _, s := range result.Signatures {
		if s.SignatureError == nil && s.SignedBy != nil && o.signers[s.SignedBy.GetFingerprint()] {
			return nil
		}
	}
	status := constants.SIGNATURE_NO_VERIFIER
	if e := result.SignatureErrorExplicit(); e != nil {
		status = e.Status
	}
	switch status {
	case constants.SIGNATURE_NOT_SIGNED:
		return fmt.Errorf("OpenPGP message is not signed: %w", ErrSignature)
	case constants.SIGNATURE_NO_VERIFIER:
		return fmt.Errorf("OpenPGP message is not signed by a key in signed_by: %w", ErrSignature)
	default:
		return fmt.Errorf("signature of the OpenPGP message is wrong or has expired: %w", ErrSignature)
	}
}

func (pgpOpener) explain(err error) error {
	if errors.Is(err, pgperrors.ErrKeyIncorrect) {
		return fmt.Errorf("OpenPGP message is not encrypted for our key: %w", ErrKey)
	}
	return fmt.Errorf("not an encrypted OpenPGP message, damaged or cut short: %w", ErrFormat)
}

// The frame of an armored message (RFC 9580 §6.2).
const (
	armorBegin = "-----BEGIN PGP MESSAGE-----"
	armorEnd   = "-----END PGP MESSAGE-----"
	// armorHeaders bounds the lines between the first one and the data.
	armorHeaders = 4 << 10
)

// unarmor takes the armor off, if there is one: the first byte of a packet is not text.
func unarmor(file *bufio.Reader) (body io.Reader, armored bool, err error) {
	// An error shows again at the first read.
	if start, _ := file.Peek(1); len(start) == 1 && start[0]&0x80 != 0 {
		return file, false, nil
	}
	if start, _ := file.Peek(armorHeaders); !beginsArmor(start) {
		return nil, false, fmt.Errorf("not an OpenPGP message: %w", ErrFormat)
	}
	block, err := pgparmor.Decode(file)
	if err != nil {
		return nil, false, fmt.Errorf("not an OpenPGP message: %w", ErrFormat)
	}
	return block.Body, true, nil
}

// beginsArmor checks the first line and the headers, of which the decoder would take any
// number and skip what it does not know.
func beginsArmor(start []byte) bool {
	for i := 0; ; i++ {
		line, rest, more := bytes.Cut(start, []byte("\n"))
		line, start = bytes.TrimSpace(line), rest
		switch {
		case i == 0:
			if string(line) != armorBegin {
				return false
			}
		case len(line) == 0:
			return more
		case !bytes.Contains(line, []byte(":")):
			return false
		}
		if !more {
			return false
		}
	}
}

// endsWithArmor checks that nothing but the last line of the armor is left; the decoder
// stops before it where there is a checksum.
func endsWithArmor(file *bufio.Reader) bool {
	const some = 1 << 10
	rest, err := io.ReadAll(io.LimitReader(file, some))
	if err != nil || len(rest) == some {
		return false
	}
	text := strings.TrimSpace(string(rest))
	return text == "" || text == armorEnd
}
