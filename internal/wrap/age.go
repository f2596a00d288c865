package wrap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// ageLayer encrypts for some recipients.
type ageLayer struct {
	recipients []age.Recipient
	armor      bool
}

func (a Age) layer(report reporter) layer {
	l := ageLayer{armor: a.Armor}
	if len(a.Recipients) == 0 && a.RecipientsFile == "" {
		report("recipients", "missing: want the partner's public key, which begins with age1")
	}
	for i, text := range a.Recipients {
		found, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(found) != 1 {
			report(fmt.Sprintf("recipients[%d]", i), notRecipient(text))
		}
		l.recipients = append(l.recipients, found...)
	}
	if a.RecipientsFile != "" {
		l.recipients = append(l.recipients, ageRecipients(a.RecipientsFile, report)...)
	}
	if len(l.recipients) > 0 {
		l.try(report)
	}
	return l
}

func ageRecipients(path string, report reporter) []age.Recipient {
	b, err := readKeyFile(path)
	if err != nil {
		report("recipients_file", err.Error())
		return nil
	}
	found, err := age.ParseRecipients(bytes.NewReader(b))
	if err != nil {
		report("recipients_file", notRecipient(string(b)))
	}
	return found
}

// try encrypts nothing: age refuses to mix post-quantum recipients with others.
func (l ageLayer) try(report reporter) {
	w, err := age.Encrypt(io.Discard, l.recipients...)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		report("recipients", "these keys cannot be used together: keys that begin with age1pq1 do not mix with others")
	}
}

func notRecipient(text string) string {
	if strings.Contains(text, "AGE-SECRET-KEY-") {
		return "this is a private key: want the partner's public one, which begins with age1"
	}
	return "want public keys that begin with age1, as age-keygen prints them, one a line"
}

func (l ageLayer) seal(dst io.Writer, _ string) (io.WriteCloser, error) {
	if !l.armor {
		return age.Encrypt(dst, l.recipients...)
	}
	text := armor.NewWriter(dst)
	w, err := age.Encrypt(text, l.recipients...)
	if err != nil {
		return nil, err
	}
	return &doubleCloser{w, text}, nil
}

// doubleCloser closes what is inside before what is around it.
type doubleCloser struct {
	io.WriteCloser
	outer io.Closer
}

func (d *doubleCloser) Close() error {
	if err := d.WriteCloser.Close(); err != nil {
		return err
	}
	return d.outer.Close()
}

// ageOpener decrypts with any of the identities.
type ageOpener struct{ identities []age.Identity }

func (a AgeDecrypt) opener(report reporter) opener {
	if err := a.Identity.Validate(); err != nil {
		report("identity", err.Error())
		return ageOpener{}
	}
	v, err := a.Identity.Resolve()
	if err != nil {
		report("identity", err.Error())
		return ageOpener{}
	}
	identities, err := age.ParseIdentities(strings.NewReader(v.Reveal()))
	if err != nil {
		report("identity", "want our private key as age-keygen writes it: a line that begins with AGE-SECRET-KEY-")
	}
	return ageOpener{identities}
}

func (a ageOpener) open(in input) (content, error) {
	r := bufio.NewReaderSize(in.r, bufferBytes)
	body := io.Reader(r)
	// An error shows again at the first read.
	if start, _ := r.Peek(len(armor.Header)); string(start) == armor.Header {
		body = armor.NewReader(&shortLines{r: r})
	}
	plain, err := age.Decrypt(body, a.identities...)
	if err != nil {
		return content{}, a.explain(err)
	}
	return content{r: plain, name: without(in.name, ".age", ".asc"), explain: a.explain}, nil
}

func (ageOpener) explain(err error) error {
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return fmt.Errorf("age file is not encrypted for our identity: %w", ErrKey)
	}
	return fmt.Errorf("not an age file, damaged or cut short: %w", ErrFormat)
}

// maxLine bounds a line of armor, which the reader of age holds in memory.
const maxLine = 1 << 10

// shortLines refuses text with a longer line.
type shortLines struct {
	r    io.Reader
	line int
}

func (s *shortLines) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		s.line++
		if b == '\n' {
			s.line = 0
		}
		if s.line > maxLine {
			return 0, ErrFormat
		}
	}
	return n, err
}
