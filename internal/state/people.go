package state

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
)

// Known is what a run has to say of one person. Sequences of them are gone through twice.
type Known struct {
	// Person is the Lucca id; below zero, and the same for the same names, for those who have none.
	Person int64
	// Who is what they are called, as the caller wants to have it back; Keys are the forms in which
	// they are looked for. None holds a line break.
	Who  string
	Keys []string
	// Entry is what is said of them, in whatever form the caller chose.
	Entry []byte
}

// Somebody is a person whom runs of a flow know.
type Somebody struct {
	Flow   string
	Person int64
	Who    string
}

// PersonQuery chooses people, by any of what is set.
type PersonQuery struct {
	// Person is one of those that Known has.
	Person int64
	// Keys are whole ones, of which one has to fit.
	Keys []string
	// Parts all have to be in somebody's keys.
	Parts []string
	// WithoutID leaves out those who have an id.
	WithoutID bool
	// Limit is the largest number of answers; 0 means no limit.
	Limit int
}

// Said is what a run said of a person.
type Said struct {
	Run   string
	Entry []byte
}

// buckets is among how many the people of a run are spread: few enough for a run to be written
// at once, and enough for a time line to read little else than its own.
const buckets = 256

func bucketOf(person int64) int { return int(uint64(person) % buckets) }

// crowd is the people of a run as they are kept.
type crowd struct {
	entries [buckets][]byte
	// people is gone through a second time when they are saved: 200,000 of them are not kept in
	// memory beside the plan that they come from.
	people iter.Seq[Known]
}

// gather packs the people of a run; nil for none at all.
func gather(people iter.Seq[Known]) (*crowd, error) {
	if people == nil {
		return nil, nil
	}
	c := &crowd{people: people}
	p := newPacker()
	var open [buckets][]byte
	for k := range people {
		n := bucketOf(k.Person)
		b := binary.AppendVarint(open[n], k.Person)
		b = binary.AppendUvarint(b, uint64(len(k.Entry)))
		b = append(b, k.Entry...)
		// Members of a gzip file follow one another: nobody with many rows fills the memory.
		if len(b) >= mostOpen {
			if err := c.add(p, n, b); err != nil {
				return nil, err
			}
			b = b[:0]
		}
		open[n] = b
	}
	for n, b := range open {
		if len(b) > 0 {
			if err := c.add(p, n, b); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// mostOpen is how many bytes of a bucket are packed at once.
const mostOpen = 64 << 10

func (c *crowd) add(p packer, bucket int, b []byte) error {
	packed, err := p.pack(b)
	c.entries[bucket] = append(c.entries[bucket], packed...)
	return err
}

// save replaces what is kept of the people of a run.
func (c *crowd) save(ctx context.Context, tx *sql.Tx, run string) error {
	if c == nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM person_indexes WHERE run = $1`, run); err != nil {
		return err
	}
	var flow string
	var sequence int64
	err := tx.QueryRowContext(ctx, `INSERT INTO person_indexes (run, flow, sequence) SELECT id, flow, sequence FROM runs WHERE id = $1
		RETURNING flow, sequence`, run).Scan(&flow, &sequence)
	if err != nil {
		return orNotFound(err, "run", run)
	}
	for n, packed := range c.entries {
		if packed == nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO person_entries (bucket, run, data) VALUES ($1, $2, $3)`, n, run, packed); err != nil {
			return err
		}
	}
	part := make([]Known, 0, savedAtOnce)
	for k := range c.people {
		k.Entry = nil
		if part = append(part, k); len(part) < savedAtOnce {
			continue
		}
		if err := savePeople(ctx, tx, flow, sequence, part); err != nil {
			return err
		}
		part = part[:0]
	}
	return savePeople(ctx, tx, flow, sequence, part)
}

// savedAtOnce is how many rows one statement writes.
const savedAtOnce = 100

func savePeople(ctx context.Context, tx *sql.Tx, flow string, sequence int64, people []Known) error {
	var values []string
	args := []any{flow, sequence}
	seen := make(map[string]bool, len(people))
	for _, k := range people {
		// A statement may not write a row twice, and a file may have somebody on two rows.
		if same := fmt.Sprint(k.Person, "\n", k.Who); seen[same] {
			continue
		} else {
			seen[same] = true
		}
		n := len(args)
		values = append(values, fmt.Sprintf("($1, $%d, $%d, $%d, $2)", n+1, n+2, n+3))
		args = append(args, k.Person, plain(k.Who), plain("\n"+strings.Join(k.Keys, "\n")+"\n"))
	}
	if len(values) == 0 {
		return nil
	}
	//nolint:gosec // the values are placeholders
	_, err := tx.ExecContext(ctx, `INSERT INTO people (flow, person, who, keys, seen) VALUES `+strings.Join(values, ", ")+`
		ON CONFLICT (flow, person, who) DO UPDATE SET keys = excluded.keys, seen = CASE WHEN people.seen > excluded.seen THEN people.seen ELSE excluded.seen END`, args...)
	return err
}

// IndexPeople keeps whom a run knows, where its file or plan was kept without. It returns
// ErrNotFound when there is no such run.
func (l People) IndexPeople(ctx context.Context, run string, people iter.Seq[Known]) error {
	c, err := gather(people)
	if err != nil {
		return err
	}
	return l.write(ctx, "save people of run", func(ctx context.Context, tx *sql.Tx) error { return c.save(ctx, tx, run) })
}

// Unindexed returns the runs of which a file or a plan is kept, and not whom they know, the newest
// first: an earlier version of the program made them.
func (l People) Unindexed(ctx context.Context) ([]string, error) {
	return list(ctx, l.handle, "list runs without their people", value[string], `SELECT id FROM runs WHERE (id IN (SELECT run FROM snapshots) OR id IN (SELECT run FROM plans))
		AND id NOT IN (SELECT run FROM person_indexes) ORDER BY sequence DESC`)
}

// FindPeople returns the people whom runs know and a query means, those whom a run knew last first.
func (l People) FindPeople(ctx context.Context, q PersonQuery) ([]Somebody, error) {
	var either, all []string
	var args []any
	hold := func(pattern any) string {
		args = append(args, pattern)
		return fmt.Sprintf("$%d", len(args))
	}
	if q.Person != 0 {
		either = append(either, "person = "+hold(q.Person))
	}
	for _, key := range q.Keys {
		either = append(either, "keys LIKE "+hold("%\n"+literal(key)+"\n%")+` ESCAPE '\'`)
	}
	for _, part := range q.Parts {
		all = append(all, "keys LIKE "+hold("%"+literal(part)+"%")+` ESCAPE '\'`)
	}
	if all != nil {
		either = append(either, strings.Join(all, " AND "))
	}
	if either == nil {
		return nil, nil
	}
	where := "(" + strings.Join(either, " OR ") + ")"
	if q.WithoutID {
		where = "person < 0 AND " + where
	}
	query := `SELECT flow, person, who FROM people WHERE ` + where + ` ORDER BY seen DESC, person, flow`
	if q.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return list(ctx, l.handle, "find people", func(row scanner) (p Somebody, err error) {
		err = row.Scan(&p.Flow, &p.Person, &p.Who)
		return p, err
	}, query, args...)
}

// literal is a text in which LIKE finds no wildcard.
func literal(s string) string { return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) }

