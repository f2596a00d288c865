package hire

import "github.com/nyaruka/phonenumbers"

// phone writes a number in the international form, +33612345678. Numbers without a
// country code are of the region. ok is false for what is no number of any country.
func phone(text, region string) (number string, ok bool) {
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}
