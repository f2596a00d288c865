package wrap

import (
	"fmt"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// farOff is how far ahead the end of a key matters to nobody.
const farOff = 10 * 365 * 24 * time.Hour

// Ends is when the partner's OpenPGP keys cease to be of use, to the day, by their place below the
// section; one without an end, or that cannot be read, is not in it. Age's keys have no end.
func (c Config) Ends(now time.Time) map[string]time.Time {
	ends := make(map[string]time.Time)
	for i, step := range c {
		if step.OpenPGP != nil {
			keyEnds(ends, fmt.Sprintf("[%d].openpgp.recipients", i), step.OpenPGP.Recipients, now, (*crypto.Key).CanEncrypt)
		}
	}
	return ends
}

// OwnEnds is when the keys that we sign with cease to be of use, as Ends.
func (c Config) OwnEnds(now time.Time) map[string]time.Time {
	ends := make(map[string]time.Time)
	for i, step := range c {
		if step.OpenPGP == nil {
			continue
		}
		if end := signerEnd(step.OpenPGP, now); !end.IsZero() {
			ends[fmt.Sprintf("[%d].openpgp.sign_with", i)] = end
		}
	}
	return ends
}

// Ends is when the partner's OpenPGP keys cease to be of use, as for Config.
func (c UnwrapConfig) Ends(now time.Time) map[string]time.Time {
	ends := make(map[string]time.Time)
	for i, step := range c {
		if step.OpenPGP != nil {
			keyEnds(ends, fmt.Sprintf("[%d].openpgp.signed_by", i), step.OpenPGP.SignedBy, now, (*crypto.Key).CanVerify)
		}
	}
	return ends
}

// signerEnd is until when our signatures are worth something; zero for long, or where there are none.
func signerEnd(o *OpenPGP, now time.Time) time.Time {
	if o.SignWith.IsZero() {
		return time.Time{}
	}
	text, err := o.SignWith.Resolve()
	if err != nil {
		return time.Time{} // which every run says
	}
	key, err := crypto.NewKeyFromArmored(text.Reveal())
	if err != nil {
		return time.Time{}
	}
	return lastUse(func(t time.Time) bool { return key.CanVerify(t.Unix()) }, now)
}

func keyEnds(ends map[string]time.Time, at string, paths []string, now time.Time, usable func(*crypto.Key, int64) bool) {
	for i, path := range paths {
		ring := publicKeys([]string{path}, func(string, string) {}, func(*crypto.Key) string { return "" })
		if ring == nil {
			continue // which every run says
		}
		for _, key := range ring.GetKeys() {
			place := fmt.Sprintf("%s[%d]", at, i)
			end := lastUse(func(t time.Time) bool { return usable(key, t.Unix()) }, now)
			if known, ok := ends[place]; !end.IsZero() && (!ok || end.Before(known)) {
				ends[place] = end
			}
		}
	}
}

// lastUse is until when something is usable, to the day: now where it is not any more, zero where it
// is for long. A key ends by its own end or by that of the parts that are needed of it.
func lastUse(usable func(time.Time) bool, now time.Time) time.Time {
	far := now.Add(farOff)
	switch {
	case !usable(now):
		return now
	case usable(far):
		return time.Time{}
	}
	for good, bad := now, far; ; {
		if bad.Sub(good) <= 24*time.Hour {
			return good
		}
		if middle := good.Add(bad.Sub(good) / 2); usable(middle) {
			good = middle
		} else {
			bad = middle
		}
	}
}
