package tabular

import (
	"io"
)

// openWorkbook is a placeholder until the next commit.
func openWorkbook(r io.Reader, _ Format) (source, error) {
	return nil, kind{"workbook", "an Excel workbook", saveAsCSV}.refuse()
}
