package learn

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"lucca-exchange/internal/tabular"
)

// sampled is how many rows at the start tell the separator, looked how many can be the header.
const (
	sampled = 200
	looked  = 50
)

// learnKind finds out whether the file is text or a workbook, and which sheet is meant.
func learnKind(k *look) error {
	k.format.Caps = k.known.Caps
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	sheets, err := tabular.Sheets(k.file, k.format)
	if err != nil {
		return err
	}
	k.lesson.Kind = "csv"
	if len(k.in.Wrapped) > 0 {
		k.fact("unwrap", strings.Join(k.in.Wrapped, ", "), Certain, "by its first bytes")
	}
	if len(sheets) == 0 {
		return nil
	}
	k.lesson.Kind = tabular.XLSX
	if len(sheets) == 1 {
		k.fact("sheet", sheets[0], Certain, "the only one with rows that is shown")
		return nil
	}
	sheet, err := chooseSheet(k, sheets)
	k.format.Sheet, k.section.Sheet = sheet, sheet
	return err
}

// chooseSheet chooses among several: the only one that has a header, else whoever is asked says.
func chooseSheet(k *look, sheets []string) (string, error) {
	best, known := 0, 0
	d := Doubt{ID: "sheet", Question: "Which sheet has the users?"}
	scores := make([]int, len(sheets))
	for i, name := range sheets {
		f := k.format
		f.Sheet = name
		head, err := readSample(k, f)
		if err != nil {
			return "", err
		}
		if _, scores[i] = k.words.headerOf(head); scores[i] > 1 {
			known++
		}
		if scores[i] > scores[best] {
			best = i
		}
		d.Choices = append(d.Choices, Choice{name, fmt.Sprintf("%d headers that are known", scores[i])})
	}
	if known == 1 {
		k.fact("sheet", sheets[best], Likely, "the only one of %d with headers that are known", len(sheets))
		return sheets[best], nil
	}
	if answer, ok := k.ask(d); ok {
		k.fact("sheet", answer, Certain, "as you say")
		return answer, nil
	}
	k.fact("sheet", sheets[best], Unsettled, "one of %d with rows", len(sheets))
	return sheets[best], nil
}

// readSample reads the first rows.
func readSample(k *look, f tabular.Format) ([]tabular.RawRow, error) {
	var head []tabular.RawRow
	_, err := k.raw(f, func(row tabular.RawRow) bool {
		head = append(head, row)
		return len(head) < sampled
	})
	if errors.Is(err, tabular.ErrRefused) && len(head) > 0 {
		err = nil // what is wrong further down, the trial says
	}
	return head, err
}
