// Package dossier gathers all that the program keeps about one person, for whoever asks for
// it (GDPR, article 15).
package dossier

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Dossier is all that is kept about one person, and nothing of anybody else.
type Dossier struct {
	// IDs are the person's ids in Lucca, Called each way in which they were called.
	IDs    []int           `json:"employee_ids"`
	Called []explain.Names `json:"called"`
	// Pseudonym stands for them in the audit.
	Pseudonym string `json:"pseudonym"`
	// Runs is what runs did with them, the newest first, with what was changed from what.
	Runs []inspect.Event `json:"runs"`
	// Files are the rows about them in working files.
	Files []FileRows `json:"files"`
	// Hires are what an ATS sent of them.
	Hires []Hire `json:"hires"`
	// Drafts are files that somebody has in the works in which they are.
	Drafts []Draft `json:"drafts"`
	// Sources are the sources of imports that have brought them, by name; Hashed are the runs that keep
	// keyed hashes of their cells, which tell no value.
	Sources []string `json:"sources"`
	Hashed  []string `json:"hashed"`
	// Acts are the lines of the audit about them.
	Acts []audit.Line `json:"acts"`
}

// FileRows are rows of one file.
type FileRows struct {
	Run  string `json:"run"`
	Flow string `json:"flow"`
	// File is its path in the folder of the run.
	File   string     `json:"file"`
	Header []string   `json:"header,omitempty"`
	Rows   [][]string `json:"rows,omitempty"`
	// Unread: the person is in it, and it is in a form that only the partner reads.
	Unread bool `json:"unread,omitempty"`
}

// Hire is what is kept of one hiring.
type Hire struct {
	ID       string      `json:"id"`
	Flow     string      `json:"flow"`
	State    string      `json:"state"`
	Reason   string      `json:"reason,omitempty"`
	Run      string      `json:"run,omitempty"`
	Received time.Time   `json:"received_at"`
	Event    *hire.Event `json:"event,omitempty"`
}

// Draft is what somebody has in the works.
type Draft struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Flow    string    `json:"flow"`
	Owner   string    `json:"owner"`
	Expires time.Time `json:"expires_at"`
}

// Keeper knows where everything is kept.
type Keeper struct {
	Config    *config.Config
	Inspector inspect.Inspector
	Store     Store
	// Format is how the file that a run has read was written.
	Format func(flow string) tabular.Format
}

// Store is what is read and changed of the state, beside what an Inspector reads.
type Store interface {
	Lines(ctx context.Context, from int64) iter.Seq2[audit.Line, error]
	Append(ctx context.Context, e audit.Entry) error
	PersonKey(ctx context.Context) ([]byte, error)
	AllDrafts(ctx context.Context) ([]state.WholeDraft, error)
	BroughtBy(ctx context.Context, employee int) ([]string, error)
	Hashing(ctx context.Context) ([]string, error)
}

// subject is who is meant, with what is known beside what runs say.
type subject struct {
	inspect.Subject
	who
	pseudonym string
	hires     []state.Hire
}

// Access gathers what is kept about somebody, whom runs or the hires know, and puts on record that it
// was. Nobody found is a run.ErrUsage.
func (k Keeper) Access(ctx context.Context, name string, by audit.Entry) (d Dossier, err error) {
	s, err := k.subject(ctx, name)
	if err != nil {
		return d, err
	}
	if d, err = k.gather(ctx, s); err != nil {
		return d, err
	}
	by.Person = s.pseudonym
	return d, k.Store.Append(ctx, by)
}

// gather is all that is kept about the person.
func (k Keeper) gather(ctx context.Context, s subject) (d Dossier, err error) {
	d = Dossier{
		IDs: noneNil(s.IDs), Called: noneNil(s.Called), Pseudonym: s.pseudonym, Runs: noneNil(s.Line),
		Files: []FileRows{}, Hires: []Hire{}, Drafts: []Draft{}, Sources: []string{}, Hashed: []string{}, Acts: []audit.Line{},
	}
	for _, h := range s.hires {
		d.Hires = append(d.Hires, k.hire(h))
	}
	records, err := k.Inspector.Store.Runs(ctx, state.Filter{})
	if err != nil {
		return d, err
	}
	for _, r := range records {
		if !k.ofTenant(s, r.Flow) {
			continue
		}
		rows, err := k.rows(ctx, r, s)
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, rows...)
	}
	drafts, err := k.Store.AllDrafts(ctx)
	if err != nil {
		return d, err
	}
	for _, w := range drafts {
		if k.inDraft(w, s) {
			d.Drafts = append(d.Drafts, Draft{w.ID, w.Kind, w.Flow, w.Owner, w.Expires})
		}
	}
	if err := k.numbers(ctx, s, &d); err != nil {
		return d, err
	}
	for line, err := range k.Store.Lines(ctx, 0) {
		if err != nil {
			return d, err
		}
		if s.acted(line) {
			d.Acts = append(d.Acts, line)
		}
	}
	return d, nil
}

