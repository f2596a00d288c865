package state

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"iter"

	"lucca-exchange/internal/fault"
)

// SaveSnapshot keeps what a run knows about who is in its file and why others are not, in
// whatever form the caller chose; it is compressed here. A second snapshot replaces the
// first. People are those whom the run knows; nil where nobody asks for them. To be there when
// the file is, save it before delivering. It returns ErrNotFound when there is no such run.
func (l Deliveries) SaveSnapshot(ctx context.Context, run string, data []byte, people iter.Seq[Known]) error {
	packed, err := pack(data)
	if err != nil {
		return err
	}
	crowd, err := gather(people)
	if err != nil {
		return err
	}
	return l.write(ctx, "save snapshot", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO snapshots (run, data) VALUES ($1, $2)
			ON CONFLICT (run) DO UPDATE SET data = excluded.data`, run, packed)
		if err != nil {
			return err
		}
		return crowd.save(ctx, tx, run)
	})
}

// Snapshot returns what SaveSnapshot kept for the run, or ErrNotFound.
func (l Deliveries) Snapshot(ctx context.Context, run string) ([]byte, error) {
	packed, err := one(ctx, l.handle, "read snapshot", named{"run", run}, value[[]byte], `SELECT data FROM snapshots WHERE run = $1`, run)
	if err != nil {
		return nil, err
	}
	return unpack(packed, "snapshot of run", run)
}

func pack(data []byte) ([]byte, error) { return newPacker().pack(data) }

// packer compresses one thing after another: what gzip needs is a hundred times a hire.
type packer struct{ w *gzip.Writer }

func newPacker() packer { return packer{gzip.NewWriter(nil)} }

func (p packer) pack(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	p.w.Reset(&packed)
	if _, err := p.w.Write(data); err != nil {
		return nil, fmt.Errorf("compress data: %w", err)
	}
	if err := p.w.Close(); err != nil {
		return nil, fmt.Errorf("compress data: %w", err)
	}
	return packed.Bytes(), nil
}

// mostPacked is how many times shorter than before something can be that was packed.
const mostPacked = 1032

// unpack is the inverse of pack; what and name say what of, in an error.
func unpack(packed []byte, what, name string) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack %s %q: %w", what, name, fault.Wrap(ErrDamaged, err))
	}
	var b bytes.Buffer
	if n := len(packed); n > 4 { // the last of what is packed says how long it was, if it is whole
		b.Grow(int(min(binary.LittleEndian.Uint32(packed[n-4:]), uint32(min(n, 1<<20))*mostPacked)) + bytes.MinRead)
	}
	_, err = b.ReadFrom(r)
	if err != nil {
		return nil, fmt.Errorf("unpack %s %q: %w", what, name, fault.Wrap(ErrDamaged, err))
	}
	return b.Bytes(), nil
}

// LastSnapshotRun returns the id of the newest run of the flow that has a snapshot, or
// ErrNotFound.
func (l Deliveries) LastSnapshotRun(ctx context.Context, flow string) (string, error) {
	return one(ctx, l.handle, "find last snapshot", named{"flow", flow}, value[string], `SELECT r.id FROM runs r JOIN snapshots s ON s.run = r.id
		WHERE r.flow = $1 ORDER BY r.sequence DESC LIMIT 1`, flow)
}
