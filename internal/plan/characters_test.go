package plan

import (
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/roster"
)

// Each character of an address, a login or a number counts; a name may have more. The first and
// the last of each range are here, and those beside them.
func TestCharactersThatLookLikeOthers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text        string
		odd, inName string // the beginning of what is said
	}{
		{"jdoe", "", ""},
		{"jörg", "", ""},
		{"a\u00adb", "holds a sign that cannot be seen", "-"},
		{"a\u200bb", "holds a sign that cannot be seen", "-"},
		{"a\u0085b", "holds a sign that cannot be seen", "-"},
		{"a\ufe00b", "holds a sign that cannot be seen", "-"},
		{"a\ufe0fb", "holds a sign that cannot be seen", "-"},
		{"a\u034fb", "holds a sign that cannot be seen", "-"},
		{"a\u3164b", "holds a sign that cannot be seen", "-"},
		{"a\u00a0b", "holds a blank of a special kind", "-"},
		{"a\u2003b", "holds a blank of a special kind", "-"},
		{"\uff01", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\uff5e", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\uff00", "", "-"},
		{"\uff61", "", "-"},
		{"\U0001d400", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\U0001d7ff", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\U0001d3ff", "", "-"},
		{"\U0001d800", "", "-"},
		{"\ufb00", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\ufb06", "holds a character that looks like another one", "holds a character that looks like another one"},
		{"\ufb07", "", "-"},
		{"a\u00b2", "holds a character that looks like another one", "-"},
		{"a\u2010b", "holds a sign that looks like a hyphen or an apostrophe", "-"},
		{"a\u2212b", "holds a sign that looks like a hyphen or an apostrophe", "-"},
		{"a\u2018b", "holds a sign that looks like a hyphen or an apostrophe", "-"},
		{"a\u2019b", "holds a sign that looks like a hyphen or an apostrophe", ""},
		{"Ivаn", "mixes letters of two alphabets", "mixes letters of two alphabets"}, // a Cyrillic а
		{"Ρaul", "mixes letters of two alphabets", "mixes letters of two alphabets"}, // a Greek Ρ
		{"Иван", "", ""},
		{"Anna Иван", "", ""},
		{"Du?rand", "", "holds a question mark"},
	} {
		if got := odd(tt.text); !begins(got, tt.odd) {
			t.Errorf("odd(%q) is %q, want %q…", tt.text, got, tt.odd)
		}
		if got := oddName(tt.text); tt.inName != "-" && !begins(got, tt.inName) {
			t.Errorf("oddName(%q) is %q, want %q…", tt.text, got, tt.inName)
		}
	}
}

func begins(text, with string) bool {
	return text == with || with != "" && strings.HasPrefix(text, with)
}

// A letter typed for a digit is seen in phones, and in numbers where those here are digits.
func TestLettersThatLookLikeDigits(t *testing.T) {
	t.Parallel()
	number, _ := propertyOf(EmployeeNumber)
	phone, _ := propertyOf("professionalMobile")
	for _, tt := range []struct {
		property property
		digits   bool
		text     string
		want     string
	}{
		{number, true, "00O19", "look_alike"},
		{number, false, "00O19", ""},
		{number, true, "00l19", "look_alike"},
		{number, true, "AO19", ""},
		{phone, false, "06 1O 20 30 40", "look_alike"},
		{phone, false, "+33 6 1O 20 30 40", "look_alike"},
		{phone, false, "06 10 20 30 40", ""},
	} {
		h := habit{whole: tt.digits}
		code := ""
		if p := h.lost(nil, &column{property: tt.property, name: "c"}, tt.text); p != nil {
			code = p.code
		}
		if code != tt.want {
			t.Errorf("%s %q, digits %v: %q, want %q", tt.property.Code, tt.text, tt.digits, code, tt.want)
		}
	}
}

// Blanks in a phone hide no zero that was lost: what is dialled is what counts.
func TestPhonesAreReadAsDialled(t *testing.T) {
	t.Parallel()
	phone, _ := propertyOf("professionalMobile")
	c := &column{property: phone, name: "professionalMobile"}
	h := habit{prefixed: true}
	for text, want := range map[string]bool{
		"6 10 20 30 40": true, "610203040": true, "06 10 20 30 40": false, "+33 6 10 20 30 40": false,
		"33610203040": true, "1234567": false, "12345678": true,
	} {
		if got := h.lost(nil, c, text) != nil; got != want {
			t.Errorf("%q is lost: %v, want %v", text, got, want)
		}
	}
}

func TestNumbersWithThousands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"12 345": true, "1 234": true, "12’345": true, "12.345,60": true, "1 234 567": true, "1 23": false,
		"12345": false, "A2 345": false, "/2 345": false, ":2 345": false, "12 34": false, "1234 567": false,
	} {
		if hasThousands(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// A mention of somebody is found by any way to write them, and a blank mentions nobody.
func TestMentions(t *testing.T) {
	t.Parallel()
	m := newMentions()
	for _, text := range []string{"Zoé Martin", "Zoé Martin", "jdoe", "A@acme.example", "00219", ""} {
		m.add(text)
	}
	for key, want := range map[string]bool{
		loginKey("JDOE"): true, mailKey("a@ACME.example"): true, numberKey("00219"): true, loginKey("other"): false, "": false,
	} {
		if m.has(key) != want {
			t.Errorf("%q: %v", key, !want)
		}
	}
}

// To create somebody needs a name, an address and a first day: only then are the lists of the
// defaults read.
func TestDefaultsAreReadOnlyWhereSomebodyCanBeCreated(t *testing.T) {
	t.Parallel()
	policy := Policy{Defaults: Defaults{Values: map[string]string{PrimaryRole: "Utilisateur"}}}
	all := []string{FirstName, LastName, Mail, ContractStart}
	read := func(codes ...string) bool {
		columns := []Column{{Code: Login}}
		for _, code := range codes {
			columns = append(columns, Column{Code: code})
		}
		return Query(columns, policy).Roles
	}
	if !read(all...) {
		t.Error("the roles are not read")
	}
	for i, left := range all {
		if read(slices.Delete(slices.Clone(all), i, i+1)...) {
			t.Errorf("without %s nobody is created, and the roles are read", left)
		}
	}
}

// Who is offered by name in a reference is told by the people who have one.
func TestQueryOfWhatOnlyPeopleHave(t *testing.T) {
	t.Parallel()
	for _, code := range Codes() {
		prop, _ := propertyOf(code)
		if q := listsOf(code); prop.Kind == roster.NamedID && (prop.Field == 0 || q.Fields != prop.Field) {
			t.Errorf("%s: reads %v, want %v", code, q.Fields, prop.Field)
		}
	}
}

// Only the forms of letters that Unicode has for Japan, mathematics and printers are others in disguise.
func TestLettersInASpecialForm(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]bool{
		0xFF00: false, 0xFF01: true, 0xFF5E: true, 0xFF5F: false, // full width
		0x1D3FF: false, 0x1D400: true, 0x1D7FF: true, 0x1D800: false, // mathematics
		0xFAFF: false, 0xFB00: true, 0xFB06: true, 0xFB07: false, // ligatures
	} {
		if wide(r) != want {
			t.Errorf("%U: %v", r, !want)
		}
	}
	if odd("ada\u0080") == "" || odd("ada~") != "" {
		t.Error("a sign that cannot be seen passes, or a plain one does not")
	}
}
