package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// office is the crew with phones, rates, teams and departments, of which each has its habits in Lucca.
func office(t *testing.T) roster.Snapshot {
	t.Helper()
	s := ship(t)
	for i := range s.Employees {
		e := &s.Employees[i]
		e.ProfessionalMobile, e.JobTitle, e.Gender, e.Culture = fmt.Sprintf("+3361122330%d", i), "Soudeur", "Male", "fr-FR"
		e.DepartmentID = 10 + i%3
		e.Extensions = map[string]string{"e_rate": fmt.Sprintf("%d.50", 10+i), "e_team": "Équipe rouge", "e_badge": fmt.Sprintf("1000%d", i)}
		e.ExtensionIDs = map[string]int{"e_rate": 100 + i, "e_team": 200 + i, "e_badge": 300 + i}
		s.Contracts = append(s.Contracts, roster.Contract{ID: 1000 + e.ID, OwnerID: e.ID, TypeID: 1, CategoryID: 1, EstablishmentID: 1, StartsOn: e.ContractStart, EndsOn: e.ContractEnd})
	}
	s.Employees[6].DirectLine = "+4930123456789"
	return s
}

// TestWhatACellMayBeInstead: each slip of a person, a spreadsheet or a program is said at its own cell,
// and rejects the row, or holds the file by the limit that is named; what only looks like one passes.
func TestWhatACellMayBeInstead(t *testing.T) {
	t.Parallel()
	all := new(limit.Percent(100))
	const hired = "login;firstName;lastName;mail;dtContractStart"
	for _, tt := range []struct {
		name string
		file string
		// says are the findings, and held the limits that hold.
		says, held string
		with       func(*roster.Snapshot, *plan.Table, *plan.Policy)
	}{
		// Dates.
		{"a date of the other system of spreadsheets", "login;dtBirth|ynguyen;14/03/1993", "B2 date_moved", "date_order", nil},
		{"the same, the other way", "login;dtBirth|ynguyen;12/03/1985", "B2 date_moved", "date_order", nil},
		{"a day that a time zone took", "login;dtBirth|ynguyen;12/03/1989", "B2 next_day", "", nil},
		{"days that a time zone took", "login;dtBirth|ynguyen;14/03/1989|llegoff;19/08/1969", "B2 next_day, B3 next_day", "next_days", nil},
		{"two days off", "login;dtBirth|ynguyen;15/03/1989", "", "", nil},
		{"a start in either order", hired + "|anew;Anna;Neuf;anna@acme.example;12/05/2026", "E2 date_open", "date_order", orderOpen},
		{"a start in either order, of a file that says which", hired + "|anew;Anna;Neuf;anna@acme.example;12/05/2026", "", "", nil},
		{"a start that fits", hired + "|anew;Anna;Neuf;anna@acme.example;01/12/2026", "", "", orderOpen},
		{"a start a year ahead, in either order", hired + "|anew;Anna;Neuf;anna@acme.example;12/03/2027", "", "", orderOpen},
		{"an end in either order", "login;dtContractEnd|llefevre;12/10/2026", "B2 date_open", "date_order", orderOpen},
		{"an end in an order that a birth confirms", "login;dtBirth;dtContractEnd|llefevre;02/01/1971;12/10/2026", "", "", orderOpen},
		{"an end in an order that a birth of either order cannot confirm", "login;dtBirth;dtContractEnd|llefevre;05/05/1971;12/10/2026", "C2 date_open", "date_order", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			orderOpen(s, t, p)
			s.Employees[5].BirthDate = roster.Date{Year: 1971, Month: 5, Day: 5}
		}},
		{"an end in an order that no birth can confirm", "login;dtBirth;dtContractEnd|zdaubigne;22/03/1964;12/10/2026", "C2 date_open", "date_order", orderOpen},
		{"an end in either order that comes later than in Lucca", "login;dtContractEnd|llefevre;01/04/2027", "", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			orderOpen(s, t, p)
			s.Employees[5].ContractEnd, s.Contracts[5].EndsOn = roster.Date{Year: 2027, Month: 1, Day: 31}, roster.Date{Year: 2027, Month: 1, Day: 31}
		}},
		{"an end of the other century", "login;dtContractEnd|llefevre;12/10/3026", "B2 bad_date", "", nil},
		// Addresses.
		{"a domain a letter off the company's", "login;mail|ynguyen;yn@acne.example", "B2 mail_domain", "mail_domains", nil},
		{"its ending a letter off", "login;mail|ynguyen;yn@acme.exemple", "B2 mail_domain", "mail_domains", nil},
		{"another domain that somebody has", "login;mail|ynguyen;yn@acne.example", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[4].Mail = "oroux@acne.example" }},
		{"the company's domain with more behind it", "login;mail|ynguyen;yn@acme.example.fr", "B2 mail_domain", "mail_domains", nil},
		{"a private address that is one's own", "login;personalEmail|ynguyen;ynguyen@acme.example", "", "", nil},
		{"a private address that is shared", "login;personalEmail|ynguyen;zdaubigne@acme.example", "", "", func(_ *roster.Snapshot, _ *plan.Table, p *plan.Policy) {
			p.MailShared = []string{"zdaubigne@acme.example"}
		}},
		{"the address and the name of another where Lucca has none", "login;firstName;lastName;mail|ynguyen;Omar;Roux;oroux@acme.example", "A2 other_person, D2 mail_in_use", "identity_shift", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].Mail = "" }},
		{"an end by the name, with the first address", "firstName;lastName;mail;dtContractEnd|Omar;Roux;omar@home.example;30/11/2026", "", "", func(s *roster.Snapshot, _ *plan.Table, p *plan.Policy) {
			p.Identifier, s.Employees[4].Mail = plan.ByName, ""
		}},
		{"a provider a letter off", "login;mail|ynguyen;yn@gmial.com", "B2 bad_mail", "", nil},
		{"an ending that there is none of", "login;mail|ynguyen;yn@gmail.con", "B2 bad_mail", "", nil},
		{"a provider that is near another", "login;mail|ynguyen;yn@ymail.com", "", "", nil},
		{"a provider", "login;mail|ynguyen;yn@gmail.com", "", "", nil},
		{"a mailbox with an accent", "login;mail|ynguyen;zoé@acme.example", "B2 bad_mail", "", nil},
		{"a mailbox with an accent, as others have", "login;mail|ynguyen;zoé@acme.example", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[4].Mail = "öroux@acme.example" }},
		{"the same, beside another column of addresses", "login;mail;personalEmail|ynguyen;zoé@acme.example;", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[4].Mail = "öroux@acme.example" }},
		{"the private address of another", "login;personalEmail|ynguyen;zdaubigne@acme.example", "B2 mail_in_use", "identity_shift", nil},
		{"an address that spells another", "login;mail|ynguyen;omar.roux@acme.example", "B2 mail_of_another", "identity_shift", nil},
		{"an address that spells oneself", "login;mail|oroux;omar.roux@acme.example", "", "", nil},
		{"an address that spells who has left", "login;mail|ynguyen;paul.ndiaye@acme.example", "", "", nil},
		{"addresses sorted by themselves", hired + "|anew;Anna;Neuf;bvert@acme.example;01/12/2026|bnew;Bob;Vert;aneuf@acme.example;01/12/2026", "D2 mail_of_another, D3 mail_of_another", "identity_shift", nil},
		{"addresses and logins sorted by themselves", hired + "|bvert;Anna;Neuf;bvert@acme.example;01/12/2026|aneuf;Bob;Vert;aneuf@acme.example;01/12/2026", "D2 mail_of_another, D3 mail_of_another", "identity_shift", nil},
		{"a login without letters beside a first name without Latin ones", hired + "|lw;李;Martin;a1@acme.example;01/12/2026|4711;Bob;Vert;b2@acme.example;01/12/2026", "", "", nil},
		{"a mailbox without letters beside a name without Latin ones", hired + "|lw;李;王;1@acme.example;01/12/2026|bnew;Bob;Vert;42@acme.example;01/12/2026", "", "", nil},
		{"addresses sorted by themselves, with points", hired + "|anew;Anna;Neuf;bob.vert@acme.example;01/12/2026|bnew;Bob;Vert;neuf.anna@acme.example;01/12/2026", "D2 mail_of_another, D3 mail_of_another", "identity_shift", nil},
		{"an address that may spell a short name", hired + "|x1;Anna;Neo;x@acme.example;01/12/2026|x2;Bob;Vert;aneo@acme.example;01/12/2026", "", "", nil},
		{"the address of a known one, which spells somebody new", hired + "|ynguyen;;;anna.neuf@acme.example;|anew;Anna;Neuf;an@acme.example;01/12/2026", "", "", nil},
		{"the address of somebody new, which spells a known one of the file", hired + "|oroux;Omar;Roux;;|anew;Anna;Neuf;omarroux@acme.example;01/12/2026", "", "", nil},
		{"addresses of their own", hired + "|anew;Anna;Neuf;aneuf@acme.example;01/12/2026|bnew;Bob;Vert;bvert@acme.example;01/12/2026", "", "", nil},
		{"a new mailbox for three", "login;mail|ynguyen;usine@acme.example|llegoff;usine@acme.example|oroux;usine@acme.example", "B2 mail_repeated, B3 mail_repeated, B4 mail_repeated", "identity_shift", nil},
		{"a mailbox that two have for three", "login;mail|ynguyen;usine@acme.example|llegoff;usine@acme.example|oroux;usine@acme.example", "B2 mail_in_use, B3 mail_in_use, B4 mail_in_use", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[1].Mail, s.Employees[3].Mail = "usine@acme.example", "usine@acme.example"
		}},
		{"a new mailbox for two", "login;mail|ynguyen;usine@acme.example|llegoff;usine@acme.example", "", "", nil},
		{"a new mailbox for three, which is shared", "login;mail|ynguyen;usine@acme.example|llegoff;usine@acme.example|oroux;usine@acme.example", "", "", func(_ *roster.Snapshot, _ *plan.Table, p *plan.Policy) { p.MailShared = []string{"usine@acme.example"} }},
		// Numbers.
		{"a rate without its decimal sign", "login;e_rate|ynguyen;1050", "B2 decimal_moved", "decimals", nil},
		{"a rate with another sign", "login;e_rate|ynguyen;-10.50", "B2 decimal_moved", "decimals", nil},
		{"a rate written otherwise", "login;e_rate|ynguyen;10,5", "", "", nil},
		{"another rate", "login;e_rate|ynguyen;11.75", "", "", nil},
		{"thousands, or three decimals, of somebody new", hired + ";e_rate|anew;Anna;Neuf;anna@acme.example;01/12/2026;1.234", "F2 ambiguous_number", "", nil},
		{"thousands, or three decimals", "login;e_rate|ynguyen;1.234", "B2 ambiguous_number", "", nil},
		{"a badge with another zero, where none has decimals", "login;e_badge|ynguyen;100000", "", "", nil},
		{"a badge with a decimal", "login;e_badge|ynguyen;10010.0", "B2 spreadsheet_damage", "", nil},
		{"a badge that is a date", "login;e_badge|ynguyen;03/04/2026", "B2 spreadsheet_damage", "", nil},
		{"a team that is a day as spreadsheets count it", "login;e_team|ynguyen;45000", "B2 spreadsheet_damage", "", nil},
		{"the first day of those", "login;e_team|ynguyen;20000", "B2 spreadsheet_damage", "", nil},
		{"the last day of those", "login;e_team|ynguyen;60000", "B2 spreadsheet_damage", "", nil},
		{"a team of six digits", "login;e_team|ynguyen;200000", "", "", nil},
		{"a team that is a word of signs", "login;e_team|ynguyen;1.0.5", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].Extensions["e_team"] = "10.5" }},
		{"a number for such a word", "login;e_team|ynguyen;10.5", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].Extensions["e_team"], s.Employees[3].Extensions["e_team"] = "1.0.5", "9.5"
		}},
		{"a team that is a smaller number", "login;e_team|ynguyen;19999", "", "", nil},
		{"a team that may be a day, as that of another", "login;e_team|ynguyen;45000", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[3].Extensions["e_team"] = "2026-01-01"
		}},
		{"a team of two words in another order", "login;e_team|ynguyen;bleu, rouge", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].Extensions["e_team"] = "rouge, bleu"
		}},
		{"a day and then a word", "login;e_team|ynguyen;rouge", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].Extensions["e_team"] = "2026-01-01"
		}},
		{"a team that is a greater number", "login;e_team|ynguyen;60001", "", "", nil},
		{"a team that is nothing", "login;e_team|ynguyen;NULL", "B2 word_for_nothing", "", nil},
		{"a team that may mean it", "login;e_team|ynguyen;n/a", "", "", nil},
		{"a team that is no day", "login;e_team|ynguyen;VRAI", "B2 spreadsheet_damage", "", nil},
		{"a number that a spreadsheet cut", "login;employeenumber|ynguyen;1234567890123450000", "B2 spreadsheet_damage", "", nil},
		{"a number that is a day", "login;employeenumber|ynguyen;2026-04-03", "B2 spreadsheet_damage", "", nil},
		{"a number that is a sum", "login;employeenumber|ynguyen;12 €", "B2 spreadsheet_damage", "", nil},
		{"a number that two have already", "login;employeenumber|ynguyen;00002", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].EmployeeNumber = "00002" }},
		{"a number in another letter case", "login;employeenumber|ynguyen;A1", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].EmployeeNumber = "a1" }},
		{"a login of letters like digits, beside numbers of digits", "login;employeenumber;firstName|lol;00099;Ol", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].Login = "lol" }},
		{"a work cycle that is none", "login;workCycle|ynguyen;x", "B2 bad_cycle", "", nil},
		{"a work cycle that would be cleared", "login;workCycle|ynguyen;", "B2 cannot_clear", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			clears(s, t, p)
			cycle, _ := roster.PropertyOf("workCycle")
			cycle.Set(&s.Employees[0], roster.Datum{ID: 3})
		}},
		{"a work cycle 0", "login;workCycle|ynguyen;0", "B2 bad_cycle", "", nil},
		// Phones.
		{"a French number of nine digits", "login;professionalMobile|ynguyen;061122334", "B2 bad_phone", "", nil},
		{"a French number of eleven", "login;professionalMobile|ynguyen;06112233445", "B2 bad_phone", "", nil},
		{"a French number with colons", "login;professionalMobile|ynguyen;06:11:22:33:44", "", "", nil},
		{"an extension of seven digits", "login;professionalMobile|ynguyen;4711123", "", "", nil},
		{"an extension of six, with a zero", "login;professionalMobile|ynguyen;047111", "", "", nil},
		{"an extension of seven, with a zero", "login;professionalMobile|ynguyen;0471112", "B2 bad_phone", "", nil},
		{"the number in Lucca, written otherwise", "login;professionalMobile|ynguyen;+33 6 11 22 33 00", "", "", nil},
		{"the number in Lucca without its extension", "login;directLine|evasseur;+49301234567", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[6].DirectLine = "+49301234567 poste 12"
		}},
		{"the number in Lucca, which has too many digits, made right", "login;professionalMobile|ynguyen;+33611223344", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].ProfessionalMobile = "+336112233445"
		}},
		{"the extension in Lucca without its end", "login;directLine|evasseur;471112", "B2 bad_phone", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[6].DirectLine = "4711123" }},
		{"a short one without its end", "login;directLine|evasseur;47111", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[6].DirectLine = "471112" }},
		{"an extension", "login;professionalMobile|ynguyen;4711", "", "", nil},
		{"a number of Paris with +33 that lacks one", "login;professionalMobile|ynguyen;+33 1 42 68 53 0", "B2 bad_phone", "", nil},
		{"one of them that is whole", "login;professionalMobile|ynguyen;+33 (0)1 42 68 53 00", "", "", nil},
		{"a Belgian number", "login;professionalMobile|ynguyen;+32 470 12 34 56", "", "", nil},
		{"an American number that lacks one", "login;professionalMobile|ynguyen;+1 212 555 018", "B2 bad_phone", "", nil},
		{"a German number of any length", "login;professionalMobile|ynguyen;+49 30 1234", "", "", nil},
		{"the number in Lucca without its end", "login;directLine|evasseur;+49301234567", "B2 bad_phone", "", nil},
		{"a masked number", "login;professionalMobile|ynguyen;06 XX XX XX 12", "B2 bad_phone", "", nil},
		{"a masked number, with stars", "login;professionalMobile|ynguyen;06 ** ** ** 12", "B2 bad_phone", "", nil},
		{"nothing but zeros", "login;professionalMobile|ynguyen;0000000000", "B2 bad_phone", "", nil},
		{"no digit", "login;professionalMobile|ynguyen;sur demande", "B2 bad_phone", "", nil},
		{"two numbers", "login;professionalMobile|ynguyen;+33611223344 +33622334455", "B2 bad_phone", "", nil},
		{"an address for a phone", "login;professionalMobile|ynguyen;12 rue de la Paix", "B2 misplaced_value", "", nil},
		// Words.
		{"an address for a title", "login;jobTitle|ynguyen;12 bis, rue de la Paix", "B2 misplaced_value", "", nil},
		{"an address in its column", "login;address|ynguyen;12 rue de la Paix", "", "", nil},
		{"a German address", "login;jobTitle|ynguyen;Hauptstraße 12a", "B2 misplaced_value", "", nil},
		{"a town", "login;jobTitle|ynguyen;69003 LYON", "B2 misplaced_value", "", nil},
		{"a title with a number", "login;jobTitle|ynguyen;Soudeur niveau 2", "", "", nil},
		{"a number for a title", "login;jobTitle|ynguyen;42", "B2 misplaced_value", "", nil},
		{"a number for a title, as another has", "login;jobTitle|ynguyen;42", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[3].JobTitle = "12" }},
		{"a number for another text", "login;address|ynguyen;42", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			for i := range s.Employees {
				s.Employees[i].Address = "Rue de la Paix"
			}
		}},
		{"the name of the person for a title", "login;jobTitle|ynguyen;Yannick", "B2 misplaced_value", "", nil},
		{"the whole name of the person", "login;jobTitle|ynguyen;Yannick Nguyen", "B2 misplaced_value", "", nil},
		{"the same, the last name first", "login;jobTitle|ynguyen;NGUYEN Yannick", "B2 misplaced_value", "", nil},
		{"the last name alone, which may be a trade", "login;jobTitle|ynguyen;Nguyen", "", "", nil},
		{"a first name that was counted on", "login;firstName|ynguyen;Yannick2", "B2 look_alike", "", nil},
		{"a last name that was counted on", "login;lastName|oroux;Roux2", "B2 look_alike", "", nil},
		{"another name with a number", "login;firstName|ynguyen;Yann2", "", "", nil},
		{"a sum for a title", "login;jobTitle|ynguyen;1 234,50 €", "B2 misplaced_value", "", nil},
		{"the 0 of a blank cell", "login;jobTitle|ynguyen;0", "B2 spreadsheet_damage", "", nil},
		{"true or false", "login;jobTitle|ynguyen;VRAI", "B2 spreadsheet_damage", "", nil},
		{"a day for a title", "login;jobTitle|ynguyen;03-avr", "B2 spreadsheet_damage", "", nil},
		{"a formula", "login;jobTitle|ynguyen;=A1&B1", "B2 formula", "", nil},
		{"a formula of Lotus", "login;jobTitle|ynguyen;@SUM(A1)", "B2 formula", "", nil},
		{"a title that begins with @", "login;jobTitle|ynguyen;@work coach", "", "", nil},
		{"bytes of a program", "login;jobTitle|ynguyen;b'Chef'", "B2 damaged_text", "", nil},
		{"a list of a program", "login;jobTitle|ynguyen;['Chef']", "B2 damaged_text", "", nil},
		{"a lost backslash", "login;lastName|llefevre;Lefu00e8vre", "B2 damaged_text", "", nil},
		{"UTF-7", "login;lastName|llefevre;Lef+AOg-vre", "B2 damaged_text", "", nil},
		{"a garbled text beside a wrong one", "login;firstName;lastName|clefevre;123;Lefe`vre", "B2 misplaced_value", "", nil},
		{"a letter that is gone", "login;firstName|clefevre;Chlo", "B2 letters_changed", "letters", nil},
		{"an accent behind its letter", "login;lastName|clefevre;Lefe`vre", "B2 letters_changed", "letters", nil},
		{"a name in plain letters", "login;lastName|clefevre;Lefevre", "B2 accents_lost", "", nil},
		{"names in plain letters", "login;lastName|clefevre;Lefevre|aoeuvrard;Oeuvrard", "B2 accents_lost, B3 accents_lost", "accents", nil},
		{"names in plain letters beside one that is not", "login;lastName|clefevre;Lefevre|aoeuvrard;Oeuvrard|ocelik;Çelik", "B2 accents_lost, B3 accents_lost", "", nil},
		{"names in plain letters beside a first name that is not", "login;firstName;lastName|clefevre;;Lefevre|aoeuvrard;;Oeuvrard|llegoff;Loïc;", "C2 accents_lost, C3 accents_lost", "", nil},
		{"a digit for a letter", "login;firstName|evasseur;El0ise", "B2 look_alike", "", nil},
		{"a tag for a name", "login;firstName|evasseur;<b>Éloïse", "B2 misplaced_value", "", nil},
		{"digits for a name", "login;firstName|evasseur;123", "B2 misplaced_value", "", nil},
		{"a first name that is nothing", "login;firstName|evasseur;null", "B2 word_for_nothing", "", nil},
		{"a last name that is nothing", "login;lastName|evasseur;None", "B2 word_for_nothing", "", nil},
		{"a family that is called so", "login;lastName|evasseur;Null", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[6].Mail = "e.null@acme.example" }},
		{"a family that is called so, of whom nothing else is known", "legalEntity;employeenumber;lastName|LYO;00007;Null", "", "", func(s *roster.Snapshot, _ *plan.Table, p *plan.Policy) {
			p.Identifier, s.Employees[6].Login, s.Employees[6].Mail = plan.ByNumber, "", ""
		}},
		{"a first name that is the last name too", "login;firstName|oroux;OMAR", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[4].LastName = "Omar" }},
		{"the name of another", "login;firstName|oroux;Roux", "B2 names_exchanged", "identity_shift", nil},
		{"a whole name", "login;lastName|evasseur;Omar Roux", "B2 whole_name", "identity_shift", nil},
		{"names of marriages", "login;lastName|oroux;Roux Neuf|ocelik;Blanc Çelik|evasseur;Vasseur-Vert", "", "", nil},
		{"other names for most", "login;lastName|oroux;Neuf|ocelik;Blanc|evasseur;Vert", "B2 identity_changes, B3 identity_changes, B4 identity_changes", "identity_shift", nil},
		{"a title for nothing", "login;jobTitle|ynguyen;n.c.", "B2 word_for_nothing", "", nil},
		{"a name in capitals", "login;lastName|evasseur;VASSEUR", "", "", nil},
		{"a newcomer whose address spells another", hired + "|anew;Anna;Neuf;omar.roux@acme.example;01/12/2026", "D2 mail_of_another", "identity_shift", nil},
		{"an account that nobody may be without", "login;mail|ynguyen;", "B2 cannot_clear", "", clears},
		{"a phone with a digit too many", "login;professionalMobile|ynguyen;+33 1 42 68 53 00 1", "B2 bad_phone", "", nil},
		{"the first phone of somebody, too short", "login;professionalMobile|ynguyen;061122334", "B2 bad_phone", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].ProfessionalMobile = "" }},
		{"the first phone of somebody", "login;professionalMobile|ynguyen;0611223344", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].ProfessionalMobile = "" }},
		{"hidden roles", "login;habilitedRoles_0|ynguyen;Formateur", "B2 hidden_field", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].Hidden = roster.SecondaryRoles }},
		{"a role that there is not", "login;habilitedRoles_0;habilitedRoles_1|ynguyen;Formateur;Empereur", "C2 unknown_role", "", nil},
		{"roles in another order", "login;habilitedRoles_0;habilitedRoles_1|ynguyen;Formateur;Manager +", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[0].SecondaryRoleIDs = []int{3, 4} }},
		{"an entry that a list lacks", "login;e_site|ynguyen;Paris", "B2 unknown_entry", "", sites},
		{"an entry of a list", "login;e_site|ynguyen;lyon", "", "", sites},
		{"entries of a list of several", "login;e_sites|ynguyen;Lyon, Lille", "", "", sites},
		{"one of which it lacks", "login;e_sites|ynguyen;Lyon, Paris", "B2 unknown_entry", "", sites},
		{"a field that cannot be written, first of all", "e_fixed;login|Lyon;ynguyen", "A1 read_only_field", "", sites},
		{"a field that cannot be written, given for all rows", "login;e_fixed|ynguyen;Lyon", "e_fixed read_only_field", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			sites(s, t, p)
			t.Columns[1].Index = plan.NoPlace
		}},
		{"a field that cannot be written", "login;e_fixed|ynguyen;Lyon", "B1 read_only_field", "", sites},
		// The file as a whole.
		{"the last cell is wrong, and no line end follows", "login;jobTitle|ynguyen;Chef|llegoff;=A", "B3 formula", "last_cell", unclosed},
		{"a cell is missing at the end, and no line end follows", hired + "|anew;Anna;Neuf;anna@acme.example;", "E2 missing_value", "", unclosed},
		{"the last cell is refused, and no line end follows", "login;jobTitle|ynguyen;Chef", "row 2 refused", "last_cell", func(_ *roster.Snapshot, t *plan.Table, _ *plan.Policy) {
			t.Unclosed, t.Rows[0].Void = true, []int{1}
			t.Findings = []finding.Finding{{Severity: finding.Error, Code: "refused", Row: 2}}
		}},
		{"the last cell of the file is another column's", "login;jobTitle;gender|ynguyen;Sou;Male", "C2 last_cell_cut", "last_cell", func(_ *roster.Snapshot, t *plan.Table, _ *plan.Policy) {
			t.Unclosed, t.Columns[1].Index, t.Columns[2].Index = true, 2, plan.NoPlace
		}},
		{"the last cell of the file is in the first column that was read", "jobTitle;login|Sou;ynguyen", "B2 last_cell_cut", "last_cell", func(_ *roster.Snapshot, t *plan.Table, _ *plan.Policy) {
			t.Unclosed, t.Columns[0].Index, t.Columns[1].Index = true, 1, 0
		}},
		{"a wrong row with a doubt in its last cell", "login;firstName;jobTitle|ynguyen;123;Souder", "B2 misplaced_value", "", unclosed},
		{"another cell is wrong and the last one is doubted, and no line end follows", "login;firstName;mail|ynguyen;123;zdaubigne@acme.example", "B2 misplaced_value, C2 mail_in_use", "", unclosed},
		{"another cell is wrong, and no line end follows", "login;firstName;jobTitle|ynguyen;;Chef|llegoff;123;Chef", "B3 misplaced_value", "", unclosed},
		{"a column without any value", "login;jobTitle|ynguyen;|llegoff;", "- column_emptied", "emptied", clears},
		{"a column with one value", "login;jobTitle|ynguyen;|llegoff;Chef", "", "", clears},
		{"a column without any value, which keeps", "login;jobTitle|ynguyen;|llegoff;", "", "", nil},
		{"departments exchanged all round", "login;department|ynguyen;Ventes|zdaubigne;SUP1|llegoff;DIR", "B2 values_exchanged, B3 values_exchanged, B4 values_exchanged", "identity_shift", nil},
		{"departments of which one is another now", "login;department|ynguyen;Ventes|zdaubigne;SUP1|llegoff;DIR|ocelik;R&D", "", "", nil},
		{"departments that slipped by a row", "login;department|ynguyen;SUP1|zdaubigne;SUP2|llegoff;R&D", "B3 values_exchanged, B4 values_exchanged", "identity_shift", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].DepartmentID, s.Employees[1].DepartmentID, s.Employees[2].DepartmentID = 13, 14, 10
		}},
		{"departments that slipped by a row, of which one is of many", "login;department|ynguyen;SUP1|zdaubigne;SUP2|llegoff;R&D", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[0].DepartmentID, s.Employees[1].DepartmentID, s.Employees[2].DepartmentID, s.Employees[3].DepartmentID = 13, 14, 10, 14
		}},
		{"departments of people who are not in the file", "login;department|ynguyen;SUP2|zdaubigne;R&D|llegoff;Ventes", "", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			s.Employees[3].DepartmentID, s.Employees[4].DepartmentID = 13, 14
		}},
		{"departments that others come into", "login;department|ynguyen;Ventes|zdaubigne;SUP1|llegoff;R&D", "", "", nil},
		{"another gender for most", "login;gender|ynguyen;Female|zdaubigne;Female|llegoff;Female", "B2 identity_changes, B3 identity_changes, B4 identity_changes", "identity_shift", nil},
		{"another gender for half", "login;gender|ynguyen;Female|zdaubigne;Female|llegoff;Female|ocelik;|oroux;|llefevre;", "", "", nil},
		{"another gender for two", "login;gender|ynguyen;Female|zdaubigne;Female|llegoff;", "", "", nil},
		{"a phone of one for all", "login;professionalMobile|ynguyen;+33611223399|zdaubigne;+33611223399|llegoff;+33611223399", "B2 filled_down, B3 filled_down, B4 filled_down", "filled_down", nil},
		{"phones one after the other", "login;professionalMobile|ynguyen;+33611223341|zdaubigne;+33611223342|llegoff;+33611223343", "B2 filled_down, B3 filled_down, B4 filled_down", "filled_down", nil},
		{"titles that one program cut", "login;jobTitle|ynguyen;Sou|zdaubigne;Sou", "B2 text_cut, B3 text_cut", "cut_texts", nil},
		// Contracts.
		{"an end within what is signed next", "login;dtContractEnd|llegoff;15/04/2027", "B2 overlaps", "", signedNext},
		{"an end before what is signed next", "login;dtContractEnd|llegoff;15/02/2027", "", "", signedNext},
		{"an end on its first day", "login;dtContractEnd|llegoff;01/03/2027", "B2 overlaps", "", signedNext},
		{"no end before what is signed next", "login;dtContractEnd|llegoff;", "B2 overlaps", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) { signedNext(s, t, p); clears(s, t, p) }},
		{"a start of a gap", "login;dtContractStart|llegoff;15/01/2027", "B2 next_contract", "", signedNext},
		{"the start of what is signed next", "login;dtContractStart;dtContractEnd|llegoff;01/03/2027;31/12/2027", "", "", signedNext},
		{"a start that Lucca lacks, and the file too", "login;dtContractStart|llegoff;", "", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			clears(s, t, p)
			s.Employees[2].ContractStart, s.Contracts = roster.Date{}, nil
		}},
		{"two of one name, which identifies them", "firstName;lastName;jobTitle|Omar;Roux;Chef", "B2 ambiguous_name", "ambiguous_names", func(s *roster.Snapshot, _ *plan.Table, p *plan.Policy) {
			p.Identifier, s.Employees[3].LastName = plan.ByName, "Roux"
		}},
		{"a manager who may be two who have left", "login;manager|ynguyen;Paul N'Diaye", "B2 ambiguous_manager", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
			e := &s.Employees[8]
			e.FirstName, e.LastName, e.ContractEnd = "Paul", "N'Diaye", roster.Date{Year: 2024, Month: 1, Day: 31}
			s.Contracts[8].EndsOn = e.ContractEnd
		}},
		{"a calendar that somebody has", "login;calendar|ynguyen;Suisse", "", "", calendars},
		{"a calendar that nobody has", "login;calendar|ynguyen;Espagne", "B2 unknown_name", "", calendars},
		{"no manager for new people, who have one by default", hired + ";manager|boss;Bea;Bolt;bea@acme.example;01/12/2026;|anew;Anna;Neuf;anna@acme.example;01/12/2026;|bnew;Bob;Vert;bob@acme.example;01/12/2026;", "", "", func(s *roster.Snapshot, t *plan.Table, p *plan.Policy) {
			clears(s, t, p)
			p.Defaults.Values[plan.Manager] = "boss"
		}},
		{"a hidden start", "login;dtContractEnd|llegoff;15/04/2027", "- hidden_field", "", func(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) { s.Employees[2].Hidden = roster.ContractStart }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, file := office(t), table(t, strings.Split(tt.file, "|")...)
			policy := plan.Policy{Defaults: plan.Defaults{Values: map[string]string{plan.Establishment: "Acme Lyon", plan.Department: "DIR", plan.PrimaryRole: "Utilisateur", "culture": "fr-FR"}}}
			if tt.with != nil {
				tt.with(&s, &file, &policy)
			}
			people := join(t, s)
			made := plan.Make(file, people, policy)
			var says []string
			for _, f := range codes(made) {
				severity, rest, _ := strings.Cut(f, " ")
				if !slices.Contains(remarks, f[strings.LastIndexByte(f, ' ')+1:]) && (severity == "error" || severity == "warning") {
					says = append(says, rest)
				}
			}
			if got := strings.Join(says, ", "); got != tt.says {
				t.Errorf("says %q, want %q", got, tt.says)
			}
			if got := held(plan.Limits{Rejected: all, Creates: all, Ends: all, ChangesPerField: all}.Judge(made, plan.Against{Table: file, People: people})); got != tt.held {
				t.Errorf("held by %q, want %q", got, tt.held)
			}
		})
	}
}

