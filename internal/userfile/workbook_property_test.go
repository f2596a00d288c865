package userfile_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/userfile"
)

// cellOf writes a value of a person into a cell, in one of the ways in which spreadsheets hold
// it or spoil it.
type cellOf struct {
	name string
	// of are the columns that it is done to; empty for all.
	of  string
	put func(f *excelize.File, cell, text string) error
}

func styled(format string, value func(text string) any) func(*excelize.File, string, string) error {
	return func(f *excelize.File, cell, text string) error {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return err
		}
		if err := f.SetCellValue("Sheet1", cell, value(text)); err != nil {
			return err
		}
		return f.SetCellStyle("Sheet1", cell, cell, style)
	}
}

func text(change func(string) string) func(*excelize.File, string, string) error {
	return func(f *excelize.File, cell, text string) error { return f.SetCellStr("Sheet1", cell, change(text)) }
}

// asNumber is what typing a text of digits makes of it.
func asNumber(text string) any {
	n := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			n = 10*n + int(c-'0')
		}
	}
	return n
}

// asSerial is the day of a text as DD/MM/YYYY, counted as Excel does.
func asSerial(text string) any {
	day, err := time.Parse("02/01/2006", text)
	if err != nil {
		return text
	}
	return int(day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
}

func manners() []cellOf {
	same := func(s string) string { return s }
	word := func(w string) func(*excelize.File, string, string) error {
		return text(func(string) string { return w })
	}
	return []cellOf{
		{"text", "", text(same)},
		{"text in two runs", "", func(f *excelize.File, cell, text string) error {
			return f.SetCellRichText("Sheet1", cell, []excelize.RichTextRun{{Text: text[:2], Font: &excelize.Font{Bold: true}}, {Text: text[2:]}})
		}},
		{"a guard", "employeenumber professionalMobile", text(func(s string) string { return `="` + s + `"` })},
		{"an apostrophe", "employeenumber professionalMobile", text(func(s string) string { return "'" + s })},
		{"a blank that does not break", "", text(func(s string) string { return s + "\u00a0" })},
		{"a sign that cannot be seen", "employeenumber lastName", text(func(s string) string { return s[:1] + "\u200b" + s[1:] })},
		{"a number", "employeenumber professionalMobile", styled("General", asNumber)},
		{"a number with its zeros", "employeenumber", styled("00000", asNumber)},
		{"a number with decimals", "employeenumber professionalMobile", styled("0.00", asNumber)},
		{"a number with groups", "employeenumber professionalMobile", styled("#,##0", asNumber)},
		{"a number with an exponent", "employeenumber professionalMobile", styled("0.00E+00", asNumber)},
		{"a day", "dtBirth", styled("dd/mm/yyyy", asSerial)},
		{"a day, month first", "dtBirth", styled("mm/dd/yyyy", asSerial)},
		{"a day with a time", "dtBirth", styled("yyyy-mm-dd hh:mm", asSerial)},
		{"a day in words", "dtBirth", styled(`d" "mmmm" "yyyy`, asSerial)},
		{"a day as a number", "dtBirth", styled("General", asSerial)},
		{"a day in a text", "jobTitle employeenumber", styled("dd/mm/yyyy", func(string) any { return 46115 })},
		{"true", "jobTitle employeenumber lastName", styled("General", func(string) any { return true })},
		{"an error", "", word("#N/A")}, {"too narrow", "", word("########")}, {"nothing", "employeenumber professionalMobile jobTitle", word("NULL")},
		{"a day that was 3-4", "jobTitle employeenumber lastName", word("03-avr")}, {"a letter for a digit", "employeenumber", text(func(s string) string { return strings.Replace(s, "0", "O", 1) })},
		{"digits of another alphabet", "employeenumber", text(func(s string) string { return strings.Replace(s, "0", "\u0660", 1) })},
		{"a letter of another alphabet", "lastName", text(func(s string) string { return strings.Replace(s, "a", "\u0430", 1) })},
		{"encoded twice", "lastName jobTitle", text(func(s string) string { return strings.NewReplacer("é", "Ã©", "è", "Ã¨", "ü", "Ã¼").Replace(s) })},
		{"letters lost", "lastName jobTitle", text(func(s string) string { return strings.NewReplacer("é", "?", "è", "?", "ü", "?").Replace(s) })},
	}
}

// TestNoWrittenValueDiffersFromWhatAPersonReadsInAWorkbook: each cell of a workbook is written in
// one of the ways above. What is planned is what its author meant, or nothing is.
func TestNoWrittenValueDiffersFromWhatAPersonReadsInAWorkbook(t *testing.T) {
	t.Parallel()
	people := staff(t)
	columns := []string{"login", "lastName", "employeenumber", "professionalMobile", "dtBirth", "jobTitle"}
	rapid.Check(t, func(t *rapid.T) {
		f := excelize.NewFile()
		defer func() { _ = f.Close() }()
		if err := f.SetSheetRow("Sheet1", "A1", &columns); err != nil {
			t.Fatal(err)
		}
		meant := make(map[string]map[string]string)
		var told []string
		for i, login := range []string{"zdaubigne", "llegoff", "clefevre"} {
			row := map[string]string{
				"login": login, "lastName": rapid.SampledFrom([]string{"Lefèvre", "Gérard", "Müller", "Dupont", "Hélène Martin"}).Draw(t, "last"),
				"employeenumber": fmt.Sprintf("00%03d", 100+i), "professionalMobile": fmt.Sprintf("+336%08d", rapid.IntRange(10_000_000, 99_999_999).Draw(t, "phone")),
				"dtBirth":  fmt.Sprintf("%02d/%02d/%d", rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1960, 2000).Draw(t, "year")),
				"jobTitle": rapid.SampledFrom([]string{"Chargée de qualité", "Agent", "Küchenhilfe"}).Draw(t, "title"),
			}
			meant[login] = row
			for j, code := range columns {
				var fit []cellOf
				for _, m := range manners() {
					if m.of == "" || slices.Contains(strings.Fields(m.of), code) {
						fit = append(fit, m)
					}
				}
				how := fit[0]
				if j > 0 {
					how = rapid.SampledFrom(fit).Draw(t, code)
				}
				cell, err := excelize.CoordinatesToCellName(j+1, i+2)
				if err == nil {
					err = how.put(f, cell, row[code])
				}
				if err != nil {
					t.Fatal(err)
				}
				told = append(told, fmt.Sprintf("%s %q as %s", cell, row[code], how.name))
			}
		}
		var in bytes.Buffer
		if err := f.Write(&in); err != nil {
			t.Fatal(err)
		}
		table, _, err := userfile.Read(bytes.NewReader(in.Bytes()), userfile.Options{})
		if err != nil {
			return
		}
		made := plan.Make(table, people, plan.Policy{})
		for _, item := range made.Items {
			for code, change := range item.Set.All() {
				want := meant[item.Login][code]
				if code == "dtBirth" {
					want = want[6:] + "-" + want[3:5] + "-" + want[:2]
				}
				if item.Action != plan.Reject && change.To != want {
					t.Fatalf("%s of %s is %q, meant %q: %s\n%v", code, item.Login, change.To, want, strings.Join(told, "\n"), made.Findings)
				}
			}
		}
	})
}

