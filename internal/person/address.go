package person

import (
	"net/mail"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxAddress is the longest e-mail address that Lucca takes, in bytes.
const maxAddress = 255

// IsAddress accepts one bare e-mail address (RFC 5322 addr-spec) whose domain has a dot.
func IsAddress(s string) bool {
	if len(s) > maxAddress || strings.ContainsAny(s, "<>\" \t") {
		return false
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return false
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1 && domain[0] != '.'
}

// AddressKey is the same for two spellings of one address: letter case and blanks around
// it do not count.
func AddressKey(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// mailbox is the part of an address before the @, without what people set between the parts of a
// name and after a +; empty where it is too short to tell anybody.
func mailbox(address string) string {
	const shortest = 3
	local, _, _ := strings.Cut(AddressKey(address), "@")
	local, _, _ = strings.Cut(local, "+")
	if local = strings.NewReplacer(".", "", "-", "", "_", "").Replace(local); len(local) < shortest {
		return ""
	}
	return local
}

// Called reports whether an administrator who writes who means somebody by login, e-mail
// address or employee number.
func Called(who, login, mail, number string) bool {
	return who != "" && (LoginKey(who) == LoginKey(login) || AddressKey(who) == AddressKey(mail) || who == number)
}

// LoginKey is the same for two spellings of one login: letter case and the form of accents do
// not count.
func LoginKey(s string) string { return strings.ToLower(norm.NFC.String(s)) }

// IsSlip reports whether two texts, such as domains, differ in one letter that was left out, added
// or mistyped, or in two that have changed places.
func IsSlip(a, b string) bool {
	const shortest = 4
	return a != b && slip(a, b, shortest)
}