// remarks are what is said of rows that nothing is wrong with.
var remarks = []string{"end_kept"}

func orderOpen(_ *roster.Snapshot, file *plan.Table, _ *plan.Policy) { file.OrderOpen = true }

func unclosed(_ *roster.Snapshot, file *plan.Table, _ *plan.Policy) { file.Unclosed = true }

func clears(_ *roster.Snapshot, _ *plan.Table, policy *plan.Policy) { policy.Blank = plan.ClearBlank }

// signedNext gives llegoff a contract until the end of the year, and another one after a gap.
func signedNext(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
	s.Employees[2].ContractEnd = roster.Date{Year: 2026, Month: 12, Day: 31}
	s.Contracts[2].EndsOn = s.Employees[2].ContractEnd
	s.Contracts = append(s.Contracts, roster.Contract{ID: 2003, OwnerID: 3, TypeID: 1, CategoryID: 1, EstablishmentID: 1, StartsOn: roster.Date{Year: 2027, Month: 3, Day: 1}})
}

// calendars are those of two people.
func calendars(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
	p, _ := roster.PropertyOf("calendar")
	p.Set(&s.Employees[1], roster.Datum{ID: 4, Text: "Suisse"})
	p.Set(&s.Employees[2], roster.Datum{ID: 5, Text: "France"})
}

