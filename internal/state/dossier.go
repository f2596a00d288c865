package state

import (
	"context"
	"database/sql"
	"encoding/binary"
	"strings"
)

// Dossier is what only whoever gathers or removes all about one person asks of the state.
type Dossier struct{ *handle }

// DossierOf returns it.
func DossierOf(l *Store) Dossier { return Dossier{shared(l)} }

// PersonKey is the secret of this state by which people have pseudonyms; it is made when it is first
// wanted, and goes where the state goes.
func (l Dossier) PersonKey(ctx context.Context) (key []byte, err error) {
	names := []string{markPersonKey, markPersonMore}
	err = l.write(ctx, "read key of pseudonyms", func(ctx context.Context, tx *sql.Tx) error {
		key = nil
		for _, name := range names {
			half, err := mark(ctx, tx, name)
			if err != nil {
				return err
			}
			if half == 0 {
				half = newIdentity()
				if err := setMark(ctx, tx, name, half); err != nil {
					return err
				}
			}
			key = binary.BigEndian.AppendUint64(key, uint64(half))
		}
		return nil
	})
	return key, err
}

// WholeDraft is a draft with its file, if it has one.
type WholeDraft struct {
	Draft
	File []byte
}

// AllDrafts returns the drafts of all kinds.
func (l Dossier) AllDrafts(ctx context.Context) ([]WholeDraft, error) {
	return list(ctx, l.handle, "read drafts", scanWholeDraft, `SELECT `+draftColumns+`, data, file FROM drafts ORDER BY id`)
}

func scanWholeDraft(row scanner) (d WholeDraft, err error) {
	var data, file []byte
	if err := row.Scan(d.into(&data, &file)...); err != nil {
		return d, err
	}
	if d.Data, err = unpack(data, "draft", d.ID); err == nil && file != nil {
		d.File, err = unpack(file, "draft", d.ID)
	}
	return d, err
}

// BroughtBy returns the sources that have brought an employee, each flow whose last full file they were in
// by its name.
func (l Dossier) BroughtBy(ctx context.Context, employee int) (sources []string, err error) {
	sources, err = list(ctx, l.handle, "list sources", value[string], `SELECT source FROM brought WHERE employee_id = $1 ORDER BY source`, employee)
	for n, s := range sources {
		sources[n] = strings.TrimPrefix(s, lastFile(""))
	}
	return sources, err
}

// Hashing returns the runs that keep hashes of cells.
func (l Dossier) Hashing(ctx context.Context) ([]string, error) {
	return list(ctx, l.handle, "list hashes", value[string], `SELECT run FROM cells ORDER BY run`)
}
