package tabular_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

func utf16(t *testing.T, order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
	t.Helper()
	out, err := unicode.UTF16(order, mark).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read shows a file as the reader understands it: rows as NUMBER[cell|cell], then
// findings, then the encoding.
func read(in string, f tabular.Format) string { return readFrom(strings.NewReader(in), f) }

func readFrom(in io.Reader, f tabular.Format) string {
	var out []string
	sheet, err := tabular.Open(in, f)
	if err != nil {
		return err.Error()
	}
	out = append(out, fmt.Sprintf("%d[%s]", sheet.HeaderRow(), strings.Join(sheet.Header(), "|")))
	for {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, fmt.Sprintf("%d[%s]", row.Number, strings.Join(row.Cells, "|")))
		for _, f := range row.Findings {
			out = append(out, fmt.Sprintf("%c:%s@%s", f.Severity[0], f.Code, f.Cell))
		}
	}
	for _, f := range sheet.Findings() {
		out = append(out, fmt.Sprintf("%c:%s@%d", f.Severity[0], f.Code, f.Row))
	}
	return strings.Join(append(out, sheet.Info().Encoding), " ")
}

func TestEncodingsAreFoundOrRefusedWithASentence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, encoding, want string }{
		{"ASCII", "a;b\r\n1;2\r\n", "", "1[a|b] 2[1|2] utf-8"},
		{"UTF-8", "a;b\r\né;ł\r\n", "", "1[a|b] 2[é|ł] utf-8"},
		{"byte-order mark", "\uFEFFa;b\r\né;2\r\n", "", "1[a|b] 2[é|2] utf-8"},
		{"byte-order mark and quoted header", "\uFEFF\"a\";\"b\"\r\n\"1\";\"2\"\r\n", "", "1[a|b] 2[1|2] utf-8"},
		{"a mark decides against the configuration", "\uFEFFa;b\r\né;2\r\n", "windows-1252", "1[a|b] 2[é|2] utf-8"},
		{"windows-1252 found", "a;b\r\n\xe9\x80;2\r\n", "", "1[a|b] 2[é€|2] w:encoding_guessed@0 windows-1252"},
		{"windows-1252 set", "a;b\r\n\xe9\x80;2\r\n", "windows-1252", "1[a|b] 2[é€|2] windows-1252"},
		{"iso-8859-15 set", "a;b\r\n\xe9\xa4;2\r\n", "iso-8859-15", "1[a|b] 2[é€|2] iso-8859-15"},
		{"UTF-16LE", utf16(t, unicode.LittleEndian, unicode.UseBOM, "a;b\r\né;2\r\n"), "", "1[a|b] 2[é|2] utf-16"},
		{"UTF-16BE", utf16(t, unicode.BigEndian, unicode.UseBOM, "a;b\r\né;2\r\n"), "", "1[a|b] 2[é|2] utf-16"},
		{"UTF-16LE set, without a mark", utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, "a;b\r\né;2\r\n"), "utf-16", "1[a|b] 2[é|2] utf-16"},
		{"UTF-16BE set, without a mark", utf16(t, unicode.BigEndian, unicode.IgnoreBOM, "a;b\r\né;2\r\n"), "utf-16", "1[a|b] 2[é|2] utf-16"},
		{"UTF-16 without a mark", utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, "a;b\r\né;2\r\n"), "", "refuse file: row 1: there is a NUL byte: the file is UTF-16 without a byte-order mark (then set encoding: utf-16), or no text at all"},
		{"a NUL further down", "a;b\r\n1;\x00\r\n", "", "1[a|b] refuse file: row 2: there is a NUL byte: the file is UTF-16 without a byte-order mark (then set encoding: utf-16), or no text at all"},
		{"windows-1252 after UTF-8", "a;b\r\né;2\r\n\xe9;2\r\n", "", "1[a|b] 2[é|2] refuse file: row 3: the file is UTF-8 in one place and windows-1252 in another, or was cut inside a character: write all of it in UTF-8"},
		{"UTF-8 after windows-1252", "a;b\r\n\xe9;2\r\né;2\r\n", "", "1[a|b] 2[é|2] refuse file: row 3: the file is UTF-8 in one place and windows-1252 in another, or was cut inside a character: write all of it in UTF-8"},
		{"an honest É before a no-break space", "a;b\r\n\xe9;CAF\xc9\xa0\r\n", "", "1[a|b] 2[é|CAFÉ\u00a0] w:encoding_guessed@0 windows-1252"},
		{"not the UTF-8 that was set", "a;b\r\n\xe9;2\r\n", "utf-8", "1[a|b] refuse file: row 2: this is not UTF-8, which the file was to be in: write it in UTF-8, or set encoding: auto"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(tt.in, tabular.Format{Encoding: tt.encoding}); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestRowsAreNumberedAsInASpreadsheet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"line ends of Macs of old", "a;b\r1;2\r3;4\r", "1[a|b] 2[1|2] 3[3|4] utf-8"},
		{"line ends mixed", "a;b\r\n1;2\n3;4\r5;6\n", "1[a|b] 2[1|2] 3[3|4] 4[5|6] utf-8"},
		{"a line end in a cell", "a;b\r\n\"1\r\nx\ry\nz\";2\r\n3;4\r\n", "1[a|b] 2[1\nx\ny\nz|2] 3[3|4] utf-8"},
		{"blank rows count", "a;b\r\n\r\n1;2\r\n;\r\n \r\n3;4\r\n", "1[a|b] 3[1|2] 6[3|4] w:blank_rows@2 utf-8"},
		{"blank rows at the end are nothing", "a;b\r\n1;2\r\n\r\n;\r\n", "1[a|b] 2[1|2] utf-8"},
		{"blank rows before the header", "\r\na;b\r\n1;2\r\n", "2[a|b] 3[1|2] utf-8"},
		{"the end-of-text sign of a mainframe", "a;b\r\n1;2\r\n\x1a", "1[a|b] 2[1|2] utf-8"},
		{"two files in one", "a;b\r\n1;2\r\nA; b\r\n3;4\r\n", "1[a|b] 2[1|2] 3[A| b] e:repeated_header@A3 4[3|4] utf-8"},
		{"quotes", "a;b\r\n\"x;\"\"y\"\"\";\"\"\r\n", "1[a|b] 2[x;\"y\"|] utf-8"},
		{"header only", "a;b\r\n", "1[a|b] utf-8"},
		{"a separator at the end of every row", "a;b;\r\n1;2;\r\n3;4;x\r\n", "1[a|b|] 2[1|2|] 3[3|4|x] e:cell_without_header@C3 utf-8"},
		{"too few cells", "a;b;c\r\n1;2\r\n3;4;5\r\n", "1[a|b|c] 2[1|2] e:cell_count@B2 3[3|4|5] utf-8"},
		{"blank cells too many", "a;b\r\n1;2;\r\n3;4\r\n", "1[a|b] 2[1|2|] 3[3|4] utf-8"},
		{"a row cut", "a;b;c\r\n1;2;3\r\n4;5", "1[a|b|c] 2[1|2|3] refuse file: row 3: the last row ends at cell B3, after 2 cells of 3: the file was cut, and nothing of it is used"},
		{"a row cut after a separator", "a;b;c\r\n1;2;3\r\n;", "1[a|b|c] 2[1|2|3] refuse file: row 3: the last row ends at cell B3, after 2 cells of 3: the file was cut, and nothing of it is used"},
		{"no final line end", "a;b\r\n1;2", "1[a|b] 2[1|2] w:no_final_line_end@B2 utf-8"},
		{"a quote inside a cell", "a;b\r\n1;5\" pipe\r\n2;3\r\n", "1[a|b] 2[1|5\" pipe] e:stray_quote@B2 3[2|3] utf-8"},
		{"text after a quoted cell", "a;b\r\n\"Jo\" x;2\r\n2;3\r\n", "1[a|b] 2[\"Jo\" x|2] e:stray_quote@A2 3[2|3] utf-8"},
		{"a quote that is never closed", "a;b\r\n1;2\r\n3;\"4\r\n5;6\r\n", "1[a|b] 2[1|2] refuse file: row 3: the quote that opens cell B3 is never closed, so the rows after it cannot be told apart"},
		{"a quote that closes rows later", "a;b\r\n3;\"4\r\n5;\"6\"\r\n", "1[a|b] refuse file: row 2: a quote is missing or too many in this row, which holds line ends: where the next row begins cannot be told"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(tt.in, tabular.Format{}); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestAWrongSeparatorIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, separator, want string }{
		{"a,b,c\r\n1,2,3\r\n", "", `refuse file: row 1: the file is separated by commas, ";" is expected: set separator: if that is right`},
		{"\"a\",\"b\"\r\n1,2\r\n", "", `refuse file: row 1: the file is separated by commas, ";" is expected: set separator: if that is right`},
		{"a\tb\r\n1\t2\r\n", "", `refuse file: row 1: the file is separated by tabs, ";" is expected: set separator: if that is right`},
		{"a|b\r\n1|2\r\n", "", `refuse file: row 1: the file is separated by vertical bars, ";" is expected: set separator: if that is right`},
		{"a;b\r\n1;2\r\n", ",", `refuse file: row 1: the file is separated by semicolons, "," is expected: set separator: if that is right`},
		{"a,b\r\n1,2\r\n", ",", "1[a|b] 2[1|2] utf-8"},
		{"a\r\n1\r\n", "", "1[a] 2[1] utf-8"},
		{"", "", "refuse file: the file is empty: it has no header row"},
		{"\uFEFF\r\n\r\n", "", "refuse file: the file is empty: it has no header row"},
		{"a;\"b\"c\r\n", "", "refuse file: row 1: cell B1 of the header has a quote where none may be"},
	} {
		if got := read(tt.in, tabular.Format{Separator: tt.separator}); got != tt.want {
			t.Errorf("%q: got  %q\nwant %q", tt.in, got, tt.want)
		}
	}
}