func noneNil[T any](list []T) []T { return append([]T{}, list...) }

// subject finds the one who is meant.
func (k Keeper) subject(ctx context.Context, name string) (s subject, err error) {
	if s.Subject, err = inspect.SubjectOf(ctx, k.Inspector, name); err != nil {
		return s, err
	}
	if k.Inspector.Store == nil {
		return s, unknown()
	}
	all, err := k.Inspector.Store.Hires(ctx, state.HireFilter{})
	if err != nil {
		return s, err
	}
	if len(s.Known) == 0 {
		// Somebody whom only an ATS knows yet.
		for _, h := range all {
			e, err := k.Inspector.Event(h)
			if err != nil || !calls(e, name) && (h.EmployeeID == 0 || strconv.Itoa(h.EmployeeID) != strings.TrimSpace(name)) {
				continue
			}
			s.Tenant = k.Config.Flows[h.Flow].Tenant
			s.Called = append(s.Called, explain.Names{Name: e.FirstName + " " + e.LastName, Mail: cmp.Or(e.Mail, e.PersonalMail)})
		}
		if len(s.Called) == 0 {
			return s, unknown()
		}
	}
	s.who = newWho(s.Called)
	for _, h := range all {
		if !k.ofTenant(s, h.Flow) {
			continue
		}
		e, err := k.Inspector.Event(h)
		if slices.Contains(s.IDs, h.EmployeeID) || err == nil && s.hired(e) {
			s.hires = append(s.hires, h)
		}
	}
	for _, h := range s.hires {
		if h.EmployeeID > 0 && !slices.Contains(s.IDs, h.EmployeeID) {
			s.IDs = append(s.IDs, h.EmployeeID)
		}
	}
	key, err := k.Store.PersonKey(ctx)
	if err != nil {
		return s, err
	}
	s.pseudonym = audit.Pseudonym(key, s.Tenant, s.identity())
	return s, nil
}

func unknown() error {
	return fault.Of(run.ErrUsage, "nothing is kept of anybody with this login, e-mail, number, id or name")
}

// identity is what the pseudonym is made of: the Lucca id, or else the name.
func (s subject) identity() string {
	if len(s.IDs) > 0 {
		return strconv.Itoa(s.IDs[0])
	}
	return person.Fold(s.Called[0].Name) + "\n" + person.AddressKey(s.Called[0].Mail)
}

// calls reports whether somebody who writes name means the candidate.
func calls(e hire.Event, name string) bool {
	return person.AddressKey(name) != "" && (person.AddressKey(name) == person.AddressKey(e.Mail) || person.AddressKey(name) == person.AddressKey(e.PersonalMail)) ||
		e.LastName != "" && (person.Fold(name) == person.Fold(e.FirstName+" "+e.LastName) || person.Fold(name) == person.Fold(e.LastName+" "+e.FirstName))
}

// hired reports whether a candidate is the person: a name alone may be that of another employee.
func (s subject) hired(e hire.Event) bool {
	return s.cell(e.Mail) == "mail" || s.cell(e.PersonalMail) == "mail" ||
		len(s.IDs) == 0 && e.LastName != "" && e.FirstName != "" && s.names[person.Fold(e.FirstName+" "+e.LastName)]
}

// acted reports whether a line of the audit is about the person.
func (s subject) acted(line audit.Line) bool {
	return line.Person == s.pseudonym ||
		line.Act == audit.Reveal && slices.ContainsFunc(s.IDs, func(id int) bool { return line.Note == "person "+strconv.Itoa(id) })
}

func (k Keeper) ofTenant(s subject, flow string) bool { return k.Config.Flows[flow].Tenant == s.Tenant }

func (k Keeper) hire(h state.Hire) Hire {
	shown := Hire{ID: h.ID, Flow: h.Flow, State: h.State, Reason: h.Reason, Run: h.Run, Received: h.Received}
	if e, err := k.Inspector.Event(h); err == nil {
		shown.Event = &e
	}
	return shown
}

// rows are those of the person in the files of a run.
func (k Keeper) rows(ctx context.Context, r state.Record, s subject) (list []FileRows, err error) {
	sheets, err := k.sheets(ctx, r, s)
	for _, sh := range sheets {
		rows := FileRows{Run: r.ID, Flow: r.Flow, File: sh.name, Unread: sh.opaque && len(s.Said[r.ID]) > 0}
		for _, row := range sh.theirs {
			rows.Rows = append(rows.Rows, row.Cells)
		}
		if len(rows.Rows) > 0 {
			rows.Header = sh.rows[0].Cells
		}
		if rows.Unread || len(rows.Rows) > 0 {
			list = append(list, rows)
		}
	}
	return list, err
}

