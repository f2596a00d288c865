package tabular

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// counter reads at most a number of bytes, and counts them.
type counter struct {
	r    io.Reader
	n    int64
	most int64
}

// Read returns a textFault beyond the bound.
func (c *counter) Read(p []byte) (int, error) {
	// One byte beyond the bound tells a file that is too large from one that just fits.
	if left := c.most + 1 - c.n; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.most {
		return n, &textFault{"file_too_large", "the file is larger than " + bytesText(c.most) + ": raise caps.bytes if that is right"}
	}
	return n, err
}

// decoder is a stream of UTF-8 without a byte-order mark, made of a file's bytes.
type decoder struct {
	io.Reader
	detect *detector
	name   string
}

// encoding is the one that was found: final once everything has been read.
func (d *decoder) encoding() string {
	if d.detect != nil {
		return d.detect.encoding()
	}
	return d.name
}

// newDecoder decides by the byte-order mark, else by the encoding that is set.
func newDecoder(b *bufio.Reader, encoding string) *decoder {
	// An error of Peek comes again with the first Read.
	first, _ := b.Peek(3)
	switch {
	case bytes.HasPrefix(first, []byte(bom)):
		first = first[:0]
		encoding = UTF8
		b.Discard(len(bom)) //nolint:errcheck // the bytes were just peeked at
	case bytes.HasPrefix(first, []byte{0xFF, 0xFE}), bytes.HasPrefix(first, []byte{0xFE, 0xFF}):
		encoding = UTF16
	}
	d := &decoder{name: encoding}
	switch encoding {
	case Windows1252:
		d.Reader = charmap.Windows1252.NewDecoder().Reader(b)
	case ISO885915:
		d.Reader = charmap.ISO8859_15.NewDecoder().Reader(b)
	case CP850:
		d.Reader = charmap.CodePage850.NewDecoder().Reader(b)
	case Macintosh:
		d.Reader = charmap.Macintosh.NewDecoder().Reader(b)
	case Windows1250:
		d.Reader = charmap.Windows1250.NewDecoder().Reader(b)
	case Windows1254:
		d.Reader = charmap.Windows1254.NewDecoder().Reader(b)
	case UTF16:
		d.Reader = unicode.UTF16(byteOrder(first), unicode.UseBOM).NewDecoder().Reader(b)
	case UTF8:
		d.Reader = transform.NewReader(b, &detector{strict: true})
	default:
		d.detect = &detector{}
		d.Reader = transform.NewReader(b, d.detect)
	}
	return d
}

// byteOrder guesses that of UTF-16 without a mark: a file of columns begins with a
// character of ASCII, whose other byte is NUL.
func byteOrder(first []byte) unicode.Endianness {
	if len(first) > 0 && first[0] == 0 {
		return unicode.BigEndian
	}
	return unicode.LittleEndian
}

// detector passes UTF-8 on. The first byte that is not ASCII decides: unless it begins
// valid UTF-8, and unless strict, everything is windows-1252. What contradicts the
// decision later is an error, since a name would be garbled without anybody noticing.
type detector struct {
	strict  bool
	decided string
}

func (d *detector) encoding() string {
	if d.decided == "" {
		return UTF8
	}
	return d.decided
}

// Reset implements transform.Transformer.
func (d *detector) Reset() { d.decided = "" }

// Transform implements transform.Transformer.
func (d *detector) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		n := copy(dst[nDst:], ascii(src[nSrc:]))
		nDst, nSrc = nDst+n, nSrc+n
		if nSrc == len(src) {
			return nDst, nSrc, nil
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		size, err := d.next(dst[nDst:], src[nSrc:], &nDst)
		if err != nil {
			return nDst, nSrc, err
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}

// next decodes the one character at the start of src, which is not ASCII.
func (d *detector) next(dst, src []byte, nDst *int) (size int, err error) {
	r, size := utf8.DecodeRune(src)
	valid := r != utf8.RuneError || size > 1
	if d.decided == "" {
		d.decided = UTF8
		if !valid && !d.strict {
			d.decided = Windows1252
		}
	}
	switch {
	case d.decided == Windows1252 && valid && src[0] == 0xC3:
		// "Ã" and a sign: an accented letter of UTF-8, and no text in windows-1252. Other
		// valid sequences can be honest, such as a capital "É" before a no-break space.
		return 0, mixedEncodings()
	case d.decided == Windows1252:
		*nDst += utf8.EncodeRune(dst, charmap.Windows1252.DecodeByte(src[0]))
		return 1, nil
	case !valid && d.strict:
		return 0, &textFault{"not_utf8", "this is not UTF-8, which the file was to be in: write it in UTF-8, or set encoding: auto"}
	case !valid:
		return 0, mixedEncodings()
	}
	*nDst += copy(dst, src[:size])
	return size, nil
}

func mixedEncodings() error {
	return &textFault{"mixed_encodings", "the file is UTF-8 in one place and windows-1252 in another, or was cut inside a character: write all of it in UTF-8"}
}

// ascii returns the part of b before the first byte that is not ASCII.
func ascii(b []byte) []byte {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return b[:i]
		}
	}
	return b
}
