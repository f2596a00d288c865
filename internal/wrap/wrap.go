package wrap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"lucca-exchange/internal/fault"
)

// bufferBytes is the size of the buffers between the steps.
const bufferBytes = 64 << 10

// layer is one step on the way out, ready to be used. seal returns a writer whose Close
// ends the layer and leaves dst open; name is that of the file inside.
type layer interface {
	seal(dst io.Writer, name string) (io.WriteCloser, error)
}

// layers makes the steps ready, or reports why they cannot be.
func (c Config) layers(report reporter) []layer {
	var out []layer
	for _, s := range c {
		r := report.below("wrap" + s.at)
		kinds := s.kinds()
		for _, k := range kinds {
			if !goodSuffix.MatchString(s.suffix()) {
				r(k.name+".suffix", "want letters, digits, dots, - and _ only, like .gz")
			}
			out = append(out, k.ready(r.below(k.name)))
		}
		if len(kinds) != 1 {
			r("", "want one of gzip, zip, openpgp and age; for several, a list in the order in which they are done")
		}
	}
	return out
}

// layerKind is what a step does, by its name, and how to make it ready.
type layerKind struct {
	name  string
	ready func(reporter) layer
}

// Kind is the name of what the step does.
func (s Step) Kind() string { return s.kinds()[0].name }

func (s Step) kinds() []layerKind {
	var out []layerKind
	if s.Gzip != nil {
		out = append(out, layerKind{"gzip", func(reporter) layer { return gzipLayer{} }})
	}
	if s.Zip != nil {
		out = append(out, layerKind{"zip", func(reporter) layer { return zipLayer{} }})
	}
	if s.OpenPGP != nil {
		out = append(out, layerKind{"openpgp", s.OpenPGP.layer})
	}
	if s.Age != nil {
		out = append(out, layerKind{"age", s.Age.layer})
	}
	return out
}

// Wrapper wraps files. It holds keys in memory, and may be shared.
type Wrapper struct {
	config Config
	layers []layer
}

// New reads the keys again, since one may have ended since Validate. Its error wraps ErrKey.
func New(c Config) (*Wrapper, error) {
	faults := faultList{}
	layers := c.layers(faults.add)
	if len(faults.list) > 0 {
		return nil, faults.err()
	}
	return &Wrapper{config: c, layers: layers}, nil
}

// faultList gathers faults into one error.
type faultList struct{ list []error }

func (f *faultList) add(key, message string) {
	f.list = append(f.list, fmt.Errorf("%s: %s", key, message))
}

func (f *faultList) err() error { return fault.Wrap(ErrKey, errors.Join(f.list...)) }

// Wrap writes src to dst, wrapped, and returns what the file called name is called then.
// After an error, what was written to dst is not to be used.
func (w *Wrapper) Wrap(ctx context.Context, dst io.Writer, src io.Reader, name string) (string, error) {
	wrapped := w.config.Name(name)
	if err := w.wrap(ctx, dst, src, name); err != nil {
		return "", fmt.Errorf("wrap %q: %w", name, err)
	}
	return wrapped, nil
}

func (w *Wrapper) wrap(ctx context.Context, dst io.Writer, src io.Reader, name string) error {
	buffered := bufio.NewWriterSize(dst, bufferBytes)
	out := io.Writer(buffered)
	open := make([]io.WriteCloser, len(w.layers))
	for i := len(w.layers) - 1; i >= 0; i-- {
		var err error
		if open[i], err = w.layers[i].seal(out, w.config[:i].Name(name)); err != nil {
			return err
		}
		out = open[i]
	}
	if _, err := io.CopyBuffer(writerOnly{out}, contextReader{ctx, src}, make([]byte, bufferBytes)); err != nil {
		return err
	}
	for _, l := range open {
		if err := l.Close(); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// writerOnly hides ReadFrom, which would read with a buffer of its own.
type writerOnly struct{ io.Writer }

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}
