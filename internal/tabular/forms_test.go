package tabular_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

// staff is a contract as a file of users has it.
func staff() tabular.Contract {
	return tabular.Contract{Fields: []tabular.Field{
		{Key: "login", Exact: true}, {Key: "firstName"}, {Key: "lastName"}, {Key: "mail", Exact: true}, {Key: "jobTitle"}, {Key: "address"}, {Key: "manager"}, {Key: "reasons"},
	}}
}

// each shows a file as it is bound: [cell|cell] for each row, then the findings, or the
// codes of a refusal after "!".
func each(in string, f tabular.Format, c tabular.Contract) string {
	var out []string
	content, err := tabular.Each(strings.NewReader(in), f, c, func(_ []tabular.Column, _ *tabular.Row, cells []string) {
		out = append(out, "["+strings.Join(cells, "|")+"]")
	})
	if err != nil {
		out = []string{"!"}
	}
	for _, f := range content.Findings {
		if err == nil || f.Severity == finding.Error {
			out = append(out, string(f.Severity[0])+":"+f.Code+"@"+f.Cell)
		}
	}
	return strings.Join(out, " ")
}

func encoded(t *testing.T, m *charmap.Charmap, text string) string {
	t.Helper()
	out, err := m.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// names are as a French payroll has them.
const names = "login;firstName;lastName;jobTitle\r\nh1;Hélène;Lefèvre;Ingénieure qualité\r\nh2;Céline;Noël;Chargée d'études\r\nh3;Rémy;Le Goff;Maître d'œuvre\r\n"

func TestAnEncodingThatContradictsTheTextRefusesTheFile(t *testing.T) {
	t.Parallel()
	dos := strings.ReplaceAll(names, "œ", "oe")
	for _, tt := range []struct{ name, in, encoding, want string }{
		{"11 cp850 found", encoded(t, charmap.CodePage850, dos), "", "! e:damaged_text"},
		{"Mac Roman found", encoded(t, charmap.Macintosh, names), "", "! e:damaged_text"},
		{"cp850 set", encoded(t, charmap.CodePage850, dos), "cp850", "[h1|Hélène|Lefèvre|Ingénieure qualité]"},
		{"Mac Roman set", encoded(t, charmap.Macintosh, names), "macintosh", "[h1|Hélène|Lefèvre|Ingénieure qualité]"},
		{"iso-8859-15 set", encoded(t, charmap.ISO8859_15, names), "iso-8859-15", "[h1|Hélène|Lefèvre|Ingénieure qualité]"},
		{"windows-1252 found", encoded(t, charmap.Windows1252, names), "", "[h1|Hélène|Lefèvre|Ingénieure qualité]"},
		{"13 UTF-8 under windows-1252", names, "windows-1252", "! e:damaged_text"},
		{"UTF-8 under cp850", names, "cp850", "! e:damaged_text"},
		{"UTF-8 under Mac Roman", names, "macintosh", "! e:damaged_text"},
		{"UTF-8 under iso-8859-15", names, "iso-8859-15", "! e:damaged_text"},
		{"windows-1252 under cp850", encoded(t, charmap.Windows1252, names), "cp850", "! e:damaged_text"},
		{"windows-1252 under Mac Roman", encoded(t, charmap.Windows1252, names), "macintosh", "! e:damaged_text"},
		{"Mac Roman under cp850", encoded(t, charmap.Macintosh, names), "cp850", "! e:damaged_text"},
		{"cp850 under Mac Roman", encoded(t, charmap.CodePage850, dos), "macintosh", "! e:damaged_text"},
		{"capitals of cp850", encoded(t, charmap.CodePage850, "login;lastName\r\na;HÉLÈNE\r\n"), "", "! e:damaged_text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := each(tt.in, tabular.Format{Encoding: tt.encoding}, staff()); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestTextThatWasDamagedBeforeItCameIsNeverRead(t *testing.T) {
	t.Parallel()
	// rest has whole accents enough for one bad cell to be one bad cell.
	rest := strings.Repeat("x;Zoé;Noël;Chargée\r\n", 8)
	for _, tt := range []struct{ name, cell string }{
		{"15 encoded twice", "HÃ©lÃ¨ne"}, {"twice, a capital", "Ã‰lodie"}, {"twice, an apostrophe", "dâ€™Artagnan"}, {"twice, in Polish", "MichaÅ‚"},
		{"twice, à", "Chargé Ã\u00a0 la paie"}, {"twice by DOS", "H├®l├¿ne"}, {"twice on a Mac", "H√©l√®ne"},
		{"16 question marks", "H?l?ne"}, {"at the start", "?lodie"}, {"a name of question marks", "????"}, {"two marks for one letter", "M??ller"},
		{"a lost character", "H\ufffdl\ufffdne"}, {"code of a web page", "H&eacute;l&egrave;ne"}, {"its number", "H&#233;l&#xE8;ne"}, {"an ampersand", "R&amp;D"}, {"one cut by a separator", "Ren&eacute"},
		{"code of a program", `H\u00e9l\u00e8ne`}, {"code of a mail", "H=C3=A9l=C3=A8ne"}, {"code of an address", "H%C3%A9l%C3%A8ne"},
		{"cp850 as windows-1252", "H‚lŠne"}, {"cp850 at the end", "qualit‚"}, {"Mac Roman as windows-1252", "HŽlne"}, {"windows-1252 as Mac Roman", "HÈlËne"}, {"windows-1252 as cp850", "HÚlÞne"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head := "login;firstName;lastName;jobTitle\r\n"
			if got := each(head+rest+"a;\""+tt.cell+"\";x;y\r\n", tabular.Format{}, staff()); !strings.Contains(got, "e:damaged_text@B10") {
				t.Errorf("one of many: got %q", got)
			}
			got := each(head+"a;x;x;\""+tt.cell+"\"\r\n", tabular.Format{}, staff())
			if !strings.Contains(got, "e:damaged_text@D2") {
				t.Errorf("alone: got %q", got)
			}
		})
	}
}

func TestHonestTextIsNotDamaged(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{
		"R&D", "Dupont & Fils", "Pourquoi ?", "Qui fait quoi ?", "https://x.example/a?b=c%C3%A9", "«CAFÉ»", "São Paulo", "MAÇÃ", "d’Éon", "L'Étoile", "Ó hÉigeartaigh", "Straße", "Œuvre", "sœur", "Œuvrard",
		"employé·e·s", "avant–après", "½ poste", "50 % – 60 %", "n°5", "2ème", "M²", "A; B", `C:\temp`, "=", "a=b", "Çelik", "Žižek", "Škoda", "DŽ", "Łukasz", "Ærø", "Þór", "Müller-Lüdenscheidt", "ÉLÉONORE", "Ünal", "Ñandú", "NIÑO", "„Wort“", "José María", "Nguyễn", "王小明", "Παπαδόπουλος", "Ольга",
	} {
		in := "login;jobTitle\r\na;\"" + cell + "\"\r\n"
		if got := each(in, tabular.Format{}, staff()); strings.Contains(got, "e:") {
			t.Errorf("%s: got %q", cell, got)
		}
	}
}

func TestLostLettersAtTheEndOfWordsGoWithThoseInside(t *testing.T) {
	t.Parallel()
	rest := strings.Repeat("x;Zoé;Noël;Chargée\r\n", 8)
	in := "login;firstName;lastName;jobTitle\r\n" + rest + "a;x;x;qualit?\r\nb;H?l?ne;y;Chef\r\n"
	if got := each(in, tabular.Format{}, staff()); !strings.HasSuffix(got, "e:damaged_text@B11 e:damaged_text@D10") {
		t.Errorf("got %q", got)
	}
}

func TestDoubtAboutWhereRowsEndRefusesTheFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"08 a quote swallows the next row", "login;jobTitle;address\r\na;x;\"12 rue\r\nb;y;14 rue\"\r\nc;z;3 quai\r\n", "! e:swallowed_rows@"},
		{"several rows", "login;jobTitle;address\r\na;x;\"12 rue\r\nb;y;1\r\nc;z;2\r\nd;y;14 rue\"\r\n", "! e:swallowed_rows@"},
		{"in the first column", "login;jobTitle;address\r\n\"a;x;12 rue\r\nb\";y;14 rue\r\n", "! e:swallowed_rows@"},
		{"in the middle", "login;address;jobTitle\r\na;\"12 rue;x\r\nb;14 rue\";y\r\n", "! e:swallowed_rows@"},
		{"with two columns", "login;address\r\na;\"12 rue\r\nb;14 rue\"\r\n", "! e:swallowed_rows@"},
		{"with too few cells", "login;jobTitle;address\r\na;\"x;12 rue\r\nb;14 rue\"\r\n", "! e:swallowed_rows@"},
		{"an address of two lines", "login;jobTitle;address\r\na;x;\"12 rue\nBât. A; esc. B\"\r\n", "[a|x|12 rue\nBât. A; esc. B]"},
		{"joined, another header", "login;jobTitle;address\r\na;x;1\r\nlogin;address;jobTitle\r\nb;2;y\r\n", "! e:joined_files@"},
		{"joined, a shorter header", "login;jobTitle;address\r\na;x;1\r\nlogin;mail\r\nb;2\r\n", "! e:joined_files@"},
		{"joined without a line end", "login;jobTitle;address\r\na;x;1login;jobTitle;address\r\nb;2;y\r\n", "! e:joined_files@"},
		{"joined, the same header", "login;jobTitle\r\na;x\r\nlogin;jobTitle\r\nb;2\r\n", "! e:joined_files@"},
		{"a manager is no header", "login;jobTitle;mail\r\nmanager;Manager;m@x.example\r\n", "[manager|Manager|m@x.example]"},
		{"cut inside a quote", "login;address\r\na;\"12 rue", "! e:open_quote@"},
		{"cut inside a row", "login;jobTitle;address\r\na;x;1\r\nb;y", "! e:row_cut@"},
		{"cut inside a value", "login;jobTitle\r\na;x\r\nb;Direc", "[a|x] [b|Direc] w:no_final_line_end@B3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := each(tt.in, tabular.Format{}, staff()); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestFormsThatEverybodyWritesPass(t *testing.T) {
	t.Parallel()
	ignoring := staff()
	ignoring.Ignored, ignoring.IgnoreUnknown = []string{"Salaire Brut"}, true
	titles := tabular.Format{Skip: regexp.MustCompile(`^(#|Export )`), Footer: regexp.MustCompile(`^TOTAL`)}
	own := tabular.Format{HeaderRow: 3, Footer: regexp.MustCompile(`^TOTAL`), Own: tabular.Own{Columns: []string{"reasons", "motifs du rejet"}}}
	for _, tt := range []struct {
		name, in string
		format   tabular.Format
		contract tabular.Contract
		want     string
	}{
		{"41 rows end with a separator", "login;jobTitle\r\na;x;\r\nb;y;\r\n", tabular.Format{}, staff(), "[a|x] [b|y]"},
		{"41 the header ends with one", "login;jobTitle;\r\na;x\r\nb;y\r\n", tabular.Format{}, staff(), "[a|x] [b|y]"},
		{"41 cells left off at the end", "login;jobTitle;mail\r\na;x\r\n", tabular.Format{}, staff(), "[a|x|] e:cell_count@B2"},
		{"42 sep=", "sep=;\r\nlogin;jobTitle\r\na;x\r\n", tabular.Format{}, staff(), "[a|x]"},
		{"42 SEP= after a mark, quoted", "\uFEFF\"SEP=;\"\r\nlogin;jobTitle\r\na;x\r\n", tabular.Format{}, staff(), "[a|x]"},
		{"42 another separator than it says", "sep=,\r\nlogin,jobTitle\r\na,x\r\n", tabular.Format{}, staff(), "! e:wrong_separator@"},
		{"titles above, totals below", "Export du 01/12\r\n# x\r\n\r\nlogin;jobTitle\r\na;x\r\nTOTAL;1\r\n;\r\nTOTAL 2;\r\n", titles, staff(), "[a|x]"},
		{"a footer that is missing", "login;jobTitle\r\na;x\r\n", titles, staff(), "! e:missing_footer@"},
		{"rows after a footer", "login;jobTitle\r\na;x\r\nTOTAL;1\r\nb;y\r\n", titles, staff(), "! e:row_after_footer@"},
		{"the row of the header", "Liste\r\n\r\nlogin;jobTitle\r\na;x\r\n", tabular.Format{HeaderRow: 3}, staff(), "[a|x]"},
		{"no such row", "login;jobTitle\r\na;x\r\n", tabular.Format{HeaderRow: 9}, staff(), "! e:no_header@"},
		{"a file of ours, with neither", "login;jobTitle;reasons\r\na;x;\r\n", own, staff(), "[a|x|]"},
		{"50 lines in quotes", "\"login;jobTitle\"\r\n\"a;\"\"x; y\"\"\"\r\n", tabular.Format{}, staff(), "[a|x; y] w:line_in_quotes@"},
		{"50 one line in quotes", "login;jobTitle\r\n\"a;x\"\r\nb;y\r\n", tabular.Format{}, staff(), "[a|x] [b|y] w:line_in_quotes@"},
		{"blanks around quotes", "login; \"jobTitle\"\r\na; \"x; y\" \r\n", tabular.Format{}, staff(), "[a|x; y]"},
		{"40 columns that are ignored", "login;Salaire brut;Prime;jobTitle\r\na;1;2;x\r\n", tabular.Format{}, ignoring, "[a|x] w:ignored_column@C1"},
		{"40 one that may be mistyped", "login;jobTitel\r\na;1\r\n", tabular.Format{}, ignoring, "! e:unknown_column@B1"},
		{"text guards", "login;jobTitle\r\n=\"00003\";\"=\"\"0612\"\"\"\r\n'00003;'t Hooft\r\n", tabular.Format{}, staff(), "[00003|0612] [00003|'t Hooft]"},
		{"blanks of a special kind", "login;jobTitle\r\na;x\u00a0y\tz\u200b\u00adé\r\nb;\u202eMartin\u202c\r\n", tabular.Format{}, staff(), "[a|x y zé] [b|Martin] w:blanks_mended@B2"},
		{"which an address has not", "login;mail\r\na\u200bb;x\u00a0y\r\n", tabular.Format{}, staff(), "[a\u200bb|x\u00a0y]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := each(tt.in, tt.format, tt.contract); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestWhatIsNoTableIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"51 an old workbook", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00\x00", "old_workbook"},
		{"51 a table in a web page", `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table><tr><td>login</td></tr></table></html>`, "web_page"},
		{"51 a web page", "\uFEFF\n<!DOCTYPE html>\n<html lang=\"fr\">", "web_page"},
		{"51 JSON", `{"error":"Unauthorized","message":"token expired"}`, "json"},
		{"an array", `[{"login":"a"}]`, "json"},
		{"PDF", "%PDF-1.7\n", "pdf"}, {"XML", "<?xml version=\"1.0\"?><users/>", "xml"}, {"gzip", "\x1f\x8b\x08\x00", "packed"},
		{"an encrypted file", "-----BEGIN PGP MESSAGE-----\n", "encrypted"}, {"a binary one for a key", "\x85\x01\x8c\x03abcdefgh\x0b\xff", "encrypted"}, {"one for a curve", "\x84\x5e\x03abcdefgh\x12\xff", "encrypted"},
		{"one with a passphrase", "\x8c\x0d\x04\x09\x03\x02\xff\xfe", "encrypted"}, {"one of the new form", "\xc1\x5e\x03abcdefgh\x12\xff", "encrypted"}, {"a text document", `{\rtf1\ansi`, "document"},
	} {
		if got := each(tt.in, tabular.Format{}, staff()); got != "! e:not_a_table_"+tt.want+"@" {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

func TestANoBreakBlankMayStandBesideAQuotedCell(t *testing.T) {
	t.Parallel()
	s, err := tabular.Open(strings.NewReader("login;name;town\n\"a\"\u00a0;\u00a0\"Du;pont\" \u00a0;\u00a0Lyon\n"), tabular.Format{Separator: ";"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	row, err := s.Read()
	if err != nil || len(row.Findings) > 0 || len(row.Cells) != 3 || row.Cells[0] != "a" || row.Cells[1] != "Du;pont" || tabular.Clean(row.Cells[2]) != "Lyon" {
		t.Errorf("%q, %+v, %v", row.Cells, row.Findings, err)
	}
}
