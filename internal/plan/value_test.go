package plan

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/roster"
)

// TestReadCells: a cell means what it says, or is refused with what is wrong; ~ is a doubt.
func TestReadCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, code, text string
		want             string
	}{
		{"a text", "jobTitle", "Chef", "Chef"},
		{"an accent in two signs is one letter", "jobTitle", "Ope\u0301rateur", "Opérateur"},
		{"an error of a formula", "jobTitle", "#REF!", "spreadsheet_damage"},
		{"an error of a formula in German", "jobTitle", "#BEZUG!", "spreadsheet_damage"},
		{"a column too narrow", "jobTitle", "####", "spreadsheet_damage"},
		{"three signs of a column too narrow", "jobTitle", "###", "spreadsheet_damage"},
		{"an object of a program", "jobTitle", "[object Object]", "word_for_nothing"},
		{"a remark that begins with an accent", "jobTitle", "À définir", "word_for_nothing"},
		{"the longest remark", "jobTitle", "Non communiqué", "word_for_nothing"},
		{"two signs are no column too narrow, nor a title", "jobTitle", "##", "word_for_nothing"},
		{"a formula", "jobTitle", "=B2", "formula"},
		{"an equals sign alone", "jobTitle", "=", "word_for_nothing"},
		{"a word for nothing", "jobTitle", "NULL", "word_for_nothing"},
		{"a dash for nothing", "jobTitle", "-", "word_for_nothing"},
		{"a word that the address does not have", LastName, "Null", "word_for_nothing"},
		{"None that the address does not have", LastName, "None", "word_for_nothing"},
		{"a first name that is a word", FirstName, "None", "word_for_nothing"},
		{"a first name that is Nan", FirstName, "Nan", "Nan"},
		{"a name in two alphabets", LastName, "Dup\u043ent", "look_alike"},
		{"a login with a no-break blank", Login, "ada\u00a0b", "look_alike"},
		{"a login with a hyphen of a word processor", Login, "ada\u2010b", "look_alike"},
		{"a phone with a hyphen of a word processor", "professionalMobile", "+33\u20106 11", "+33\u20106 11"},
		{"a number in a short form", EmployeeNumber, "1,23E+10", "spreadsheet_damage"},
		{"a number of as many digits as a spreadsheet keeps", EmployeeNumber, "123456789012345", "123456789012345"},
		{"a number that has an E", EmployeeNumber, "12E05", "12E05"},
		{"a number with decimals", EmployeeNumber, "219.0", "spreadsheet_damage"},
		{"a number with thousands", EmployeeNumber, "12 345", "spreadsheet_damage"},
		{"a phone in groups of three", "professionalMobile", "611 223 344", "611 223 344"},
		{"a phone without digits", "professionalMobile", "voir fiche", "bad_phone"},
		{"a phone of zeros", "professionalMobile", "00 00", "bad_phone"},
		{"a phone with hidden digits", "professionalMobile", "+33 6 XX XX 11 22", "bad_phone"},
		{"the longest phone", "professionalMobile", "0049611223344112", "0049611223344112"},
		{"two phones in one", "professionalMobile", "00496112233441122", "bad_phone"},
		{"a phone with its extension in words", "professionalMobile", "+33 611 223 344 poste 1234567", "+33 611 223 344 poste 1234567"},
		{"a formula of old", "jobTitle", "@SUM(A1:A9)", "formula"},
		{"a title with an at sign", "jobTitle", "@home", "@home"},
		{"an error of a formula in LibreOffice", "jobTitle", "Err:502", "spreadsheet_damage"},
		{"a title that begins as that error", "jobTitle", "Err:none", "Err:none"},
		{"a name of digits", LastName, "4711", "misplaced_value"},
		{"a name of one digit", LastName, "4", "misplaced_value"},
		{"a name with an end of 9", LastName, "Roy 9", "Roy 9"},
		{"a name with signs of a program", LastName, "<b>Roy</b>", "misplaced_value"},
		{"a name in the width of Japan", LastName, "Ｒoy", "look_alike"},
		{"a question in a name", FirstName, "Zo?", "look_alike"},
		{"a number that ends in E", EmployeeNumber, "12E", "12E"},
		{"a number in two parts", EmployeeNumber, "12 34", "12 34"},
		{"a number in parts after a letter", EmployeeNumber, "A 345", "A 345"},
		{"a number of five signs with thousands", EmployeeNumber, "1 234", "spreadsheet_damage"},
		{"a number that begins with 9, with thousands", EmployeeNumber, "9.234.567", "spreadsheet_damage"},
		{"a short form in a custom field", "e_badge", "1,23E+10", "spreadsheet_damage"},
		{"a word for nothing in a custom field", "e_badge", "NULL", "word_for_nothing"},
		{"a word that may be a choice of a custom field", "e_badge", "none", "none"},
		{"an address", Mail, "new@acme.example", "new@acme.example"},
		{"an address without a domain", Mail, "new@acme", "bad_mail"},
		{"an address with what cannot be seen", Mail, "new@acme\u200b.example", "bad_mail"},
		{"a gender", "gender", "male", "Male"},
		{"a gender that says nothing", "gender", "undefined", "Undefined"},
		{"a gender in a letter", "gender", "M", "bad_gender"},
		{"a culture", "culture", "FR-fr", "fr-FR 1036"},
		{"German", "culture", "de-DE", "de-DE 1031"}, {"American", "culture", "en-US", "en-US 1033"}, {"English", "culture", "en-GB", "en-GB 2057"}, {"Spanish", "culture", "es-ES", "es-ES 1034"},
		{"Flemish", "culture", "nl-BE", "nl-BE 2067"}, {"Italian", "culture", "it-IT", "it-IT 1040"},
		{"a culture that Lucca has not", "culture", "pt-PT", "bad_culture"},
		{"a country", "nationality", "fr", "FR"},
		{"a country in words", "nationality", "France", "bad_country"},
		{"a country in three letters", "nationality", "FRA", "bad_country"},
		{"a union of countries", "nationality", "EU", "bad_country"},
		{"a country that there is not", "nationality", "ZZ", "bad_country"},
		{"an address that stands for none", Mail, "aucun@aucun.fr", "bad_mail"},
		{"an address to try things", Mail, "test@test.fr", "bad_mail"},
		{"a mailbox to try things", Mail, "test@acme.example", "test@acme.example"},
		{"a provider with another ending", Mail, "a@gmail.fr", "bad_mail"},
		{"a provider with its ending", Mail, "a@gmail.com", "a@gmail.com"},
		{"a name with a sign", LastName, "Roy*", "misplaced_value"},
		{"a name that ends in a comma", LastName, "Roy,", "misplaced_value"},
		{"a last name with a form of address", LastName, "Mme Roy", "misplaced_value"},
		{"a last name with a short one", LastName, "M. Roy", "misplaced_value"},
		{"a first name with a form of address", FirstName, "Mr Paul", "misplaced_value"},
		{"a first name with an initial before it", FirstName, "M. Paul", "M. Paul"},
		{"a name whose letters stand apart", LastName, "R o y", "damaged_text"},
		{"two letters apart", LastName, "R o", "R o"},
		{"the title of a column for a first name", FirstName, "Prénom", "misplaced_value"},
		{"a family of that name", LastName, "Monsieur", "Monsieur"},
		{"a name that is the longest title", FirstName, "Mademoiselle", "misplaced_value"},
		{"a first name that is Nil", FirstName, "Nil", "Nil"},
		{"a first name that is a word in another case", FirstName, "NAN", "word_for_nothing"},
		{"a last name that is a word", LastName, "n/a", "word_for_nothing"},
		{"a last name that is Nan", LastName, "Nan", "Nan"},
		{"a phone with a raised digit", "professionalMobile", "06 11 22 33 4²", "look_alike"},
		{"a number that is a word for nothing", EmployeeNumber, "N/A", "word_for_nothing"},
		{"a number that is none by its beginning", EmployeeNumber, "2026-0001-A", "2026-0001-A"},
		{"a phone with two plus signs", "professionalMobile", "+33+611223344", "bad_phone"},
		{"a phone with a question", "professionalMobile", "0611223344?", "bad_phone"},
		{"a phone that is a fraction", "professionalMobile", "3.36112", "bad_phone"},
		{"the longest phone, which ends in 0", "professionalMobile", "0049611223344110", "0049611223344110"},
		{"a title that is a remark", "jobTitle", "Sans objet", "word_for_nothing"},
		{"a title of signs", "jobTitle", "$$", "word_for_nothing"},
		{"a country of its own for a phone", "professionalMobile", "+33", "bad_phone"},
		{"an establishment", Establishment, "nte", "Acme Nantes 2"},
		{"an establishment that is near", Establishment, "Acme Nante", "unknown_establishment"},
		{"a role", PrimaryRole, "utilisateur", "Utilisateur 1"},
		{"a role that there is not", PrimaryRole, "Chef", "unknown_role"},
		{"a first day", ContractStart, "01/12/2026", "2026-12-01"},
		{"a first day with its time", ContractStart, "01/12/2026 00:00", "bad_date"},
		{"a first day by its number", ContractStart, "46357", "bad_date"},
		{"a first day, year first", ContractStart, "2026-12-01", "bad_date"},
		{"a first day without zeros", ContractStart, "1/12/2026", "bad_date"},
		{"a first day with points", ContractStart, "01.12.2026", "bad_date"},
		{"a first day, month first", ContractStart, "12/31/2026", "bad_date"},
		{"a first day that there is not", ContractStart, "31/11/2026", "bad_date"},
		{"a leap day", ContractStart, "29/02/2024", "2024-02-29"},
		{"no leap day", ContractStart, "29/02/2023", "bad_date"},
		{"a first day five years away", ContractStart, "31/12/2031", "2031-12-31"},
		{"a first day six years away", ContractStart, "01/01/2032", "implausible_date"},
		{"a first day in 1940", ContractStart, "01/01/1940", "1940-01-01"},
		{"a first day in 1939", ContractStart, "31/12/1939", "implausible_date"},
		{"an end in a year", ContractEnd, "31/12/2027", "2027-12-31"},
		{"an end on the last day of a year twenty years away", ContractEnd, "31/12/2046", "2046-12-31"},
		{"an open end", ContractEnd, "31/12/2047", "implausible_date"},
		{"an open end on the first day of a year", ContractEnd, "01/01/2050", "implausible_date"},
		{"an end a day before that of a year", ContractEnd, "30/12/2047", "2047-12-30 ~far_end"},
		{"an end on the second day of a year", ContractEnd, "02/01/2050", "2050-01-02 ~far_end"},
		{"an end on the first day of another month", ContractEnd, "01/02/2050", "2050-02-01 ~far_end"},
		{"an end far away", ContractEnd, "15/06/2047", "2047-06-15 ~far_end"},
		{"an end fifty years away", ContractEnd, "15/06/2076", "2076-06-15 ~far_end"},
		{"an end fifty-one years away", ContractEnd, "15/06/2077", "implausible_date"},
		{"the last day that a program knows", ContractEnd, "31/12/9999", "bad_date"},
		{"born", birthDate, "17/05/1990", "1990-05-17"},
		{"born tomorrow", birthDate, "23/11/2026", "birth_in_future"},
		{"born twelve years ago", birthDate, "01/01/2014", "implausible_date"},
		{"born thirteen years ago", birthDate, "31/12/2013", "2013-12-31"},
		{"born a hundred years ago", birthDate, "01/01/1926", "1926-01-01"},
		{"born a hundred and one years ago", birthDate, "31/12/1925", "implausible_date"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := readAs(t, tt.code, tt.text); got != tt.want {
				t.Errorf("%q is %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// readAs says what a cell of somebody new means.
func readAs(t *testing.T, code, text string) string {
	t.Helper()
	in := officeInput(t, Policy{}, "login;"+code, "new;")
	_, drafts := resolved(in)
	prop, ok := propertyOf(code)
	if !ok {
		t.Fatalf("no property %s", code)
	}
	mentioned := newMentions()
	mentioned.add(text)
	v, bad := cellReader{in, newCrowd(in, drafts, mentioned)}.read(&drafts[0], &column{property: prop, name: code, cell: 1}, text)
	if bad != nil {
		return bad.code
	}
	c := v.change()
	got := c.To
	if len(c.IDs) > 0 {
		got += strings.Trim(strings.ReplaceAll(fmt.Sprint(c.IDs), "[", " "), "]")
	}
	if v.doubt != nil {
		got += " ~" + v.doubt.code
	}
	return got
}

// A date that Lucca has already is right, whatever it is.
func TestADateThatLuccaHasIsNotDoubted(t *testing.T) {
	t.Parallel()
	old := roster.Date{Year: 1930, Month: 1, Day: 1}
	e := &roster.Employee{ID: 1, ContractStart: old}
	prop, _ := propertyOf(ContractStart)
	c := &column{property: prop, name: ContractStart}
	today := roster.Date{Year: 2026, Month: 11, Day: 22}
	if v, bad := readDate(today, e, c, "01/01/1930"); bad != nil || v.date != old {
		t.Errorf("its own: %+v, %+v", v, bad)
	}
	if _, bad := readDate(today, e, c, "02/01/1930"); bad == nil || bad.code != "implausible_date" {
		t.Errorf("another: %+v", bad)
	}
	if _, bad := readDate(today, nil, c, "01/01/1930"); bad == nil || bad.code != "implausible_date" {
		t.Errorf("of somebody new: %+v", bad)
	}
}

// Habits are those of nearly everybody, of enough people.
func TestHabits(t *testing.T) {
	t.Parallel()
	number := func(values ...string) (list []roster.Employee) {
		for i, v := range values {
			list = append(list, roster.Employee{ID: i + 1, EmployeeNumber: v})
		}
		return list
	}
	for _, tt := range []struct {
		name   string
		people []roster.Employee
		want   int
	}{
		{"five with zeros", number("00001", "00002", "00003", "00004", "00005"), 5},
		{"four are too few", number("00001", "00002", "00003", "00004"), 0},
		{"none with zeros", number("10001", "10002", "10003", "10004", "10005"), 0},
		{"one without", number("00001", "00002", "00003", "00004", "00005", "00006", "00007", "00008", "00009", "7"), 5},
		{"one of six without", number("00001", "00002", "00003", "00004", "00005", "7"), 0},
		{"two without", number("00001", "00002", "00003", "00004", "00005", "00006", "00007", "00008", "9", "7"), 0},
		{"texts do not count", number("00001", "00002", "00003", "00004", "00005", "A1", "B2", "C3"), 5},
		{"nobody has one", number("", "", "", "", "", ""), 0},
	} {
		people, err := roster.New(roster.Snapshot{Employees: tt.people}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
		if err != nil {
			t.Fatal(err)
		}
		prop, _ := propertyOf(EmployeeNumber)
		if got := habitsOf(people, []column{{property: prop, name: EmployeeNumber}}, "").of[EmployeeNumber].width; got != tt.want {
			t.Errorf("%s: %d digits, want %d", tt.name, got, tt.want)
		}
	}
}

// A number of a few digits, where Lucca has more with zeros in front, has lost them.
func TestNumbersThatLostTheirZeros(t *testing.T) {
	t.Parallel()
	prop, _ := propertyOf(EmployeeNumber)
	c := &column{property: prop, name: EmployeeNumber}
	h := habit{width: 5}
	known := &roster.Employee{EmployeeNumber: "00219"}
	for _, tt := range []struct {
		e    *roster.Employee
		text string
		want bool
	}{
		{nil, "219", true}, {nil, "00219", false}, {nil, "123456", false}, {nil, "A19", false}, {nil, "1234", true}, {nil, "12345", false},
		{known, "219", false}, // checkNumber has more to say
		{known, "220", true},
	} {
		if got := h.lost(tt.e, c, tt.text) != nil; got != tt.want {
			t.Errorf("%q of %v: %v", tt.text, tt.e, got)
		}
	}
	none := habit{}
	if none.lost(nil, c, "219") != nil {
		t.Error("without a habit nothing is lost")
	}
}

// Logins and addresses do not differ by case, numbers not by zeros in front where they are
// looked for.
func TestTheDirectory(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{}, "login;firstName")
	d := in.directory
	names := func(list []*roster.Employee) string {
		var all []string
		for _, e := range list {
			all = append(all, e.Login)
		}
		return strings.Join(all, " ")
	}
	for _, tt := range []struct {
		number        string
		establishment int
		exact, nearly string
	}{
		{"00007", 1, "ben", ""}, {"7", 1, "", "ben"}, {"7", 2, "cleo", ""}, {"007", 2, "", "cleo"}, {"00007", 3, "", ""}, {"8", 1, "", ""},
	} {
		exact, nearly := d.numbered(tt.number, tt.establishment)
		if names(exact) != tt.exact || names(nearly) != tt.nearly {
			t.Errorf("%s in %d: %q and nearly %q", tt.number, tt.establishment, names(exact), names(nearly))
		}
	}
	for text, want := range map[string]string{"Ada Lovelace": "ada", "lovelace ADA": "ada", "Lovelace, Ada": "ada", "Ben d’Angelo": "ben", "ben angelo": "ben", "Ada": "", "Nobody Known": ""} {
		if got := names(d.called(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if officeInput(t, Policy{}, "login;jobTitle").directory.byName != nil {
		t.Error("names are indexed for a file that has none")
	}
}