// TestAMendedWorkbookComesBackFromOtherPrograms: programs that save a workbook keep its texts, and
// drop the styles, share the strings, type what was typed anew, and leave rows of formats behind.
func TestAMendedWorkbookComesBackFromOtherPrograms(t *testing.T) {
	t.Parallel()
	const in = "login;employeenumber;professionalMobile;dtContractStart;jobTitle\r\na;00042;+33605032582;01/12/2026;=1+1\r\nb;00043;0605032583;02/12/2026;Chef\r\n"
	both := errorsIn(2, 3)
	_, raw := workbook(t, in, userfile.Options{}, true, both...)
	ours, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	rows, err := ours.GetRows("rows")
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	for _, tt := range []struct {
		name string
		// retype is what becomes of a cell that was typed anew, by its column.
		retype map[int]func(*excelize.File, string, string) error
		want   string
		codes  string
	}{
		{"all texts", nil, "a|00042|+33605032582|01/12/2026|Cheffe b|00043|0605032583|02/12/2026|Chef", ""},
		{"dates typed anew", map[int]func(*excelize.File, string, string) error{3: styled("dd/mm/yyyy", asSerial)}, "a|00042|+33605032582|01/12/2026|Cheffe b|00043|0605032583|02/12/2026|Chef", ""},
		{"dates typed anew, shown month first", map[int]func(*excelize.File, string, string) error{3: styled("m/d/yy", asSerial)}, "a|00042|+33605032582|01/12/2026|Cheffe b|00043|0605032583|02/12/2026|Chef", ""},
		{"numbers with their zeros as a format", map[int]func(*excelize.File, string, string) error{1: styled("00000", asNumber)}, "a|00042|+33605032582|01/12/2026|Cheffe b|00043|0605032583|02/12/2026|Chef", ""},
		{"phones typed anew", map[int]func(*excelize.File, string, string) error{2: styled("General", asNumber)}, "a|00042|33605032582|01/12/2026|Cheffe b|00043|605032583|02/12/2026|Chef", "leading_zeros"},
		{"numbers typed anew", map[int]func(*excelize.File, string, string) error{1: styled("General", asNumber)}, "a|42|+33605032582|01/12/2026|Cheffe b|43|0605032583|02/12/2026|Chef", "leading_zeros"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := resaved(t, rows, tt.retype)
			if err := f.SetCellStr("Sheet1", "E2", "Cheffe"); err != nil {
				t.Fatal(err)
			}
			var saved bytes.Buffer
			if err := f.Write(&saved); err != nil {
				t.Fatal(err)
			}
			table, _, err := userfile.Read(bytes.NewReader(saved.Bytes()), userfile.Options{})
			if err != nil || !table.Partial {
				t.Fatalf("%+v, %v", table, err)
			}
			var got []string
			for _, row := range table.Rows {
				got = append(got, strings.Join(row.Cells, "|"))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			codes := ""
			for _, f := range plan.Make(table, numbered(t), plan.Policy{}).Findings {
				if f.Code == "leading_zeros" {
					codes = f.Code
				}
			}
			if codes != tt.codes {
				t.Errorf("says %q, want %q", codes, tt.codes)
			}
		})
	}
}

