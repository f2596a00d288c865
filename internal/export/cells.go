package export

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/dchest/siphash"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// Cells are what a file has in its cells, by person, as keyed hashes: enough to see what the
// next file would change at the partner, and no value can be read from them. The key is kept
// with them, and the next file takes it over.
type Cells struct {
	key     [16]byte
	columns []cellColumn
	// ids are the people by Lucca id, in the order of the file. hashes and sizes have a place
	// for each cell, row by row; 0 is an empty one.
	ids           []int
	hashes, sizes []uint32
	// steps are what sizes are the hashes of. They are known only of the file at hand.
	steps []int32

	buffer []byte
}

// cellColumn is a column of which cells are kept.
type cellColumn struct {
	Key    string `json:"key"`
	Header string `json:"header"`
	// Identifies: the partner knows people by it.
	Identifies bool `json:"identifies,omitempty"`
	// Sized: numbers and days, of which a large step is told from a small one.
	Sized bool `json:"sized,omitempty"`

	salt uint64
}

// NewCells returns empty cells of a binding, with the key of the last ones, or without any one
// of their own.
func NewCells(b *profile.Binding, last *Cells) *Cells {
	c := &Cells{}
	if last != nil {
		c.key = last.key
	} else {
		rand.Read(c.key[:])
	}
	for i := range b.Columns {
		column := &b.Columns[i]
		c.columns = append(c.columns, cellColumn{
			Key: column.Key, Header: column.Header, Identifies: b.Identifies(i),
			Sized: column.Type == profile.Day || column.Type == profile.Number,
		})
	}
	c.salted()
	return c
}

// salted makes the same value another hash in each column.
func (c *Cells) salted() {
	for i := range c.columns {
		c.columns[i].salt = c.sum([]byte(c.columns[i].Key))
	}
}

func (c *Cells) sum(b []byte) uint64 {
	return siphash.Hash(binary.LittleEndian.Uint64(c.key[:8]), binary.LittleEndian.Uint64(c.key[8:]), b)
}

// grow makes room for people.
func (c *Cells) grow(people int) {
	c.ids = slices.Grow(c.ids, people)
	c.hashes = slices.Grow(c.hashes, people*len(c.columns))
	c.sizes = slices.Grow(c.sizes, people*len(c.columns))
	c.steps = slices.Grow(c.steps, people*len(c.columns))
}

// hash is never 0. The id and the column are in it, so that equal values do not show.
func (c *Cells) hash(id, column int, kind byte, value string) uint32 {
	c.buffer = binary.LittleEndian.AppendUint64(c.buffer[:0], uint64(id))
	c.buffer = binary.LittleEndian.AppendUint64(c.buffer, c.columns[column].salt)
	c.buffer = append(c.buffer, kind)
	c.buffer = append(c.buffer, value...)
	return max(1, uint32(c.sum(c.buffer)))
}

// add takes the row of a person; steps are those of its sized cells.
func (c *Cells) add(id int, row []string, steps []int32) {
	c.ids = append(c.ids, id)
	for i, cell := range row {
		var hash, size uint32
		if cell != "" {
			hash = c.hash(id, i, 'v', cell)
			if c.columns[i].Sized {
				size = c.size(id, i, steps[i])
			}
		}
		c.hashes, c.sizes = append(c.hashes, hash), append(c.sizes, size)
	}
	c.steps = append(c.steps, steps...)
}

func (c *Cells) size(id, column int, step int32) uint32 {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(step))
	return c.hash(id, column, 's', string(b[:]))
}

// Two values are a jump apart when there is a step between theirs: numbers of which one is some
// 1.5 to 2.3 times the other, days that are half a year apart or more.
const (
	stepFactor = 1.5
	stepDays   = 183
)

// stepOf is the step of a number, given with a dot.
func stepOf(number string) int32 {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f == 0 {
		return 0
	}
	step := int32(math.Round(math.Log(math.Abs(f)+1) / math.Log(stepFactor)))
	if f < 0 {
		return -step
	}
	return step
}

