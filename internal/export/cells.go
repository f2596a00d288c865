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
	"strings"

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
	// version is how the hashes are made: a partner's next file goes on as the last one did.
	version byte
	// ids are the people by Lucca id, in the order of the file. hashes have a place for each cell,
	// row by row, sizes for each of the sized columns; 0 is an empty one.
	ids           []int
	hashes, sizes []uint32
	// steps are what sizes are the hashes of. They are known only of the file at hand.
	steps []int32
	// sums are those of the values, of a file that is compared with another one: whether two people
	// have the same new value. about are the columns about managers. Both are of the file at hand.
	sums  []uint32
	about []bool
	// perimeter are the columns about the place of work itself.
	perimeter []bool
	// sized counts the sized columns, which are measured.
	sized    int
	measured []int

	memos  []memo
	buffer []byte
	none   []uint32 // the hashes of a row without values
}

// memo is the last value of a column and its sum: neighbours have many values in common.
type memo struct {
	value string
	sum   uint64
	salt  uint64
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
	// size is the place among the sized columns, whose salt is sizeSalt.
	size     int
	sizeSalt uint64
}

// NewCells returns empty cells of a binding, with the key of the last ones, or without any one
// of their own.
func NewCells(b *profile.Binding, last *Cells) *Cells {
	c := &Cells{version: cellsVersion}
	if last != nil {
		c.key, c.version = last.key, last.version
	} else {
		rand.Read(c.key[:])
	}
	if last != nil && c.version == cellsVersion {
		c.sums = make([]uint32, 0)
	}
	for i := range b.Columns {
		column := &b.Columns[i]
		_, about := column.AboutManager()
		c.about = append(c.about, about)
		c.perimeter = append(c.perimeter, !about && slices.ContainsFunc(column.From, isPerimeter))
		c.columns = append(c.columns, cellColumn{
			Key: column.Key, Header: column.Header, Identifies: b.Identifies(i),
			Sized: column.Type == profile.Day || column.Type == profile.Number,
		})
	}
	c.salted()
	return c
}

// isPerimeter reports whether a source is the establishment or the legal unit.
func isPerimeter(source string) bool {
	return strings.Contains(source, "establishment.") || strings.Contains(source, "legalUnit.")
}

// salted makes the same value another hash in each column.
func (c *Cells) salted() {
	c.memos, c.none, c.sized = make([]memo, len(c.columns)), make([]uint32, len(c.columns)), 0
	for i := range c.columns {
		column := &c.columns[i]
		column.salt = c.sum([]byte(column.Key))
		column.sizeSalt = c.sum([]byte("size of " + column.Key))
		c.memos[i].salt = column.salt
		if column.size = c.sized; column.Sized {
			c.measured = append(c.measured, i)
			c.sized++
		}
	}
}

func (c *Cells) sum(b []byte) uint64 {
	return siphash.Hash(binary.LittleEndian.Uint64(c.key[:8]), binary.LittleEndian.Uint64(c.key[8:]), b)
}

// grow makes room for people.
func (c *Cells) grow(people int) {
	c.ids = slices.Grow(c.ids, people)
	c.hashes = slices.Grow(c.hashes, people*len(c.columns))
	if c.sums != nil {
		c.sums = slices.Grow(c.sums, people*len(c.columns))
	}
	c.sizes = slices.Grow(c.sizes, people*c.sized)
	c.steps = slices.Grow(c.steps, people*c.sized)
}

// The kinds of hashes of the first version.
const (
	ofValue byte = 'v'
	ofSize  byte = 's'
)

// person is what the hashes of one employee are mixed with.
func (c *Cells) person(id int) uint64 {
	return mixed(uint64(id) ^ binary.LittleEndian.Uint64(c.key[8:]))
}

// mixed spreads each bit over all others (the end of MurmurHash3).
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hash is never 0. The id and the column are in it, so that equal values do not show: sum has the
// value and the column under the key.
func hash(person, sum uint64) uint32 { return max(1, uint32(mixed(person^sum))) }

// add takes the row of a person; steps are those of its sized cells.
func (c *Cells) add(id int, row []string, steps []int32) {
	c.ids = append(c.ids, id)
	person, from := c.person(id), len(c.hashes)
	c.hashes = append(c.hashes, c.none...)
	hashes, key := c.hashes[from:], binary.LittleEndian.Uint64(c.key[:8])
	var sums []uint32
	if c.sums != nil {
		c.sums = append(c.sums, c.none...)
		sums = c.sums[from:]
	}
	for i, cell := range row {
		if cell == "" {
			continue
		}
		if c.version == firstVersion {
			hashes[i] = c.first(id, i, ofValue, cell)
			continue
		}
		m := &c.memos[i]
		if m.value != cell {
			c.buffer = append(c.buffer[:0], cell...)
			m.value, m.sum = cell, siphash.Hash(key, m.salt, c.buffer)
		}
		hashes[i] = hash(person, m.sum)
		if sums != nil {
			sums[i] = uint32(m.sum)
		}
	}
	for _, i := range c.measured {
		var size uint32
		if row[i] != "" {
			size = c.size(id, person, i, steps[i])
		}
		c.sizes, c.steps = append(c.sizes, size), append(c.steps, steps[i])
	}
}

