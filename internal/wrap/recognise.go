package wrap

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
)

// Recognise tells by the first bytes of a file how it is wrapped: gzip, zip, openpgp or age; empty
// for a file that is not. An Excel workbook and a document of another office program are archives
// that nobody unpacks.
func Recognise(file io.ReaderAt, size int64) string {
	head := make([]byte, len("-----BEGIN AGE ENCRYPTED FILE-----"))
	n, _ := file.ReadAt(head, 0) // a shorter file has fewer
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "gzip"
	case bytes.HasPrefix(head, []byte("age-encryption.org/")), bytes.HasPrefix(head, []byte("-----BEGIN AGE ENCRYPTED FILE-----")):
		return "age"
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP MESSAGE-----")), isSessionKey(head):
		return "openpgp"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && !isDocument(file, size):
		return "zip"
	default:
		return ""
	}
}

// isSessionKey reports whether bytes begin with the packet that an encrypted OpenPGP message begins
// with (RFC 9580, 5.1): its tag, its length in one or two bytes, and its version.
func isSessionKey(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	version := func(b byte) bool { return b == 3 || b == 6 }
	switch head[0] {
	case 0x84: // in the old form, a length of one byte
		return version(head[2])
	case 0x85: // of two
		return version(head[3])
	case 0xC1:
		return head[1] < 192 && version(head[2]) || head[1] >= 192 && version(head[3])
	default:
		return false
	}
}

func isDocument(file io.ReaderAt, size int64) bool {
	archive, err := zip.NewReader(file, size)
	return err == nil && slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == "[Content_Types].xml" || f.Name == "mimetype" })
}

// Undoing are the steps that undo wrappings of those names, of which only gzip and zip need no key;
// ok is false for others.
func Undoing(names []string) (steps UnwrapConfig, ok bool) {
	for _, name := range names {
		switch name {
		case "gzip":
			steps = append(steps, UnwrapStep{Gzip: &Gunzip{}})
		case "zip":
			steps = append(steps, UnwrapStep{Zip: &Unzip{}})
		default:
			return nil, false
		}
	}
	return steps, true
}