// endless is text without an end: a start, then a piece again and again.
type endless struct {
	start, piece string
	rest         string
	n            int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		e.rest = e.start
	}
	if e.rest == "" {
		e.rest = e.piece
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.n += int64(n)
	return n, nil
}

func TestHostileFilesAreStoppedAtTheCap(t *testing.T) {
	t.Parallel()
	blob := strings.Repeat("x", 4096)
	for _, tt := range []struct {
		name   string
		in     *endless
		caps   tabular.Caps
		atMost int64
		want   string
	}{
		{name: "a quoted cell without an end", in: &endless{start: "a;b\r\n1;\"", piece: blob}, atMost: 1 << 20, want: "row 2: cell B2 is longer than 32 KiB"},
		{name: "a quoted cell of rows", in: &endless{start: "a;b\r\n1;\"", piece: "x;y\r\n"}, atMost: 1 << 20, want: "row 2: cell B2 is longer than 32 KiB; the quote that opens it may be missing its end"},
		{name: "a bare cell without an end", in: &endless{start: "a;b\r\n1;", piece: blob}, atMost: 1 << 20, want: "row 2: cell B2 is longer than 32 KiB"},
		{name: "a header without an end", in: &endless{piece: blob}, atMost: 1 << 20, want: "row 1: cell A1 is longer than 32 KiB"},
		{name: "columns without an end", in: &endless{piece: "a;"}, atMost: 1 << 20, want: "row 1: the row has more than 500 cells: raise caps.columns if that is right"},
		{name: "blank rows without an end", in: &endless{start: "a;b\r\n", piece: "\n"}, atMost: 2 << 20, want: "row 200002: the file has more than 200000 rows: raise caps.rows if that is right"},
		{name: "rows without an end", in: &endless{start: "a;b\r\n", piece: "1;2\n"}, caps: tabular.Caps{Rows: 1000}, atMost: 1 << 20, want: "row 1002: the file has more than 1000 rows: raise caps.rows if that is right"},
		{name: "bytes without an end", in: &endless{start: "a;b\r\n", piece: "1;2\n"}, caps: tabular.Caps{Bytes: 1 << 20, Rows: 1 << 20}, atMost: 2 << 20, want: "row 262145: the file is larger than 1 MiB: raise caps.bytes if that is right"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sheet, err := tabular.Open(tt.in, tabular.Format{Caps: tt.caps})
			for err == nil {
				_, err = sheet.Read()
			}
			if !errors.Is(err, tabular.ErrRefused) || err.Error() != "refuse file: "+tt.want {
				t.Errorf("got %v", err)
			}
			if tt.in.n > tt.atMost {
				t.Errorf("%d bytes were read before the file was refused", tt.in.n)
			}
		})
	}
}

