package wrap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Caps bounds what a file may become.
type Caps struct {
	// MaxBytes is the most that may come out of any step; 0 means 512 MiB.
	MaxBytes int64
	// MaxRatio is how many times larger than the file the content may be, beyond the
	// first MiB; 0 means 200. The best that deflate does is about 1000.
	MaxRatio int64
	// MaxEntries is the most that an archive may hold; 0 means 1000.
	MaxEntries int
	// TempDir is where an archive that comes out of another step is stored, in a file
	// without a name; empty means the system's.
	TempDir string
}

const (
	defaultMaxBytes   = 512 << 20
	defaultMaxRatio   = 200
	defaultMaxEntries = 1000
	// freeBytes is what a file may become whatever its size: small ones compress well.
	freeBytes = 1 << 20
)

func (c Caps) withDefaults() Caps {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxRatio == 0 {
		c.MaxRatio = defaultMaxRatio
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultMaxEntries
	}
	return c
}

// limit is how many bytes may come out of a file of a size.
func (c Caps) limit(size int64) int64 {
	if size > c.MaxBytes/c.MaxRatio {
		return c.MaxBytes
	}
	return min(c.MaxBytes, max(freeBytes, c.MaxRatio*size))
}

// File is a file to unwrap.
type File struct {
	Content io.ReaderAt
	// Size is the number of bytes in Content.
	Size int64
	Name string
}

// input is what an opener gets: a stream and, for the first one, the file itself.
type input struct {
	r    io.Reader
	at   io.ReaderAt
	size int64
	name string
	caps Caps
}

// content is what an opener found inside.
type content struct {
	r    io.Reader
	name string
	// explain turns an error of r into one that a user understands.
	explain func(error) error
	// finish, if set, tells at the end of r whether it is to be accepted.
	finish func() error
	// release, if set, lets go of what open has taken.
	release func()
}

// opener is one step on the way in, ready to be used.
type opener interface {
	open(in input) (content, error)
}

// openers makes the steps ready, or reports why they cannot be.
func (c UnwrapConfig) openers(report reporter) []opener {
	var out []opener
	for _, s := range c {
		r := report.below("unwrap" + s.at)
		kinds := s.kinds()
		for _, k := range kinds {
			out = append(out, k.ready(r.below(k.name)))
		}
		if len(kinds) != 1 {
			r("", "want one of gzip, zip, openpgp and age; for several, a list with the outermost first")
		}
	}
	return out
}

// openerKind is what a step does, by its name, and how to make it ready.
type openerKind struct {
	name  string
	ready func(reporter) opener
}

// Kind is the name of what the step undoes.
func (s UnwrapStep) Kind() string { return s.kinds()[0].name }

func (s UnwrapStep) kinds() []openerKind {
	var out []openerKind
	if s.Gzip != nil {
		out = append(out, openerKind{"gzip", func(reporter) opener { return gunzip{} }})
	}
	if s.Zip != nil {
		out = append(out, openerKind{"zip", s.Zip.opener})
	}
	if s.OpenPGP != nil {
		out = append(out, openerKind{"openpgp", s.OpenPGP.opener})
	}
	if s.Age != nil {
		out = append(out, openerKind{"age", s.Age.opener})
	}
	return out
}

func (u Unzip) opener(report reporter) opener {
	z := unzip{pattern: u.Entry}
	if z.pattern == "" {
		z.pattern = "*"
	}
	if _, err := path.Match(z.pattern, ""); err != nil || strings.Contains(z.pattern, "/") {
		report("entry", "want the name of a file without its folder, in which * and ? may stand for any text, like *.csv")
	}
	return z
}

// Unwrapper unwraps files. It holds keys in memory, and may be shared.
type Unwrapper struct{ openers []opener }

// NewUnwrapper reads the keys again, since one may have ended since Validate. Its error
// wraps ErrKey.
func NewUnwrapper(c UnwrapConfig) (*Unwrapper, error) {
	faults := faultList{}
	openers := c.openers(faults.add)
	if len(faults.list) > 0 {
		return nil, faults.err()
	}
	return &Unwrapper{openers: openers}, nil
}

