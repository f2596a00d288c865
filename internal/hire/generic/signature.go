package generic

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/secret"
)

// tolerance is how far the clock of the sender may differ, as Standard Webhooks has it; a
// body that was recorded cannot be sent again later.
const tolerance = 5 * time.Minute

// The headers of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Verifier checks the signatures of Standard Webhooks (github.com/standard-webhooks,
// symmetric scheme v1).
type Verifier struct{ key []byte }

// NewVerifier reads a secret: base64, with or without whsec_ before it.
func NewVerifier(s secret.Value) (Verifier, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Reveal(), "whsec_"))
	if err != nil || len(key) == 0 {
		return Verifier{}, errors.New("read secret of the webhook: want base64, as in whsec_…")
	}
	return Verifier{key: key}, nil
}

// Verify checks that the body was signed with the secret, and about now. The error wraps
// hire.ErrSignature and may be answered to the sender.
func (v Verifier) Verify(header http.Header, body []byte, now time.Time) error {
	id, timestamp := header.Get(headerID), header.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case id == "":
		return fmt.Errorf("%s: missing: %w", headerID, hire.ErrSignature)
	case err != nil:
		return fmt.Errorf("%s: want seconds since 1970: %w", headerTimestamp, hire.ErrSignature)
	case now.Sub(time.Unix(seconds, 0)).Abs() > tolerance:
		return fmt.Errorf("%s: more than %v from now: %w", headerTimestamp, tolerance, hire.ErrSignature)
	}
	want := v.sign(id, timestamp, body)
	for signature := range strings.FieldsSeq(header.Get(headerSignature)) {
		version, text, _ := strings.Cut(signature, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return fmt.Errorf("%s: none is right: %w", headerSignature, hire.ErrSignature)
}

func (v Verifier) sign(id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