// errorsIn are faults of rows.
func errorsIn(rows ...int) (all []finding.Finding) {
	for _, row := range rows {
		all = append(all, finding.Finding{Severity: finding.Error, Code: "x", Column: "jobTitle", Message: "jobTitle is wrong"}.At(row, 4))
	}
	return all
}

// resaved is a workbook as another program saves it, with some columns typed anew.
func resaved(t *testing.T, rows [][]string, retype map[int]func(*excelize.File, string, string) error) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	t.Cleanup(func() { _ = f.Close() })
	for i, row := range rows {
		for j, value := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			put := text(func(s string) string { return s })
			if anew, ok := retype[j]; ok && i > 0 {
				put = anew
			}
			if err := put(f, cell, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.NewSheet("findings"); err != nil {
		t.Fatal(err)
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err == nil {
		err = f.SetCellStyle("Sheet1", "A5", "H40", style)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// numbered is a company whose numbers have five digits, and whose phones + or 0.
func numbered(t *testing.T) *roster.Roster {
	t.Helper()
	var s roster.Snapshot
	for i, login := range []string{"a", "b", "c", "d", "e", "f"} {
		s.Employees = append(s.Employees, roster.Employee{
			ID: i + 1, Login: login, EmployeeNumber: fmt.Sprintf("%05d", 42+i), ProfessionalMobile: fmt.Sprintf("+3360503258%d", i),
			ContractStart: roster.Date{Year: 2019, Month: 3, Day: 4}, JobTitle: "Technicien", EstablishmentID: 1,
		})
	}
	people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 28}})
	if err != nil {
		t.Fatal(err)
	}
	return people
}
