package userfile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/testdata"
)

// staff are the first people of testdata, with numbers of five digits.
func staff(t testing.TB) *roster.Roster {
	t.Helper()
	day := func(y int16, m, d uint8) roster.Date { return roster.Date{Year: y, Month: m, Day: d} }
	s := roster.Snapshot{
		Establishments: []roster.Establishment{{ID: 3, Name: "Acme Lyon", Code: "LYO"}},
		Departments:    []roster.Department{{ID: 30, Name: "Direction RH", Code: "D30", Hierarchy: "/3/", Parent: "/"}, {ID: 31, Name: "Support", Code: "D31", Hierarchy: "/4/", Parent: "/"}},
		Roles:          []roster.Role{{ID: 12, Name: "Utilisateur"}},
	}
	for i, p := range testdata.Staff()[:6] {
		s.Employees = append(s.Employees, roster.Employee{
			ID: 2000 + i, Login: p.Login, FirstName: p.First, LastName: p.Last, Mail: p.Login + "@acme.example", EmployeeNumber: fmt.Sprintf("%05d", p.Number), ProfessionalMobile: p.Phone,
			EstablishmentID: 3, DepartmentID: 30, RoleID: 12, ContractStart: day(2019, 5, 19), BirthDate: day(1985, 2, 17), Gender: "Male", Culture: "fr-FR", JobTitle: "Technicien",
			Extensions: map[string]string{"e_badge": fmt.Sprintf("77%d", i), "e_meal": "None"},
		})
	}
	r, err := roster.New(s, roster.Settings{Day: day(2026, 11, 28)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outcome is what becomes of a file: the rows that change something, then what is said.
func outcome(t testing.TB, in string, o userfile.Options, p plan.Policy) string {
	t.Helper()
	p.Defaults = plan.Defaults{Values: map[string]string{"legalEntity": "Acme Lyon", "department": "Direction RH", "rolePrincipal": "Utilisateur", "culture": "fr-FR"}}
	o.Identifier = p.Identifier
	table, _, err := userfile.Read(strings.NewReader(in), o)
	if err != nil {
		var codes []string
		for _, f := range table.Findings {
			if f.Severity == finding.Error {
				codes = append(codes, f.Code)
			}
		}
		return "refused: " + strings.Join(slices.Compact(codes), " ")
	}
	made := plan.Make(table, staff(t), p)
	var out []string
	for _, item := range made.Items {
		text := fmt.Sprintf("%d %s", item.Row, item.Action)
		set := maps.Collect(item.Set.All())
		for _, code := range slices.Sorted(maps.Keys(set)) {
			if item.Action != plan.Create || code != "login" && code != "legalEntity" && code != "department" && code != "rolePrincipal" && code != "culture" {
				text += " " + code + "=" + set[code].To
			}
		}
		out = append(out, text)
	}
	for _, f := range made.Findings {
		out = append(out, fmt.Sprintf("%c:%s@%s", f.Severity[0], f.Code, f.Cell))
	}
	return strings.Join(out, " | ")
}

const hireHeader = "login;firstName;lastName;mail;dtContractStart;employeenumber;professionalMobile;jobTitle\r\n"

func dos(t *testing.T, text string) string {
	t.Helper()
	out, err := charmap.CodePage850.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCasesOfTheField are files as people really wrote them; the numbers are those of the
// collection that they come from.
func TestCasesOfTheField(t *testing.T) {
	t.Parallel()
	hire := hireHeader + "hlefevre;Hélène;Lefèvre;h.lefevre@acme.example;01/12/2026;90001;;Ingénieure qualité\r\n"
	created := "2 create dtContractStart=2026-12-01 employeenumber=90001 firstName=Hélène jobTitle=Ingénieure qualité lastName=Lefèvre mail=h.lefevre@acme.example"
	for _, tt := range []struct {
		name, in string
		options  userfile.Options
		policy   plan.Policy
		want     string
	}{
		{name: "08 a quote swallows the next row", in: "login;jobTitle;address\r\nllegoff;Chef;\"12 rue des Lilas\r\nclefevre;Cheffe;14 rue des Roses\"\r\nzdaubigne;Directrice;3 quai\r\n", want: "refused: swallowed_rows"},
		{name: "09 dates with the month first", in: "login;firstName;lastName;mail;dtContractStart;dtBirth\r\nn0;Nina;Roche;n0@acme.example;12/15/2026;07/14/1990\r\nn1;Nadia;Riou;n1@acme.example;12/01/2026;04/03/1991\r\n", want: "refused: date_order"},
		{name: "09 dates with the month first, which is set", in: "login;dtBirth\r\nllegoff;07/14/1990\r\nclefevre;04/03/1991\r\n", options: userfile.Options{Dates: []string{"MM/DD/YYYY"}}, want: "2 update dtBirth=1990-07-14 | 3 update dtBirth=1991-04-03"},
		{name: "09 dates with the day first under the month first", in: "login;dtBirth\r\nllegoff;14/07/1990\r\nclefevre;04/03/1991\r\n", options: userfile.Options{Dates: []string{"MM/DD/YYYY"}}, want: "refused: bad_date date_order"},
		{name: "11 cp850", in: dos(t, hire), want: "refused: damaged_text wrong_encoding"},
		{name: "11 cp850, which is set", in: dos(t, hire), options: userfile.Options{Encoding: "cp850"}, want: created},
		{name: "13 UTF-8 under windows-1252", in: hire, options: userfile.Options{Encoding: "windows-1252"}, want: "refused: damaged_text wrong_encoding"},
		{name: "15 encoded twice", in: strings.NewReplacer("é", "Ã©", "è", "Ã¨").Replace(hire), want: "refused: damaged_text"},
		{name: "16 question marks", in: strings.NewReplacer("é", "?", "è", "?").Replace(hire), want: "refused: damaged_text"},
		{name: "18 signs in an address that cannot be seen", in: hireHeader + "jmartin;Jean\u200f;\u202eMartin\u202c;jean.mar\u200btin@acme.example;01/12/2026;90001;;Comptable\r\n", want: "2 reject | e:bad_mail@D2"},
		{name: "18 signs in names that cannot be seen", in: "login;mail;lastName\r\nllegoff;loic.legoff@acme.example\u202c;Le\u00a0Goff\r\nclefevre;chloe\u00a0lefevre@acme.example;Lef\u00adèvre\r\n", want: "2 update mail=loic.legoff@acme.example | 3 reject | w:blanks_mended@C2 | e:bad_mail@B3"},
		{name: "18 look-alikes", in: "login;mail;lastName\r\nllegoff;loic.lеgoff@acme.example;Le Goff\r\nclefevre;;Lеfèvre\r\nzdaubign\u0435;;\r\n", want: "2 reject | 3 reject | 4 reject | e:bad_mail@B2 | e:look_alike@C3 | e:look_alike@A4"},
		{name: "20 phones without + and zero", in: "login;professionalMobile\r\nllegoff;33605032582\r\nclefevre;685753514\r\nevasseur;691536852\r\noroux;612345678\r\n", want: "2 reject | 3 reject | 4 reject | 5 reject | e:leading_zeros@B2 | e:leading_zeros@B3 | e:leading_zeros@B4 | e:leading_zeros@B5"},
		{name: "21 numbers with decimals and thousands", in: "login;employeenumber;professionalMobile\r\nllegoff;3.0;33605032582.0\r\nclefevre;12345,00;+33685753514\r\nzdaubigne;12\u202f345;+33649081935\r\noroux;1,2E+10;6.1E+10\r\n", want: "2 reject | 3 reject | 4 reject | 5 reject | e:spreadsheet_damage@B2 | e:spreadsheet_damage@C2 | e:spreadsheet_damage@B3 | e:look_alike@B4 | e:spreadsheet_damage@B5 | e:spreadsheet_damage@C5"},
		{name: "21 in a login and a custom field", in: "login;e_badge\r\n2001.0;1\r\nllegoff;7,7E+12\r\nclefevre;773.0\r\n", want: "2 reject | 3 reject | 4 reject | e:spreadsheet_damage@A2 | e:spreadsheet_damage@B3 | e:spreadsheet_damage@B4"},
		{name: "23 words for nothing", in: "login;professionalMobile;jobTitle\r\nllegoff;NULL;NULL\r\nclefevre;nan;None\r\nzdaubigne;\\N;(null)\r\n", want: "2 reject | 3 reject | 4 reject | e:word_for_nothing@B2 | e:word_for_nothing@C2 | e:word_for_nothing@B3 | e:word_for_nothing@C3 | e:word_for_nothing@B4 | e:word_for_nothing@C4"},
		{name: "23 words for nothing, which are set", in: "login;professionalMobile;jobTitle\r\nllegoff;NULL;Chef\r\nclefevre;nan;null\r\n", options: userfile.Options{Null: []string{"NULL", "nan"}}, want: "2 update jobTitle=Chef | 3 unchanged"},
		{name: "23 a family of that name", in: hireHeader + "jnull;Jean;Null;jean.null@acme.example;01/12/2026;90001;;\r\n", want: "2 create dtContractStart=2026-12-01 employeenumber=90001 firstName=Jean lastName=Null mail=jean.null@acme.example"},
		{name: "23 nothing in custom fields", in: "login;e_meal;e_badge\r\nllegoff;None;nan\r\n", want: "2 reject | e:word_for_nothing@C2"},
		{name: "25 an open end as a date", in: "login;dtContractEnd\r\nllegoff;31/12/2099\r\nclefevre;31/12/9999\r\nzdaubigne;00/00/0000\r\n", want: "2 reject | 3 reject | 4 reject | e:implausible_date@B2 | e:bad_date@B3 | e:bad_date@B4"},
		{name: "25 an open end, which is set", in: "login;jobTitle;dtContractEnd\r\nllegoff;Chef;31/12/2099\r\nclefevre;Cheffe;31/12/9999 00:00:00\r\nzdaubigne;Chef;00/00/0000\r\n", options: userfile.Options{OpenEnd: []string{"31/12/2099", "31/12/9999", "00/00/0000"}}, want: "2 update jobTitle=Chef | 3 update jobTitle=Cheffe | 4 update jobTitle=Chef"},
		{name: "25 an end that is far away", in: "login;dtContractEnd\r\nllegoff;30/06/2049\r\n", want: "2 end dtContractEnd=2049-06-30 | w:far_end@B2"},
		{name: "25 other dates that nobody means", in: "login;dtContractStart;dtBirth\r\nllegoff;01/01/1900;01/01/1900\r\nclefevre;19/05/2091;17/02/2025\r\n", want: "2 reject | 3 reject | e:implausible_date@B2 | e:implausible_date@C2 | e:implausible_date@B3 | e:implausible_date@C3"},
		{name: "40 a column too many", in: "login;jobTitle;Salaire brut\r\nllegoff;Chef;3000\r\n", want: "refused: unknown_column"},
		{name: "40 a column too many, which is ignored", in: "login;jobTitle;Salaire brut\r\nllegoff;Chef;3000\r\n", options: userfile.Options{Layout: tabular.Layout{Ignore: []string{"salaire brut"}}}, want: "2 update jobTitle=Chef"},
		{name: "40 any column too many", in: "login;jobTitle;Salaire brut\r\nllegoff;Chef;3000\r\n", options: userfile.Options{Layout: tabular.Layout{IgnoreUnknown: true}}, want: "2 update jobTitle=Chef | w:ignored_column@C1"},
		{name: "41 rows end with a separator", in: "login;jobTitle\r\nllegoff;Chef;\r\nclefevre;Cheffe;\r\n", want: "2 update jobTitle=Chef | 3 update jobTitle=Cheffe"},
		{name: "41 the header ends with one", in: "login;jobTitle;\r\nllegoff;Chef\r\n", want: "2 update jobTitle=Chef"},
		{name: "42 sep=", in: "sep=;\r\nlogin;jobTitle\r\nllegoff;Chef\r\n", want: "3 update jobTitle=Chef"},
		{name: "44 the same row twice", in: "login;jobTitle\r\nllegoff;Chef\r\nllegoff;Chef\r\n", want: "2 update jobTitle=Chef | w:repeated_row@"},
		{name: "44 the same row twice, which is rejected", in: "login;jobTitle\r\nllegoff;Chef\r\nllegoff;Chef\r\n", options: userfile.Options{Duplicates: "reject"}, want: "2 reject | 3 reject | e:duplicate_row@A2 | e:duplicate_row@A3"},
		{name: "44 two rows that differ", in: "login;jobTitle\r\nllegoff;Chef\r\nllegoff;Cadre\r\n", want: "2 reject | 3 reject | e:duplicate_row@A2 | e:duplicate_row@A3"},
		{name: "45 a mailbox of several", in: hireHeader + "jmartin;Jean;Martin;usine@acme.example;01/12/2026;90001;;\r\npdurand;Paul;Durand;usine@acme.example;01/12/2026;90002;;\r\n", want: "2 reject | 3 reject | e:duplicate_mail@D2 | e:duplicate_mail@D3"},
		{name: "45 a mailbox of several, which is set", in: hireHeader + "jmartin;Jean;Martin;usine@acme.example;01/12/2026;90001;;\r\npdurand;Paul;Durand;usine@acme.example;01/12/2026;90002;;\r\n", policy: plan.Policy{MailShared: []string{"Usine@acme.example"}},
			want: "2 create dtContractStart=2026-12-01 employeenumber=90001 firstName=Jean lastName=Martin mail=usine@acme.example | 3 create dtContractStart=2026-12-01 employeenumber=90002 firstName=Paul lastName=Durand mail=usine@acme.example"},
		{name: "46 M and F", in: "login;gender\r\nclefevre;F\r\nllegoff;M\r\n", options: userfile.Options{Values: map[string]map[string]string{"gender": {"M": "Male", "f": "Female"}}}, want: "2 update gender=Female | 3 unchanged"},
		{name: "47 dates with a time and in other forms", in: "login;dtBirth\r\nllegoff;01/12/1986 00:00:00\r\nclefevre;1/12/1986\r\nzdaubigne;01-12-1986\r\noroux;01/12/1986 08:30\r\n", want: "2 update dtBirth=1986-12-01 | 3 reject | 4 reject | 5 reject | e:bad_date@B3 | e:bad_date@B4 | e:bad_date@B5"},
		{name: "47 other forms of dates, which are set", in: "login;dtBirth\r\nllegoff;1986-12-01T00:00:00Z\r\nclefevre;1/12/1986\r\nzdaubigne;01-12-1986\r\noroux;1986/12/01\r\n", options: userfile.Options{Dates: []string{"YYYY-MM-DD", "D/M/YYYY", "DD-MM-YYYY"}}, want: "2 update dtBirth=1986-12-01 | 3 update dtBirth=1986-12-01 | 4 update dtBirth=1986-12-01 | 5 reject | w:filled_down@B2 | w:identity_changes@B2 | w:filled_down@B3 | w:identity_changes@B3 | w:filled_down@B4 | w:identity_changes@B4 | e:bad_date@B5"},
		{name: "50 lines in quotes", in: "\"login;jobTitle\"\r\n\"llegoff;Chef\"\r\n", want: "2 update jobTitle=Chef | w:line_in_quotes@"},
		{name: "51 a web page", in: "<!DOCTYPE html>\n<html lang=\"fr\"></html>\n", want: "refused: not_a_table_web_page"},
		{name: "55 mended in a spreadsheet", in: "login;firstName;lastName;mail;dtContractStart;employeenumber;professionalMobile;department;jobTitle;reasons\r\njmartin;Jean;Martin;jean.martin@acme.example;01/12/2026;901;612345678;Direction RH;Cheffe;\r\n", want: "2 reject | e:leading_zeros@F2 | e:leading_zeros@G2"},
		{name: "55 with guards", in: "login;employeenumber;jobTitle\r\nllegoff;=\"00003\";'=x\r\nclefevre;'00004;Chef\r\n", want: "2 reject | 3 update jobTitle=Chef | e:formula@C2"},
		{name: "a column that has moved", in: "login;jobTitle;mail;dtBirth\r\nllegoff;Chef;llegoff@acme.example;17/02/1985\r\nclefevre;cl@acme.example;17/02/1985;\r\n", want: "refused: column_shift"},
		{name: "a value in another column", in: "login;lastName;jobTitle\r\nllegoff;+33 6 05 03 25 82;llegoff@acme.example\r\n", want: "2 reject | e:misplaced_value@B2 | e:misplaced_value@C2"},
		{name: "a whole name", in: "login;NOM Prénom\r\nllegoff;LE GOFF Loïc Marie\r\nclefevre;Martin, Chloé\r\nzdaubigne;DE LA TOUR\r\n", options: userfile.Options{Name: userfile.FullName{Column: "Nom prénom"}}, want: "2 update firstName=Loïc Marie lastName=LE GOFF | 3 update lastName=Martin | 4 reject | e:ambiguous_name@B4"},
		{name: "numbers without their zeros, which are set", in: "legalEntity;employeenumber;jobTitle\r\nLYO;3;Chef\r\n", options: userfile.Options{Pad: map[string]int{"employeenumber": 5}}, policy: plan.Policy{Identifier: plan.ByNumber}, want: "2 update jobTitle=Chef"},
		{name: "a constant", in: "employeenumber;jobTitle\r\n00003;Chef\r\n", options: userfile.Options{Constants: map[string]string{"legalEntity": "Acme Lyon"}}, policy: plan.Policy{Identifier: plan.ByNumber}, want: "2 update jobTitle=Chef"},
		{name: "a constant that the file has", in: "legalEntity;employeenumber;jobTitle\r\nLYO;00003;Chef\r\n", options: userfile.Options{Constants: map[string]string{"legalEntity": "Acme Lyon"}}, policy: plan.Policy{Identifier: plan.ByNumber}, want: "refused: duplicate_column"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := outcome(t, tt.in, tt.options, tt.policy); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestTheFilesOwnWordForAColumnIsInTheMessage lets whoever wrote the file find it.
func TestTheFilesOwnWordForAColumnIsInTheMessage(t *testing.T) {
	t.Parallel()
	table, _, err := userfile.Read(strings.NewReader("login;Matricule\r\nllegoff;3.0\r\n"), userfile.Options{Columns: map[string]string{"Matricule": "employeenumber"}})
	if err != nil {
		t.Fatal(err)
	}
	made := plan.Make(table, staff(t), plan.Policy{})
	if len(made.Findings) != 1 || !strings.HasPrefix(made.Findings[0].Message, `employeenumber ("Matricule") is a number with decimals`) {
		t.Errorf("got %v", made.Findings)
	}
}
