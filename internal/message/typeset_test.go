package message_test

import (
	"regexp"
	"testing"

	"lucca-exchange/internal/message"
)

// TestSignsStayWithTheirWords: no line of a French or German text may begin with a sign.
func TestSignsStayWithTheirWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		l          message.Language
		text, want string
	}{
		{message.French, "Le flux {flow} : « {a} » est-il là ? Oui ; à {b} % !", "Le flux {flow}\u00a0: «\u00a0{a}\u00a0» est-il là\u00a0? Oui\u00a0; à {b}\u00a0%\u00a0!"},
		{message.French, "indiquez dates: [DD/MM/YYYY] ou sftp://x:22", "indiquez dates: [DD/MM/YYYY] ou sftp://x:22"},
		{message.French, "Motif :\n  a : b", "Motif\u00a0:\n  a\u00a0: b"},
		{message.German, "z. B. {a} % von „{b}“", "z.\u00a0B. {a}\u00a0% von „{b}“"},
		{message.English, "a : b", "a : b"},
	} {
		if got := message.Typeset(tt.l, tt.text); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.l, got, tt.want)
		}
	}
	lone := map[message.Language]*regexp.Regexp{
		message.French: regexp.MustCompile(`\S [:;?!»](\s|$)|« |[0-9}] %`), message.German: regexp.MustCompile(`z\. B\.|[0-9}] %`),
	}
	c := load(t)
	for l, pattern := range lone {
		for _, key := range c.Keys(l) {
			for _, form := range c.Forms(l, key) {
				if found := pattern.FindString(form); found != "" {
					t.Errorf("%s: %s has %q: %s", l, key, found, form)
				}
			}
		}
	}
}