// stepOfDay is the step of a day.
func stepOfDay(d roster.Date) int32 {
	return (int32(d.Year)*365 + int32(d.Month)*30 + int32(d.Day)) / stepDays
}

// errCells says that bytes are not what Encode wrote.
var errCells = errors.New("damaged hashes of cells")

// cellsVersion begins what Encode writes.
const cellsVersion = 1

// Encode writes the cells for storage.
func (c *Cells) Encode() ([]byte, error) {
	columns, err := json.Marshal(c.columns)
	if err != nil {
		return nil, fmt.Errorf("encode cells: %w", err)
	}
	b := append([]byte{cellsVersion}, c.key[:]...)
	b = binary.AppendUvarint(b, uint64(len(columns)))
	b = append(b, columns...)
	b = binary.AppendUvarint(b, uint64(len(c.ids)))
	for _, id := range c.ids {
		b = binary.AppendUvarint(b, uint64(id))
	}
	for i, hash := range c.hashes {
		b = binary.LittleEndian.AppendUint32(b, hash)
		if c.columns[i%len(c.columns)].Sized {
			b = binary.LittleEndian.AppendUint32(b, c.sizes[i])
		}
	}
	return b, nil
}

// DecodeCells reads what Encode wrote.
func DecodeCells(b []byte) (*Cells, error) {
	c := &Cells{}
	if len(b) < 1+len(c.key) || b[0] != cellsVersion {
		return nil, errCells
	}
	b = b[1+copy(c.key[:], b[1:]):]
	columns, b, ok := taken(b)
	if !ok || json.Unmarshal(columns, &c.columns) != nil {
		return nil, errCells
	}
	people, n := binary.Uvarint(b)
	if n <= 0 || people > uint64(len(b)) {
		return nil, errCells
	}
	b = b[n:]
	c.ids = make([]int, people)
	for i := range c.ids {
		id, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errCells
		}
		c.ids[i], b = int(id), b[n:]
	}
	c.salted()
	return c, c.decodeHashes(b)
}

func (c *Cells) decodeHashes(b []byte) error {
	width := 0
	for _, column := range c.columns {
		width += 4
		if column.Sized {
			width += 4
		}
	}
	if len(b) != width*len(c.ids) {
		return errCells
	}
	c.hashes = make([]uint32, 0, len(c.ids)*len(c.columns))
	c.sizes = make([]uint32, 0, len(c.ids)*len(c.columns))
	for range c.ids {
		for _, column := range c.columns {
			var size uint32
			c.hashes, b = append(c.hashes, binary.LittleEndian.Uint32(b)), b[4:]
			if column.Sized {
				size, b = binary.LittleEndian.Uint32(b), b[4:]
			}
			c.sizes = append(c.sizes, size)
		}
	}
	return nil
}

// taken reads bytes with their number before them.
func taken(b []byte) (part, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(length)], b[n+int(length):], true
}

// Only are the cells of some of the people.
func (c *Cells) Only(people func(id int) bool) *Cells {
	out := &Cells{key: c.key, columns: c.columns}
	for row, id := range c.ids {
		if people(id) {
			out.take(c, row)
		}
	}
	return out
}

// take takes the cells of one person over.
func (c *Cells) take(of *Cells, row int) {
	from, to := row*len(of.columns), (row+1)*len(of.columns)
	c.ids = append(c.ids, of.ids[row])
	c.hashes = append(c.hashes, of.hashes[from:to]...)
	c.sizes = append(c.sizes, of.sizes[from:to]...)
	if of.steps != nil {
		c.steps = append(c.steps, of.steps[from:to]...)
	}
}

// With are the cells, and those of people whom earlier ones of the same columns have and these
// do not. Hashes of another key cannot be compared, and are left out.
func (c *Cells) With(earlier *Cells) *Cells {
	if c.key != earlier.key || !slices.Equal(c.columns, earlier.columns) {
		return c
	}
	out := c.Only(func(int) bool { return true })
	known := make(map[int]bool, len(c.ids))
	for _, id := range c.ids {
		known[id] = true
	}
	for row, id := range earlier.ids {
		if !known[id] {
			out.take(earlier, row)
		}
	}
	return out
}