// sites are custom fields that hold entries of a list.
func sites(s *roster.Snapshot, _ *plan.Table, _ *plan.Policy) {
	entries := map[int]string{1: "Lyon", 2: "Lille"}
	s.Fields = []roster.Field{
		{Code: "e_site", Kind: roster.ListField, Entries: entries}, {Code: "e_sites", Kind: roster.ListField, Multiple: true, Entries: entries},
		{Code: "e_fixed", Kind: roster.ListField, ReadOnly: true, Entries: entries},
	}
}

// A further contract is at the place and of the category that the row gives, or else those of now: an
// employee who moves with a new contract must not begin it at the old place.
func TestAFurtherContractIsAtTheNewPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file            string
		action          plan.Action
		place, category int
		start, kind     string
	}{
		"as it was":               {"login;dtContractStart|llegoff;01/01/2027", plan.Update, 1, 1, "2027-01-01", "CDI"},
		"at another place":        {"login;dtContractStart;legalEntity|llegoff;01/01/2027;NTE", plan.Update, 2, 1, "2027-01-01", "CDI"},
		"of another category":     {"login;dtContractStart;csp|llegoff;01/01/2027;Employé", plan.Update, 1, 2, "2027-01-01", "CDI"},
		"of another type":         {"login;dtContractStart;contractType|llegoff;01/02/2027;CDD", plan.Update, 1, 1, "2027-02-01", "CDD"},
		"all at once":             {"login;dtContractStart;legalEntity;csp;contractType|llegoff;01/02/2027;NTE;Employé;CDD", plan.Update, 2, 2, "2027-02-01", "CDD"},
		"who comes back":          {"login;dtContractStart|gone;01/12/2026", plan.Rehire, 1, 1, "2026-12-01", "CDI"},
		"who comes back anew":     {"login;dtContractStart;legalEntity;csp;contractType|gone;01/12/2026;NTE;Employé;CDD", plan.Rehire, 2, 2, "2026-12-01", "CDD"},
		"a permanent one instead": {"login;contractType;dtContractEnd|llegoff;CDD;", plan.Update, 1, 1, "2027-01-01", "CDD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := office(t)
			s.Employees[2].ContractEnd = roster.Date{Year: 2026, Month: 12, Day: 31}
			s.Contracts[2].EndsOn = s.Employees[2].ContractEnd
			for i := range s.Employees {
				s.Employees[i].CategoryID = 1
			}
			made := plan.Make(table(t, strings.Split(tt.file, "|")...), join(t, s), plan.Policy{})
			item := made.Items[0]
			if item.Action != tt.action || item.Contract == nil || item.Contract.ID != 0 {
				t.Fatalf("it is %s of %+v: %v", item.Action, item.Contract, made.Findings)
			}
			if item.Contract.EstablishmentID != tt.place || item.Contract.CategoryID != tt.category {
				t.Errorf("it is at %d, of category %d, want %d and %d", item.Contract.EstablishmentID, item.Contract.CategoryID, tt.place, tt.category)
			}
			set := item.Set.Map()
			if set[plan.ContractStart].To != tt.start || set[plan.ContractType].To != tt.kind {
				t.Errorf("it begins on %s as %s, want %s as %s", set[plan.ContractStart].To, set[plan.ContractType].To, tt.start, tt.kind)
			}
		})
	}
}

// A reason and the way of an end are as the policy says: to the user, whose end is that of the contract
// that applies, or to the contract itself, as it is where nothing is said.
func TestHowAnEndIsWritten(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy   plan.Policy
		contract int // that is changed; 0 for the user
		reason   int
	}{
		"to the contract, unsaid":      {plan.Policy{}, 1003, 0},
		"to the user":                  {plan.Policy{EndBy: plan.EndByUser}, 0, 0},
		"to the contract":              {plan.Policy{EndBy: plan.EndByContract}, 1003, 0},
		"to the contract, with reason": {plan.Policy{EndBy: plan.EndByContract, TerminationReason: 7}, 1003, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := plan.Make(table(t, "login;dtContractEnd", "llegoff;31/12/2026"), join(t, office(t)), tt.policy)
			item := made.Items[0]
			var contract, reason int
			if item.Contract != nil {
				contract, reason = item.Contract.ID, item.Contract.ReasonID
			}
			if item.Action != plan.End || contract != tt.contract || reason != tt.reason || item.Set.Map()[plan.ContractEnd].To != "2026-12-31" {
				t.Errorf("it is %s by contract %d for reason %d: %v", item.Action, contract, reason, made.Findings)
			}
		})
	}
}
