package tabular

import (
	"archive/zip"
	"bytes"
	"strings"
)

// sniffed is how many bytes at the start of a file tell what it is.
const sniffed = 1 << 10

// kind is what a file is by its first bytes, whatever its name says.
type kind struct {
	// code is that of the finding, name what a person calls it, advice what to do.
	code, name, advice string
}

// The signatures of what is dropped in place of a table. Sources: PKWARE APPNOTE 4.3.7,
// [MS-CFB] 2.2, ISO 32000-1 7.5.2, RFC 1952 2.3.1, the Rich Text Format 1.9.1.
const (
	zipMagic   = "PK\x03\x04"
	emptyZip   = "PK\x05\x06"
	oleMagic   = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	pdfMagic   = "%PDF-"
	gzipMagic  = "\x1F\x8B"
	rtfMagic   = `{\rtf`
	pgpMagic   = "-----BEGIN PGP"
	ageMagic   = "age-encryption.org/"
	zstdMagic  = "\x28\xB5\x2F\xFD"
	sevenMagic = "7z\xBC\xAF\x27\x1C"
)

const saveAsCSV = "open it, save it as CSV UTF-8 or as an Excel workbook (.xlsx), and drop that"

// foreign names what is no table that can be read, from its first bytes.
func foreign(head []byte) (kind, bool) {
	for _, k := range []struct {
		magic string
		kind
	}{
		{oleMagic, kind{"old_workbook", "an Excel workbook of the old kind (.xls), or one with a password", saveAsCSV}},
		{pdfMagic, kind{"pdf", "a PDF document", "ask for the data as CSV or as an Excel workbook"}},
		{gzipMagic, kind{"packed", "packed with gzip", "set unwrap: [gzip]"}},
		{zstdMagic, kind{"packed", "packed with Zstandard", "ask for gzip, zip or a plain file"}},
		{sevenMagic, kind{"packed", "a 7-Zip archive", "ask for a zip archive or a plain file"}},
		{rtfMagic, kind{"document", "a text document (RTF)", saveAsCSV}},
		{pgpMagic, kind{"encrypted", "encrypted with OpenPGP", "set unwrap: see \"help wrapping\""}},
		{ageMagic, kind{"encrypted", "encrypted with age", "set unwrap: see \"help wrapping\""}},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.kind, true
		}
	}
	if openPGP(head) {
		return kind{"encrypted", "encrypted with OpenPGP", "set unwrap: see \"help wrapping\""}, true
	}
	return markup(head)
}

// openPGP knows the binary form of a message by its first packet (RFC 9580, 4.2 and 5.1): the session key,
// encrypted for a key or with a passphrase, whose version no text has in that place.
func openPGP(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch head[0] {
	case 0x84, 0xC1:
		return head[2] == 3 || head[2] == 6 || head[3] == 3
	case 0x85:
		return head[3] == 3
	case 0x8C, 0xC3:
		return head[2] == 3 || head[2] == 4 || head[2] == 5 || head[2] == 6
	default:
		return false
	}
}

// markup names web pages, XML and JSON.
func markup(head []byte) (kind, bool) {
	text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head), bom)))
	switch {
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "excel.sheet"):
		return kind{"xml_workbook", "an Excel workbook of 2003 (XML)", saveAsCSV}, true
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<table"),
		strings.HasPrefix(text, "<head"), strings.HasPrefix(text, "<body"), strings.HasPrefix(text, "<meta"):
		if strings.Contains(text, "schemas-microsoft-com:office") || strings.Contains(text, "<table") {
			return kind{"web_page", "a table in a web page (HTML), as some programs export \"to Excel\"", saveAsCSV}, true
		}
		return kind{"web_page", "a web page (HTML), such as that of a sign-in", "see that whoever sends it is signed in, and sends the table itself"}, true
	case strings.HasPrefix(text, "<?xml"), strings.HasPrefix(text, "<!--"):
		return kind{"xml", "XML", "ask for the data as CSV or as an Excel workbook"}, true
	case strings.HasPrefix(text, "{") && strings.ContainsAny(text, `":}`), strings.HasPrefix(text, "[{"), strings.HasPrefix(text, "[\n"), strings.HasPrefix(text, "[]"):
		return kind{"json", "JSON, such as the answer of a web service", "ask for the data as CSV or as an Excel workbook; if it is an error, see to whoever sends it"}, true
	}
	return kind{}, false
}

// archived names what a zip archive holds that is no Excel workbook.
func archived(files []*zip.File) kind {
	has := func(prefix string) bool {
		for _, f := range files {
			if strings.HasPrefix(f.Name, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.bin"):
		return kind{"binary_workbook", "a binary Excel workbook (.xlsb)", saveAsCSV}
	case has("content.xml") || has("META-INF/manifest.xml"):
		return kind{"ods", "an OpenDocument table (.ods)", saveAsCSV}
	case has("word/"):
		return kind{"document", "a Word document", saveAsCSV}
	case has("Index/") || has("Index.zip"):
		return kind{"numbers", "a table of Apple Numbers", "export it as CSV or as an Excel workbook, and drop that"}
	default:
		return kind{"packed", "a zip archive", "set unwrap: [{zip: {entry: \"*.csv\"}}], see \"help wrapping\""}
	}
}

func (k kind) refuse() error {
	return Refuse(0, "not_a_table_"+k.code, "this is no CSV but "+k.name+": "+k.advice)
}