// sheets are the files of a run with the rows that are the person's, the one that others are made of
// last.
func (k Keeper) sheets(ctx context.Context, r state.Record, s subject) (sheets []sheet, err error) {
	folder := filepath.Join(k.Config.Spool, r.ID)
	paths, err := filesOf(folder)
	if err != nil {
		return nil, err
	}
	dialect := k.dialect(ctx, r)
	var like [][]string
	for _, path := range paths {
		own := dialect
		if strings.HasSuffix(path, ".report.csv") || filepath.Dir(path) != folder {
			own = nil
		}
		sh, err := readSheet(folder, path, k.format(r, folder, path), own)
		if errors.Is(err, os.ErrNotExist) {
			continue // purged meanwhile
		}
		if err != nil {
			return nil, err
		}
		if sh.main = isMain(r, sh.name); sh.main {
			sh.theirs = sh.own(s.who, s.numbers(r.ID), nil)
			for _, row := range sh.theirs {
				like = append(like, row.Cells)
			}
		}
		sheets = append(sheets, sh)
	}
	for n := range sheets {
		if !sheets[n].main {
			sheets[n].theirs = sheets[n].own(s.who, nil, like)
		}
	}
	slices.SortStableFunc(sheets, func(a, b sheet) int {
		switch {
		case a.main == b.main:
			return 0
		case a.main:
			return 1
		}
		return -1
	})
	return sheets, nil
}

// dialect is how an export has written its file; nil where that is not known any more.
func (k Keeper) dialect(ctx context.Context, r state.Record) *tabular.Dialect {
	if r.Kind != run.Export {
		return nil
	}
	kept, err := k.Inspector.Store.Snapshot(ctx, r.ID)
	if err != nil {
		return nil
	}
	s, err := export.DecodeSnapshot(kept)
	if err != nil {
		return nil
	}
	return &s.Dialect
}

// numbers are the rows of the run's file that are about the person.
func (s subject) numbers(id string) (numbers []int) {
	for _, e := range s.Said[id] {
		if e.Row > 1 {
			numbers = append(numbers, e.Row)
		}
	}
	return numbers
}

// isMain reports whether rows are numbered as in a file.
func isMain(r state.Record, name string) bool {
	if r.Kind != run.Export {
		return name == "plain.csv" || filepath.Dir(name) == "incoming"
	}
	return r.File != nil && (name == r.File.Name && r.File.Plain == nil || r.File.Plain != nil && name == r.File.Plain.Name)
}

// format is how a file is written: what a run has read, or our own.
func (k Keeper) format(r state.Record, folder, path string) tabular.Format {
	if name, err := filepath.Rel(folder, path); err == nil && r.Kind != run.Export && isMain(r, name) {
		return k.Format(r.Flow)
	}
	return tabular.Format{}
}

// inDraft reports whether a draft names the person.
func (k Keeper) inDraft(w state.WholeDraft, s subject) bool {
	if !k.ofTenant(s, w.Flow) {
		return false
	}
	if s.in(string(w.File)) {
		return true
	}
	var v any
	return json.Unmarshal(w.Data, &v) == nil && mentioned(s.who, v)
}

// mentioned reports whether a document names the person.
func mentioned(w who, v any) bool {
	switch v := v.(type) {
	case string:
		return w.in(v)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentioned(w, e) })
	case map[string]any:
		for _, e := range v {
			if mentioned(w, e) {
				return true
			}
		}
	}
	return false
}

// numbers says where the person is by number alone.
func (k Keeper) numbers(ctx context.Context, s subject, d *Dossier) error {
	for _, id := range s.IDs {
		sources, err := k.Store.BroughtBy(ctx, id)
		if err != nil {
			return err
		}
		d.Sources = append(d.Sources, sources...)
	}
	hashing, err := k.Store.Hashing(ctx)
	if err != nil {
		return err
	}
	for _, id := range hashing {
		kept, err := k.cells(ctx, id)
		if err != nil {
			return err
		}
		if kept != nil && slices.ContainsFunc(s.IDs, kept.Has) {
			d.Hashed = append(d.Hashed, id)
		}
	}
	return nil
}

// cells are the hashes that a run keeps; nil where it keeps none any more.
func (k Keeper) cells(ctx context.Context, id string) (*export.Cells, error) {
	kept, err := k.Inspector.Store.Cells(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := export.DecodeCells(kept)
	if err != nil {
		return nil, fmt.Errorf("read hashes of run %s: %w", id, err)
	}
	return c, nil
}