func TestAHugeQuotedCellIsNeverHeld(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in := io.LimitReader(&endless{start: "a;b\r\n1;\"", piece: strings.Repeat("x", 4096)}, 200<<20)
	sheet, err := tabular.Open(in, tabular.Format{Caps: tabular.Caps{Bytes: 1 << 40, Cell: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sheet.Read(); !errors.Is(err, tabular.ErrRefused) || !strings.Contains(err.Error(), "the row is longer than 4 MiB") {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 40 {
		t.Errorf("%d MiB were allocated", used)
	}
}

func TestAFileThatCannotBeReadIsNotRefused(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"", "\uFEFFa;", "a;b\r\n1;", "a;b\r\n1;2\r\n", "a;b\r\n1;\"2", "a;b\r"} {
		in := io.MultiReader(strings.NewReader(start), broken{})
		sheet, err := tabular.Open(in, tabular.Format{})
		for err == nil {
			_, err = sheet.Read()
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, tabular.ErrRefused) {
			t.Errorf("after %q: %v", start, err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("connection lost: %w", io.EOF) }

func TestFormatFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	var keys []string
	collect := func(key, _ string) { keys = append(keys, key) }
	tabular.Format{Separator: "é", Encoding: "latin1", Caps: tabular.Caps{Bytes: -1, Rows: -1, Columns: -1, Cell: -1}}.Validate(collect)
	if got, want := strings.Join(keys, " "), "separator encoding caps.bytes caps.rows caps.columns caps.cell"; got != want {
		t.Errorf("faults at %q, want %q", got, want)
	}
	keys = nil
	for _, f := range []tabular.Format{{}, {Separator: "\t", Encoding: "utf-16"}} {
		f.Validate(collect)
	}
	if len(keys) > 0 {
		t.Errorf("faults at %q", keys)
	}
}

func TestARefusalShowsTheFirstReasonsAndKeepsAll(t *testing.T) {
	t.Parallel()
	refusal := &tabular.Refusal{}
	for i := range 5 {
		refusal.Findings = append(refusal.Findings, finding.Finding{Severity: finding.Error, Message: "m"}.At(1, i))
	}
	if got, want := refusal.Error(), "refuse file: cell A1: m; cell B1: m; cell C1: m; and 2 more"; got != want {
		t.Errorf("got %q", got)
	}
}
