// Package testdata holds the invented company Acme and the files that are exchanged about it,
// byte for byte as whoever writes them does. Everybody in them is invented. Tests of several
// packages read them, and so do the sandbox and the demo, for which they are embedded.
//
//	company/   who and what there is: the structure, the words that people are made of, and
//	           staff.csv, the people that the user files are about. UTF-8, semicolons.
//	users/     user files as payrolls drop them, in their own encodings
//	hires/     candidates as applicant tracking systems send or drop them
//	partners/  the files that training partners get
//	inbound/   user files, one archive a trap, with what becomes of each row
//
// lucca-pages.txtar has answers of Lucca's API as its public pages show them.
package testdata

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"

	"github.com/gocarina/gocsv"
)

// Files are those of the folders that a program may need too.
//
//go:embed company hires partners users
var Files embed.FS

// Rows reads one of the tables with a header and semicolons, such as company/staff.csv, into
// structs, whose csv tags name the columns. It panics when the file is not like that, since
// the files are part of the program.
func Rows[T any](name string) []T {
	f, err := Files.Open(name)
	if err != nil {
		panic(fmt.Sprintf("open table: %v", err))
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comma = ';'
	var rows []T
	if err := gocsv.UnmarshalCSV(in, &rows); err != nil {
		panic(fmt.Sprintf("read table %q: %v", name, err))
	}
	return rows
}

// Bytes is a file as it is. It panics when there is none.
func Bytes(name string) []byte {
	b, err := fs.ReadFile(Files, name)
	if err != nil {
		panic(fmt.Sprintf("read file: %v", err))
	}
	return b
}

// Person is somebody of company/staff.csv.
type Person struct {
	// Number is the employee number without its zeros.
	Number int    `csv:"number"`
	Login  string `csv:"login"`
	First  string `csv:"first"`
	Last   string `csv:"last"`
	// Birth is written DD/MM/YYYY.
	Birth         string `csv:"birth"`
	Establishment int    `csv:"establishment"`
	Department    int    `csv:"department"`
	Phone         string `csv:"phone"`
}

// Staff are the people that the user files are about, by number.
func Staff() []Person { return Rows[Person]("company/staff.csv") }
