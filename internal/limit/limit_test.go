package limit_test

import (
	"testing"

	"lucca-exchange/internal/limit"
)

func TestPercentIsWrittenWithItsSign(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"10%": "10%", "2.5 %": "2.5%", "0%": "0%", "100%": "100%", "10": "!", "101%": "!", "-1%": "!", "x%": "!", "": "!", "NaN%": "!"} {
		var p limit.Percent
		got := "!"
		if err := p.UnmarshalText([]byte(in)); err == nil {
			got = p.String()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