// Unwrap writes the content of src to dst and returns its name: that of the file without
// the endings of its wrapping, or that of the entry in an archive. It returns ErrFormat,
// ErrTooLarge, ErrSignature or ErrKey for what is wrong with the file; other errors are
// those of src, dst and ctx.
//
// After an error, what was written to dst must be thrown away: it may be part of the
// content, or not be from the sender at all.
func (u *Unwrapper) Unwrap(ctx context.Context, dst io.Writer, src File, caps Caps) (string, error) {
	p := &pipeline{caps: caps.withDefaults()}
	defer p.release()
	name, err := p.run(ctx, u.openers, dst, src)
	if err != nil {
		return "", fmt.Errorf("unwrap %q: %w", src.Name, err)
	}
	return name, nil
}

// pipeline is the state of one Unwrap.
type pipeline struct {
	caps     Caps
	source   *watched
	sink     *sink
	meters   []*meter
	contents []content
}

func (p *pipeline) release() {
	for _, c := range p.contents {
		if c.release != nil {
			c.release()
		}
	}
}

func (p *pipeline) run(ctx context.Context, openers []opener, dst io.Writer, src File) (string, error) {
	p.source = &watched{contextReader{ctx, io.NewSectionReader(src.Content, 0, src.Size)}, nil}
	p.sink = &sink{w: bufio.NewWriterSize(dst, bufferBytes)}
	in := input{r: p.source, at: watchedAt{ctx, src.Content, p.source}, size: src.Size, name: src.Name, caps: p.caps}
	for i, o := range openers {
		c, err := o.open(in)
		if err != nil {
			return "", p.cause(fmt.Errorf("step %d: %w", i+1, err))
		}
		p.contents = append(p.contents, c)
		m := &meter{content: c, step: i + 1, left: p.caps.limit(src.Size)}
		p.meters = append(p.meters, m)
		in = input{r: m, name: c.name, caps: p.caps}
	}
	if err := p.drain(in.r); err != nil {
		return "", p.cause(err)
	}
	return in.name, nil
}

// drain copies the content and then asks each step for its verdict, the outermost first.
func (p *pipeline) drain(r io.Reader) error {
	if _, err := io.CopyBuffer(p.sink, r, make([]byte, bufferBytes)); err != nil {
		return err
	}
	for _, m := range p.meters {
		if err := m.end(); err != nil {
			return err
		}
	}
	return p.sink.flush()
}

// cause finds what went wrong first: an error travels through the steps after the one
// where it arose, and each takes it for a fault of its own.
func (p *pipeline) cause(err error) error {
	if p.source.err != nil {
		return p.source.err
	}
	if p.sink.err != nil {
		return p.sink.err
	}
	for _, m := range p.meters {
		if m.err != nil {
			return m.err
		}
	}
	return err
}

// meter is the output of a step: counted, and with errors that a user understands.
type meter struct {
	content
	step int
	left int64
	err  error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	if m.left -= int64(n); m.left < 0 {
		m.err = fmt.Errorf("step %d: %w", m.step, ErrTooLarge)
		return 0, m.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = fmt.Errorf("step %d: %w", m.step, m.explain(err))
		return n, m.err
	}
	return n, err
}

// end checks that nothing is left in the step, and that it accepts what it gave.
func (m *meter) end() error {
	if n, err := io.CopyN(io.Discard, m, 1); n > 0 {
		return fmt.Errorf("step %d: something follows the end of what it holds: %w", m.step, ErrFormat)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	if m.finish == nil {
		return nil
	}
	if err := m.finish(); err != nil {
		return fmt.Errorf("step %d: %w", m.step, err)
	}
	return nil
}

// watched remembers an error of the source.
type watched struct {
	contextReader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.contextReader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// watchedAt reads the source at random, with the same care.
type watchedAt struct {
	ctx context.Context
	r   io.ReaderAt
	to  *watched
}

func (w watchedAt) ReadAt(p []byte, off int64) (int, error) {
	if w.ctx.Err() != nil {
		w.to.err = context.Cause(w.ctx)
		return 0, w.to.err
	}
	n, err := w.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && off >= 0 {
		w.to.err = err
	}
	return n, err
}

// sink remembers an error of the receiver.
type sink struct {
	w   *bufio.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

func (s *sink) flush() error {
	s.err = s.w.Flush()
	return s.err
}

// without takes the first of the endings that fits off a name, unless nothing would be
// left.
func without(name string, endings ...string) string {
	for _, ending := range endings {
		if len(name) > len(ending) && strings.EqualFold(name[len(name)-len(ending):], ending) {
			return name[:len(name)-len(ending)]
		}
	}
	return name
}
