package wrap_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"lucca-exchange/internal/wrap"
)

// benchBytes is a file of some million employees.
const benchBytes = 200 << 20

// repeated is a sample of any length, without holding it.
type repeated struct {
	block []byte
	at    int64
	size  int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.size-r.at)], r.block[r.at%int64(len(r.block)):])
	r.at += int64(n)
	return n, nil
}

// heap is what is in use, garbage aside.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peak notes the most memory in use while bytes pass through.
type peak struct {
	io.Writer
	passed int64
	most   uint64
}

func (p *peak) Write(b []byte) (int, error) {
	if p.passed/(20<<20) != (p.passed+int64(len(b)))/(20<<20) {
		p.most = max(p.most, heap())
	}
	p.passed += int64(len(b))
	return p.Writer.Write(b)
}

// BenchmarkWrap and BenchmarkUnwrap report the most memory that is in use while 200 MB pass.
func BenchmarkWrap(b *testing.B) {
	block := sample(1 << 20)
	for _, s := range everyKind(b)[:11] {
		b.Run(s.name, func(b *testing.B) {
			w := wrapper(b, s.out)
			b.ReportAllocs()
			b.SetBytes(benchBytes)
			before, p := heap(), &peak{Writer: io.Discard}
			for b.Loop() {
				if _, err := w.Wrap(b.Context(), p, &repeated{block: block, size: benchBytes}, "a.csv"); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(int64(p.most)-int64(before))/(1<<20), "peak-MiB")
		})
	}
}

func BenchmarkUnwrap(b *testing.B) {
	block := sample(1 << 20)
	for _, s := range everyKind(b)[:11] {
		b.Run(s.name, func(b *testing.B) {
			wrapped, err := os.Create(filepath.Join(b.TempDir(), "wrapped"))
			if err != nil {
				b.Fatal(err)
			}
			defer wrapped.Close()
			if _, err := wrapper(b, s.out).Wrap(b.Context(), wrapped, &repeated{block: block, size: benchBytes}, "a.csv"); err != nil {
				b.Fatal(err)
			}
			info, err := wrapped.Stat()
			if err != nil {
				b.Fatal(err)
			}
			u, caps := unwrapper(b, s.in), wrap.Caps{TempDir: b.TempDir()}
			b.ReportAllocs()
			b.SetBytes(benchBytes)
			before, p := heap(), &peak{Writer: io.Discard}
			for b.Loop() {
				if _, err := u.Unwrap(b.Context(), p, wrap.File{Content: wrapped, Size: info.Size(), Name: "a"}, caps); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(int64(p.most)-int64(before))/(1<<20), "peak-MiB")
		})
	}
}