// SaidOf returns what the runs of a flow said of a person, the newest first. Somebody may be on
// two rows of a file.
func (l People) SaidOf(ctx context.Context, flow string, person int64) (said []Said, err error) {
	parts, err := list(ctx, l.handle, "read time line", func(row scanner) (part Said, err error) {
		err = row.Scan(&part.Run, &part.Entry)
		return part, err
	}, `SELECT e.run, e.data FROM person_entries e JOIN person_indexes i ON i.run = e.run
		WHERE e.bucket = $1 AND i.flow = $2 ORDER BY i.sequence DESC`, bucketOf(person), flow)
	for _, part := range parts {
		if said, err = part.pick(said, person); err != nil {
			return nil, err
		}
	}
	return said, err
}

// pick adds what a bucket of a run says of a person.
func (s Said) pick(to []Said, person int64) ([]Said, error) {
	b, err := unpack(s.Entry, "people of run", s.Run)
	if err != nil {
		return nil, err
	}
	for len(b) > 0 {
		who, n := binary.Varint(b)
		size, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || size > uint64(len(b)-n-m) {
			return nil, fmt.Errorf("read people of run %q: %w", s.Run, ErrDamaged)
		}
		b = b[n+m:]
		if who == person {
			to = append(to, Said{s.Run, slices.Clone(b[:size])})
		}
		b = b[size:]
	}
	return to, nil
}

// FindingsOfRow returns what was found about one row of a run.
func (l People) FindingsOfRow(ctx context.Context, run string, row int) ([]finding.Finding, error) {
	return list(ctx, l.handle, "read findings of row", scanFinding, `SELECT severity, code, row_number, column_key, cell, message FROM findings
		WHERE run = $1 AND row_number = $2 ORDER BY position`, run, row)
}

// purgePeople forgets whom only runs knew that are forgotten.
func purgePeople(ctx context.Context, tx *sql.Tx) error {
	gone, err := affected(tx.ExecContext(ctx, `DELETE FROM person_indexes WHERE run NOT IN (SELECT run FROM snapshots) AND run NOT IN (SELECT run FROM plans)`))
	if err != nil || gone == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM people WHERE NOT EXISTS (
		SELECT 1 FROM person_indexes i WHERE i.flow = people.flow AND i.sequence <= people.seen)`)
	return err
}
