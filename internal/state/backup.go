package state

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/audit"
)

// Why a state is not backed up, or a backup not put back.
var (
	// ErrServer: the state is kept by a database server, which has programs of its own for that.
	ErrServer = errors.New("the state is in PostgreSQL: use pg_dump to make a backup, and pg_restore to put it back, while all daemons are stopped")
	// ErrLoneFile: the file is a copy of the state's main file, without what was written last.
	ErrLoneFile = errors.New("this is a copy of the state's file itself, and may lack what was written last: put back a file that backup made, or this one with --incomplete")
	// ErrThere: a file is there that would be written over.
	ErrThere = errors.New("there is a file of this name already")
	// ErrNoRoom: the disk of the backup is full, and not that of the state.
	ErrNoRoom = errors.New("its disk has no room for a copy of the state: free some there, or name another folder")
)

// Backup writes a state as it is at one instant into a new file, which is whole by itself and
// checked, also while a daemon is at work. Only its owner can read it. ErrServer, ErrThere, ErrNoRoom;
// fs.ErrNotExist: there is no state yet.
func Backup(ctx context.Context, dsn, to string) (err error) {
	s, err := fileStore(dsn)
	if err != nil {
		return err
	}
	if info, err := os.Stat(s.path); err != nil || info.Size() == 0 {
		return fmt.Errorf("back up %q: %w", s.path, fs.ErrNotExist)
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("back up to %q: %w", to, ErrThere)
	}
	l, err := OpenReadOnly(ctx, dsn)
	if l != nil {
		err = l.Close()
	}
	if err != nil && !errors.Is(err, ErrOlderSchema) {
		return fmt.Errorf("back up %q: %w", s.path, err)
	}
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return backupFault(to, fileFault(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	err = onFile(s.path, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, `VACUUM INTO ?`, part)
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return backupFault(to, fileFault(explained(s, err)))
	}
	if err := whole(ctx, s, part); err != nil {
		return fmt.Errorf("check backup %q: %w", to, err)
	}
	if err := os.Rename(part, to); err != nil {
		return fileFault(err)
	}
	return nil
}

// backupFault is what kept a backup from being written. Only it is written: what is full is its disk.
func backupFault(to string, err error) error {
	if errors.Is(err, ErrFull) {
		err = ErrNoRoom
	}
	return fmt.Errorf("back up to %q: %w", to, err)
}

// Restore puts a file that Backup made where a state is to be and is none, and has the state
// know that it is an older copy: what came after it is not known, so that nothing of before is
// approved, and the first run of each flow that would change Lucca is held. The act is put on
// record. Where it may be incomplete, it takes a copy of the state's file itself, too. ErrServer,
// ErrThere, ErrLoneFile, ErrDamaged, ErrNewerSchema.
func Restore(ctx context.Context, dsn, from string, incomplete bool, act audit.Entry) (err error) {
	s, err := fileStore(dsn)
	if err != nil {
		return err
	}
	for _, path := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Lstat(path); err == nil && info.Size() > 0 {
			return fmt.Errorf("%q: %w", path, ErrThere)
		}
	}
	lone, err := isLone(from)
	switch {
	case err != nil:
		return err
	case lone && !incomplete:
		return fmt.Errorf("%q: %w", from, ErrLoneFile)
	}
	if err := account.MakeFolder(filepath.Dir(s.path)); err != nil {
		return fileFault(err)
	}
	part := s.path + ".restore"
	if err := copyPlain(from, part); err != nil {
		return fileFault(err)
	}
	if err = whole(ctx, s, part); err == nil {
		err = os.Rename(part, s.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%q: %w", from, fileFault(err)), os.Remove(part))
	}
	defer func() {
		if err != nil { // a state that does not know that it is an older copy must not stay
			for _, name := range []string{"", "-wal", "-shm"} {
				if gone := os.Remove(s.path + name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
					err = errors.Join(err, gone)
				}
			}
		}
	}()
	l, err := Open(ctx, dsn)
	if err != nil {
		return err
	}
	place, _, err := l.Upkeep().Place(ctx)
	if err == nil {
		err = l.Upkeep().Restored(ctx, place.Sequence)
	}
	if err == nil {
		err = l.Audit().Append(ctx, act)
	}
	if err = errors.Join(err, l.Close()); err != nil {
		return err
	}
	return fileFault(errors.Join(account.Give(s.path), account.GiveAll(s.locks)))
}

// fileStore is the store of a state that is a file.
func fileStore(dsn string) (*sqliteStore, error) {
	s, err := storeAt(dsn)
	if err != nil {
		return nil, err
	}
	file, ok := s.(*sqliteStore)
	if !ok {
		return nil, ErrServer
	}
	return file, nil
}

// formats is where the header of a SQLite file says how it is written and read: 2 while there is a log
// beside it (https://www.sqlite.org/fileformat.html, 1.3). One that Backup made has 1.
const formats = 18

// isLone reports whether a file is a copy of one with a log beside it.
func isLone(path string) (lone bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("read backup: %w", err)
	}
	header := make([]byte, formats+1)
	_, err = io.ReadFull(f, header)
	if err := errors.Join(err, f.Close()); err != nil || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return false, fmt.Errorf("%q: %w", path, ErrDamaged)
	}
	return header[formats] != 1, nil
}

// whole checks that a file is a state, every page of it, and none of a newer program.
func whole(ctx context.Context, s *sqliteStore, path string) error {
	err := onFile(path, func(db *sql.DB) error {
		found, err := selectAll(ctx, db, value[string], `PRAGMA integrity_check(1)`)
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0] != "ok" {
			return ErrDamaged
		}
		version, err := s.schema(ctx, db)
		switch {
		case err != nil:
			return err
		case version == 0:
			return ErrDamaged
		}
		l := newStore(&handle{db: db, reads: db, store: s, readOnly: true, turn: newTurn(), mine: atWork{held: map[string]held{}}})
		if err := l.migrate(ctx, false); !errors.Is(err, ErrOlderSchema) {
			return err
		}
		return nil
	})
	// The file has another name than the store, and its caller says which.
	for _, known := range []error{ErrDamaged, ErrNewerSchema} {
		if errors.Is(explained(s, err), known) {
			return known
		}
	}
	return err
}

// onFile opens a file of SQLite to be read.
func onFile(path string, do func(*sql.DB) error) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	at := url.URL{Scheme: "file", Path: abs, RawQuery: url.Values{"mode": {"ro"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout/time.Millisecond)}}.Encode()}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(do(db), db.Close())
}

// explained has the clear sentence for a fault of the driver.
func explained(s *sqliteStore, err error) error {
	if known := s.translate(err); known != nil {
		return known
	}
	return err
}

// copyPlain copies a file of SQLite as one that has no log.
func copyPlain(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		_, err = out.WriteAt([]byte{1, 1}, formats)
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}