// size is the hash of a step.
func (c *Cells) size(id int, person uint64, column int, step int32) uint32 {
	if c.version == firstVersion {
		return c.first(id, column, ofSize, string(binary.LittleEndian.AppendUint32(nil, uint32(step))))
	}
	return hash(person, mixed(c.columns[column].sizeSalt^uint64(uint32(step))))
}

// first is the hash of the first version, which summed the id with each value.
func (c *Cells) first(id, column int, kind byte, value string) uint32 {
	b := binary.LittleEndian.AppendUint64(nil, uint64(id))
	b = binary.LittleEndian.AppendUint64(b, c.columns[column].salt)
	return max(1, uint32(c.sum(append(append(b, kind), value...))))
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
	size := math.Abs(f)
	at, _ := slices.BinarySearch(stepBounds[:], size)
	step := int32(at)
	if at == len(stepBounds) {
		step = int32(math.Round(math.Log(size+1) / math.Log(stepFactor)))
	}
	if f < 0 {
		return -step
	}
	return step
}

// stepBounds are where one step ends and the next begins.
var stepBounds = func() (bounds [64]float64) {
	for i := range bounds {
		bounds[i] = math.Pow(stepFactor, float64(i)+0.5) - 1
	}
	return bounds
}()

// stepOfDay is the step of a day.
func stepOfDay(d roster.Date) int32 {
	return (int32(d.Year)*365 + int32(d.Month)*30 + int32(d.Day)) / stepDays
}

// errCells says that bytes are not what Encode wrote.
var errCells = errors.New("damaged hashes of cells")

// The version begins what Encode writes.
const (
	firstVersion = 1
	cellsVersion = 2
)

// Encode writes the cells for storage.
func (c *Cells) Encode() ([]byte, error) {
	columns, err := json.Marshal(c.columns)
	if err != nil {
		return nil, fmt.Errorf("encode cells: %w", err)
	}
	b := append([]byte{c.version}, c.key[:]...)
	b = binary.AppendUvarint(b, uint64(len(columns)))
	b = append(b, columns...)
	b = binary.AppendUvarint(b, uint64(len(c.ids)))
	for _, id := range c.ids {
		b = binary.AppendUvarint(b, uint64(id))
	}
	sizes := c.sizes
	for i, hash := range c.hashes {
		b = binary.LittleEndian.AppendUint32(b, hash)
		if c.columns[i%len(c.columns)].Sized {
			b, sizes = binary.LittleEndian.AppendUint32(b, sizes[0]), sizes[1:]
		}
	}
	return b, nil
}

// DecodeCells reads what Encode wrote.
func DecodeCells(b []byte) (*Cells, error) {
	c := &Cells{}
	if len(b) < 1+len(c.key) || b[0] != cellsVersion && b[0] != firstVersion {
		return nil, errCells
	}
	c.version = b[0]
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
	width := 4 * (len(c.columns) + c.sized)
	if len(b) != width*len(c.ids) {
		return errCells
	}
	c.hashes = make([]uint32, 0, len(c.ids)*len(c.columns))
	c.sizes = make([]uint32, 0, len(c.ids)*c.sized)
	for range c.ids {
		for _, column := range c.columns {
			c.hashes, b = append(c.hashes, binary.LittleEndian.Uint32(b)), b[4:]
			if column.Sized {
				c.sizes, b = append(c.sizes, binary.LittleEndian.Uint32(b)), b[4:]
			}
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
	out := &Cells{key: c.key, version: c.version, columns: c.columns, sized: c.sized, about: c.about, perimeter: c.perimeter}
	for row, id := range c.ids {
		if people(id) {
			out.copyRow(c, row)
		}
	}
	return out
}

// copyRow takes the cells of one person over.
func (c *Cells) copyRow(of *Cells, row int) {
	from, to := row*len(of.columns), (row+1)*len(of.columns)
	c.ids = append(c.ids, of.ids[row])
	c.hashes = append(c.hashes, of.hashes[from:to]...)
	if of.sums != nil {
		c.sums = append(c.sums, of.sums[from:to]...)
	}
	from, to = row*of.sized, (row+1)*of.sized
	c.sizes = append(c.sizes, of.sizes[from:to]...)
	if of.steps != nil {
		c.steps = append(c.steps, of.steps[from:to]...)
	}
}

// With are the cells, and those of people whom earlier ones of the same columns have and these
// do not. Hashes of another key cannot be compared, and are left out.
func (c *Cells) With(earlier *Cells) *Cells {
	if c.key != earlier.key || c.version != earlier.version || !slices.Equal(c.columns, earlier.columns) {
		return c
	}
	out := c.Only(func(int) bool { return true })
	known := make(map[int]bool, len(c.ids))
	for _, id := range c.ids {
		known[id] = true
	}
	for row, id := range earlier.ids {
		if !known[id] {
			out.copyRow(earlier, row)
		}
	}
	return out
}
