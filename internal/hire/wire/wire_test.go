package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/hire/wire"
)

func parse(t *testing.T, text string) wire.Value {
	t.Helper()
	v, err := wire.Parse([]byte(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTypesAreReadLeniently(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"n":1474,"big":12345678901234567890,"s":" a \n\t b\u0000 ","null":null,"o":{"k":"deep"},"l":[1],"t":true,"yes":"TRUE","zero":0,"turned":"Zo\u202eé\u200b L\u001b[31m"}`)
	for _, tt := range []struct {
		key, want string
		ok        bool
	}{
		{"n", "1474", true}, {"big", "12345678901234567890", true}, {"s", "a b", true}, {"null", "", true}, {"absent", "", true}, {"turned", "Zoé L [31m", true},
		{"o", "", false}, {"l", "", false}, {"t", "", false},
	} {
		if got, ok := v.At(tt.key).Text(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %q, %v, want %q, %v", tt.key, got, ok, tt.want, tt.ok)
		}
	}
	if got := v.At("o", "k").Or(); got != "deep" {
		t.Errorf("nested: %q", got)
	}
	if got := v.At("s", "k", "k").Or(); got != "" {
		t.Errorf("below a text there is %q", got)
	}
	if v.At("S").Or() != "" {
		t.Error("a key was matched in another case")
	}
	for key, want := range map[string][2]bool{"t": {true, true}, "yes": {true, true}, "zero": {false, true}, "null": {false, false}, "o": {false, false}, "s": {false, false}} {
		if got, ok := v.At(key).Bool(); got != want[0] || ok != want[1] {
			t.Errorf("%s is %v, %v as a truth", key, got, ok)
		}
	}
}

func TestDepthOfRealBodiesIsFine(t *testing.T) {
	t.Parallel()
	parse(t, strings.Repeat("[", 32)+strings.Repeat("]", 32))
	if _, err := wire.Parse([]byte(strings.Repeat("[", 33)+strings.Repeat("]", 33)), 1<<20); !errors.Is(err, wire.ErrBody) {
		t.Errorf("33 deep: %v", err)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2027-01-04", paris, "2027-01-04"},
		{"04/01/2027", paris, "2027-01-04"},
		{"04/01/27", paris, "2027-01-04"},
		{"2027-01-04T00:00:00.000Z", paris, "2027-01-04"},
		{"2027-01-04T00:00:00.000Z", newYork, "2027-01-04"},
		{"2027-01-03T23:00:00.000Z", paris, "2027-01-04"},
		{"2027-07-03T22:00:00Z", paris, "2027-07-04"},
		{"2027-01-04T05:00:00Z", newYork, "2027-01-04"},
		{"2027-01-04T09:00:00+01:00", paris, "2027-01-04"},
		{"2027-01-04T23:59:59", paris, "2027-01-04"},
		{"2027-01-04 08:00:00", paris, "2027-01-04"},
		{"1799020800", paris, "2027-01-04"},
		{"1799020800000", paris, "2027-01-04"},
		{"31/02/2027", paris, ""},
		{"13/13/2027", paris, ""},
		{"0004-01-04", paris, ""},
		{"9999-12-31T23:59:59-10:00", paris, ""},
		{"5", paris, ""},
		{"", paris, ""},
		{"ASAP", paris, ""},
	} {
		got := ""
		if year, month, day, ok := wire.Day(tt.text, tt.zone); ok {
			got = time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		}
		if got != tt.want {
			t.Errorf("%q in %v: %q, want %q", tt.text, tt.zone, got, tt.want)
		}
	}
}
