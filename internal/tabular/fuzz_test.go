package tabular_test

import (
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

// blank reports whether a row has no text.
func blank(cells []string) bool { return strings.TrimSpace(strings.Join(cells, "")) == "" }

var ours = regexp.MustCompile(`[ \t]"|"[ \t]|="|(?i:sep=)|"[^"]*;[^"]*"`)

// FuzzRowsAreThoseOfEncodingCSV checks that whatever encoding/csv reads without a fault is
// read here alike, and that here nothing is without fault where it finds one.
func FuzzRowsAreThoseOfEncodingCSV(f *testing.F) {
	for _, in := range []string{
		"a;b\n1;2\n", "a;b\n\"x;\"\"y\";\n\n;\n3;4", "a;b\n1;5\" pipe\n", "a;b\n\"Jo\" x;2\n", "a;b\n1;\"2\n3;4\n", "a\n\"\"\n", "é;b\nü;\" \n\"\n",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		// encoding/csv keeps line ends of Macs, byte-order and end-of-text marks as text.
		if strings.ContainsAny(in, "\r\x00\x1a") || strings.HasPrefix(in, "\uFEFF") || strings.HasPrefix(in, "\xFF\xFE") || strings.HasPrefix(in, "\xFE\xFF") || !utf8.ValidString(in) {
			return
		}
		// Here blanks may stand around quotes, ="1" is a text, sep= a hint, and a row between
		// quotes is taken apart.
		if ours.MatchString(in) {
			return
		}
		std := csv.NewReader(strings.NewReader(in))
		std.Comma, std.FieldsPerRecord = ';', -1
		want, wantErr := std.ReadAll()
		want = slices.DeleteFunc(want, blank)
		sheet, err := tabular.Open(strings.NewReader(in), tabular.Format{})
		fault := err != nil
		for i := 1; err == nil; i++ {
			var row tabular.Row
			if row, err = sheet.Read(); err != nil {
				fault = fault || !errors.Is(err, io.EOF)
				// A last row that is cut refuses the file, of which encoding/csv knows nothing.
				if wantErr == nil && i != len(want) && errors.Is(err, io.EOF) {
					t.Fatalf("%q: %d rows, want %d, %v", in, i, len(want), err)
				}
				break
			}
			fault = fault || slices.ContainsFunc(row.Findings, func(f finding.Finding) bool { return f.Code == "stray_quote" })
			if wantErr == nil && !blank(row.Cells) && !slices.Equal(row.Cells, want[i]) {
				t.Fatalf("%q: row %d is %q, want %q", in, row.Number, row.Cells, want[i])
			}
		}
		if wantErr != nil && !fault {
			t.Fatalf("%q: encoding/csv says %v", in, wantErr)
		}
	})
}

// FuzzDecoding checks that no bytes get through that are not valid UTF-8, whatever the
// encoding, and that cutting the bytes into pieces changes nothing.
func FuzzDecoding(f *testing.F) {
	for _, in := range []string{"a;b\r\né;2\r\n", "a;b\n\xe9;\x80\n", "a;b\n\xe9;Ã©\n", "\xff\xfea\x00;\x00b\x00\n\x00", "a\n\xc3", "\ufeff\"a\";b\n\xe2\x82"} {
		for _, encoding := range []string{tabular.Auto, tabular.UTF8, tabular.Windows1252, tabular.ISO885915, tabular.UTF16, tabular.CP850, tabular.Macintosh} {
			f.Add(in, encoding)
		}
	}
	f.Fuzz(func(t *testing.T, in, encoding string) {
		format := tabular.Format{Encoding: encoding}
		valid := true
		format.Validate(func(string, string) { valid = false })
		if !valid {
			return
		}
		got := read(in, format)
		if !utf8.ValidString(got) {
			t.Fatalf("%q in %s: %q", in, encoding, got)
		}
		if again := readFrom(&oneByte{in}, format); again != got {
			t.Fatalf("%q in %s: %q, byte by byte %q", in, encoding, got, again)
		}
	})
}

// oneByte is text that comes one byte at a time.
type oneByte struct{ rest string }

func (o *oneByte) Read(p []byte) (int, error) {
	if o.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(1, len(p))], o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// BenchmarkRows reads 100,000 rows of 12 cells, with encoding/csv to compare.
func BenchmarkRows(b *testing.B) {
	row := `user;Zoé;Lefèvre;user@acme.example;Acme Lyon;01/02/2024;00000452;Direction / Paie;user;Utilisateur;"Chargée; d'études";12` + "\r\n"
	in := "a;b;c;d;e;f;g;h;i;j;k;l\r\n" + strings.Repeat(row, 100_000)
	b.Run("sheet", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		for b.Loop() {
			sheet, err := tabular.Open(strings.NewReader(in), tabular.Format{})
			for err == nil {
				_, err = sheet.Read()
			}
			if !errors.Is(err, io.EOF) || sheet.Info().Rows != 100_000 {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		for b.Loop() {
			std := csv.NewReader(strings.NewReader(in))
			std.Comma = ';'
			var err error
			for err == nil {
				_, err = std.Read()
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
	})
}
