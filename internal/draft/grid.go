package draft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// Grid is rows of a file with what was found of their cells.
type Grid struct {
	Header []string
	Rows   []GridRow
	// Found counts the rows with findings.
	Found int
}

// GridRow is one row.
type GridRow struct {
	Number int
	Cells  []GridCell
	// Findings are those about no cell of the row.
	Findings []finding.Finding
	// Severity is the worst of the row's.
	Severity finding.Severity
}

// GridCell is one cell of a row. Its severity is empty where nothing was found.
type GridCell struct {
	Column   int
	Value    string
	Severity finding.Severity
	Findings []finding.Finding
}

// View chooses rows of a grid: those with findings, after so many, or one row alone.
type View struct{ After, Most, Row int }

// Grid reads the rows of a draft that are to be looked at.
func (d *Desk) Grid(ctx context.Context, one Draft, v View) (g Grid, err error) {
	if one.Stage != Checked || !one.Mends || one.Report.Run.Outcome == run.Failed {
		return g, nil
	}
	said := make(map[int][]finding.Finding)
	for _, f := range one.Report.Run.Findings {
		if f.Row > 0 {
			said[f.Row] = append(said[f.Row], f)
		}
	}
	f, err := d.content(ctx, one)
	if err != nil {
		return g, err
	}
	d.place(&one)
	if err := os.MkdirAll(one.folder, 0o700); err != nil {
		return g, fmt.Errorf("read draft: %w", err)
	}
	defer d.clear(ctx, one)
	err = userfile.EachRow(f, d.settings(one), func(header []string, row tabular.Row) bool {
		g.Header = header
		if v.Row > 0 {
			if row.Number == v.Row {
				g.Rows = append(g.Rows, gridRow(header, row, said[row.Number]))
			}
			return row.Number < v.Row
		}
		if len(said[row.Number]) == 0 {
			return true
		}
		if g.Found++; g.Found > v.After && len(g.Rows) < v.Most {
			g.Rows = append(g.Rows, gridRow(header, row, said[row.Number]))
		}
		return true
	})
	return g, err
}

// settings are how the flow reads its files.
func (d *Desk) settings(one Draft) userfile.Options {
	var o userfile.Options
	if f := d.options.Instance().Config.Flows[one.Flow]; f.Import != nil {
		o = f.Import.Options
	}
	o.TempDir = one.folder
	return o
}

func gridRow(header []string, row tabular.Row, said []finding.Finding) GridRow {
	r := GridRow{Number: row.Number}
	for i := range header {
		cell := GridCell{Column: i}
		if i < len(row.Cells) {
			cell.Value = row.Cells[i]
		}
		r.Cells = append(r.Cells, cell)
	}
	for _, f := range said {
		r.Severity = worse(r.Severity, f.Severity)
		at := columnOf(f)
		if at < 0 || at >= len(r.Cells) {
			r.Findings = append(r.Findings, f)
			continue
		}
		r.Cells[at].Severity = worse(r.Cells[at].Severity, f.Severity)
		r.Cells[at].Findings = append(r.Cells[at].Findings, f)
	}
	return r
}

func worse(a, b finding.Severity) finding.Severity {
	if a == finding.Error || b == "" {
		return a
	}
	return b
}

// columnOf is the 0-based column of a finding's cell, such as 3 of D6; -1 for none.
func columnOf(f finding.Finding) int {
	at, ok := PlaceOf(f.Cell)
	if !ok {
		return -1
	}
	return at.Column
}

// PlaceOf reads the name of a cell as findings and spreadsheets have it, such as D6.
func PlaceOf(cell string) (at userfile.Place, ok bool) {
	letters := strings.TrimRight(cell, "0123456789")
	row, err := strconv.Atoi(cell[len(letters):])
	column := 0
	for _, r := range letters {
		if r < 'A' || r > 'Z' || column > 1<<20 {
			return at, false
		}
		column = 26*column + int(r-'A') + 1
	}
	return userfile.Place{Row: row, Column: column - 1}, err == nil && row > 0 && column > 0
}

// CellAt names a place, as PlaceOf reads it.
func CellAt(at userfile.Place) string {
	var letters []byte
	for n := at.Column + 1; n > 0; n = (n - 1) / 26 {
		letters = append(letters, byte('A'+(n-1)%26))
	}
	slices.Reverse(letters)
	return string(letters) + strconv.Itoa(at.Row)
}

// Mend puts other values into cells of a draft that is as it was shown, and has it looked at
// again. By has the hash that somebody saw; how many cells were mended is on record.
func (d *Desk) Mend(ctx context.Context, id string, cells map[userfile.Place]string, by audit.Entry) error {
	if len(cells) == 0 {
		return nil
	}
	one, err := d.seen(ctx, id, by)
	if err == nil && !one.Mends {
		err = fault.Wrap(run.ErrUsage, ErrWrapped)
	}
	if err != nil {
		return d.options.refused(ctx, by, err)
	}
	mended := one
	mended.Name = strings.TrimSuffix(one.Name, filepath.Ext(one.Name)) + ".csv"
	mended.Mended, mended.Stage = one.Mended+len(cells), Checking
	d.place(&mended)
	whole, err := d.rewrite(ctx, one, &mended, cells)
	if err == nil {
		act := by
		act.Flow, act.Hash = one.Flow, mended.SHA256
		act.Note = flow.JoinReasons("cells mended: "+strconv.Itoa(len(cells)), by.Note)
		mended, err = d.begin(ctx, mended, whole, act)
	}
	if err != nil {
		d.clear(ctx, mended)
		return d.options.refused(ctx, by, err)
	}
	d.check(ctx, mended)
	return nil
}

// rewrite writes a mended file into the spool, and returns what is in it.
func (d *Desk) rewrite(ctx context.Context, one Draft, mended *Draft, cells map[userfile.Place]string) ([]byte, error) {
	in, err := d.content(ctx, one)
	if err != nil {
		return nil, err
	}
	file, err := spool.Write(mended.path(), func(w io.Writer) error { return userfile.Mend(w, in, d.settings(*mended), cells) })
	if errors.Is(err, userfile.ErrNoCell) {
		return nil, fault.Wrap(run.ErrUsage, userfile.ErrNoCell)
	}
	if err != nil {
		return nil, fmt.Errorf("keep mended file: %w", err)
	}
	mended.SHA256, mended.Bytes = file.SHA256, file.Bytes
	whole, err := os.ReadFile(file.Path)
	if err != nil {
		return nil, fmt.Errorf("keep mended file: %w", err)
	}
	return whole, nil
}
