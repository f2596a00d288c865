package plan

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/roster"
)

// does says what a change would do: the action, ! for a rejected one, and what it sets.
func does(c *change) string {
	text := string(c.action)
	if c.rejected {
		text = "!"
	}
	for code, to := range c.set.All() {
		value := to.To
		if to.Row != 0 {
			value = fmt.Sprint("row ", to.Row)
		}
		if to.From != "" {
			value = to.From + ">" + value
		}
		text += " " + code + "=" + value
	}
	if c.login != "" {
		text += " login of " + c.login
	}
	if c.shifted {
		text += " shifted"
	}
	return text
}

var places = Defaults{Values: map[string]string{Establishment: "LYO", Department: "DIR", PrimaryRole: "Utilisateur"}}

// TestMergeNew: somebody new gets the cells, and the defaults where these are blank.
func TestMergeNew(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart"
	const zoe = "zoe;Zoé;Élan;zoe@acme.example;01/12/2026"
	const base = " dtContractStart=2026-12-01 firstName=Zoé"
	const rest = " mail=zoe@acme.example"
	for _, tt := range []struct {
		name      string
		policy    Policy
		head, row string
		want      string
		said      string
	}{
		{"the defaults", Policy{Defaults: places}, create, zoe, "create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"cells before defaults", Policy{Defaults: places}, create + ";department;legalEntity;rolePrincipal", zoe + ";SUN;NTE;Administrateur",
			"create department=Direction / Support" + base + " lastName=Élan legalEntity=Acme Nantes login=zoe" + rest + " rolePrincipal=Administrateur", ""},
		{"no role", Policy{Defaults: Defaults{Values: map[string]string{Establishment: "LYO", Department: "DIR"}}}, create, zoe, "!", "2 missing_value"},
		{"no place and no role", Policy{}, create, zoe, "!", "2 missing_value, 2 missing_value, 2 missing_value"},
		{"no first day", Policy{Defaults: places}, create, "zoe;Zoé;Élan;zoe@acme.example;", "!", "2 missing_value"},
		{"a wrong first day", Policy{Defaults: places}, create, "zoe;Zoé;Élan;zoe@acme.example;1/12/2026", "!", "2 bad_date"},
		{"a default that Lucca has not", Policy{Defaults: Defaults{Values: map[string]string{Establishment: "LYO", Department: "Nowhere", PrimaryRole: "Utilisateur"}}}, create, zoe, "!", "2 bad_default"},
		{"no login", Policy{Defaults: places}, create, ";Zoé;Élan;zoe@acme.example;01/12/2026",
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon" + rest + " rolePrincipal=Utilisateur login of zelan", ""},
		{"no login, and no last name", Policy{Defaults: places}, create, ";Zoé;;zoe@acme.example;01/12/2026", "!", "2 missing_value"},
		{"a wrong address of a hire", Policy{Defaults: places, NewOnly: true}, create, "zoe;Zoé;Élan;bad;01/12/2026", "!", "2 bad_mail"},
		{"an end far away", Policy{Defaults: places}, create + ";dtContractEnd", zoe + ";15/06/2047",
			"create department=Direction dtContractEnd=2047-06-15" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", "2 ~far_end"},
		{"no login, and no letters", Policy{Defaults: places}, create, ";李;王;zoe@acme.example;01/12/2026", "!", "2 no_login"},
		{"no login, and no name", Policy{Defaults: places}, create, ";;Élan;zoe@acme.example;01/12/2026", "!", "2 missing_value"},
		{"an end before the start", Policy{Defaults: places}, create + ";dtContractEnd", zoe + ";30/11/2026", "!", "2 end_before_start"},
		{"an end on the first day", Policy{Defaults: places}, create + ";dtContractEnd", zoe + ";01/12/2026",
			"create department=Direction dtContractEnd=2026-12-01" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"a default for an establishment that Lucca has not", Policy{Defaults: Defaults{Values: places.Values, By: []DefaultRule{{When: DefaultScope{Establishment: "Nowhere"}, Set: map[string]string{"jobTitle": "Chef"}}}}}, create, zoe,
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"a default for the department", Policy{Defaults: Defaults{Values: places.Values, By: []DefaultRule{{When: DefaultScope{Department: "DIR"}, Set: map[string]string{"jobTitle": "Chef"}}}}}, create, zoe,
			"create department=Direction" + base + " jobTitle=Chef lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"a manager in Lucca", Policy{Defaults: places}, create + ";manager", zoe + ";ben",
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " manager=ben rolePrincipal=Utilisateur", ""},
		{"oneself as manager", Policy{Defaults: places}, create + ";manager", zoe + ";zoe",
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"a manager who has left", Policy{Defaults: places}, create + ";manager", zoe + ";dan",
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " manager=dan rolePrincipal=Utilisateur", "2 ~manager_left"},
		{"nobody as manager", Policy{Defaults: places}, create + ";manager", zoe + ";nobody", "!", "2 unknown_manager"},
		{"a manager by default", Policy{Defaults: Defaults{Values: map[string]string{Establishment: "LYO", Department: "DIR", PrimaryRole: "Utilisateur", Manager: "cleo"}}}, create, zoe,
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " manager=cleo rolePrincipal=Utilisateur", ""},
		{"secondary roles", Policy{Defaults: places}, create + ";habilitedRoles_0;habilitedRoles_1", zoe + ";Utilisateur;Administrateur",
			"create department=Direction" + base + " habilitedRoles=Utilisateur, Administrateur lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"secondary roles of the defaults", Policy{Defaults: Defaults{Values: map[string]string{Establishment: "LYO", Department: "DIR", PrimaryRole: "Utilisateur", "habilitedRoles_0": "Administrateur"}}}, create + ";habilitedRoles_0", zoe + ";",
			"create department=Direction" + base + " habilitedRoles=Administrateur lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", ""},
		{"a secondary role that there is not", Policy{Defaults: places}, create + ";habilitedRoles_0", zoe + ";Chef", "!", "2 unknown_role"},
		{"a file that creates nobody", Policy{Defaults: places}, "login;firstName", "zoe;Zoé", "!", "2 unknown_employee"},
		{"a file that creates nobody, and no identifier", Policy{Defaults: places}, "login;firstName", ";Zoé", "!", "2 missing_identifier"},
		{"the name of one who has left", Policy{Defaults: places}, create, "d2;Dan;Petit;d2@acme.example;01/12/2026",
			"create department=Direction dtContractStart=2026-12-01 firstName=Dan lastName=Petit legalEntity=Acme Lyon login=d2 mail=d2@acme.example rolePrincipal=Utilisateur", "2 ~same_name"},
		{"part of the name and the first day", Policy{Defaults: places}, create, "x;Ben;Roche;x@acme.example;01/04/2019",
			"create department=Direction dtContractStart=2019-04-01 firstName=Ben lastName=Roche legalEntity=Acme Lyon login=x mail=x@acme.example rolePrincipal=Utilisateur", "2 ~similar_person"},
		{"part of the name, of a hire that was judged", Policy{Defaults: places, NewOnly: true}, create, "x;Ben;Roche;x@acme.example;01/04/2019",
			"create department=Direction dtContractStart=2019-04-01 firstName=Ben lastName=Roche legalEntity=Acme Lyon login=x mail=x@acme.example rolePrincipal=Utilisateur", ""},
		{"a contract type that is unknown", Policy{Defaults: places}, create + ";contractType", zoe + ";CDX", "!", "2 unknown_contract_type"},
		{"a contract type of a hire that is unknown", Policy{Defaults: places, NewOnly: true}, create + ";contractType", zoe + ";CDX",
			"create department=Direction" + base + " lastName=Élan legalEntity=Acme Lyon login=zoe" + rest + " rolePrincipal=Utilisateur", "2 ~unknown_contract_type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, changes, _ := merged(officeInput(t, tt.policy, tt.head, tt.row))
			if got := does(&changes[0]); got != tt.want {
				t.Errorf("does %q,\nwant %q", got, tt.want)
			}
			if got := codesOfReport(r); got != tt.said {
				t.Errorf("says %q, want %q", got, tt.said)
			}
		})
	}
}

// TestMergeKnown: of an employee only what differs is set.
func TestMergeKnown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		policy    Policy
		head, row string
		want      string
		said      string
	}{
		{"as in Lucca", Policy{}, "login;firstName;lastName;mail;employeenumber;legalEntity;department;manager;rolePrincipal;dtContractStart;dtContractEnd",
			"ben;Ben;d'Angelo;Ben@acme.example;00007;LYO;SUP;ada;Utilisateur;01/04/2019;", "unchanged", ""},
		{"a blank is kept", Policy{}, "login;firstName;manager", "ben;;", "unchanged", ""},
		{"a blank clears", Policy{Blank: ClearBlank}, "login;manager", "ben;", "update manager=ada>", ""},
		{"a blank clears nobody's name", Policy{Blank: ClearBlank}, "login;firstName", "ben;", "unchanged", "2 ~cannot_clear"},
		{"a blank clears no first day", Policy{Blank: ClearBlank}, "login;dtContractStart", "ben;", "unchanged", "2 ~cannot_clear"},
		{"a blank clears nothing that is blank", Policy{Blank: ClearBlank}, "login;manager;jobTitle", "ada;;", "unchanged", ""},
		{"a blank clears nothing that has a default", Policy{Blank: ClearBlank, Defaults: Defaults{Values: map[string]string{Manager: "ada"}}}, "login;manager", "ben;", "unchanged", ""},
		{"a blank clears no identifier", Policy{Identifier: ByNumber, Blank: ClearBlank}, "legalEntity;employeenumber;login", "LYO;00007;", "unchanged", "2 ~cannot_clear"},
		{"a manager by name", Policy{}, "login;manager", "ben;MARTIN Cleo", "update manager=ada>cleo", ""},
		{"a manager who has left", Policy{}, "login;manager", "ben;dan", "update manager=ada>dan", "2 ~manager_left"},
		{"oneself as manager", Policy{}, "login;manager", "ben;ben", "update manager=ada>", ""},
		{"oneself as before", Policy{}, "login;manager", "eve;eve", "unchanged", ""},
		{"a reference by code, as before", Policy{}, "login;department;legalEntity", "ben;SUP;Acme Lyon", "unchanged", ""},
		{"another department", Policy{}, "login;department", "ben;direction / support", "update department=Support>Direction / Support", ""},
		{"an ambiguous department", Policy{}, "login;department", "ben;Support", "!", "2 ambiguous_department"},
		{"a number without its zeros", Policy{}, "login;employeenumber", "ben;7", "!", "2 leading_zeros"},
		{"a number of a colleague", Policy{}, "login;employeenumber", "ben;00001", "!", "2 number_in_use"},
		{"a number of a colleague but for its zeros", Policy{}, "login;employeenumber", "ada;007", "!", "2 leading_zeros"},
		{"a work cycle is not cleared", Policy{Blank: ClearBlank}, "login;workCycle", "ben;", "unchanged", ""},
		{"a move to where a number is nearly the same", Policy{}, "login;legalEntity", "ben;NTE", "update legalEntity=Acme Lyon>Acme Nantes", ""},
		{"a number with more zeros", Policy{}, "login;employeenumber", "cleo;007", "update employeenumber=7>007", ""},
		{"a number of another establishment", Policy{}, "login;employeenumber", "cleo;00001", "update employeenumber=7>00001", ""},
		{"a move to where the number is taken", Policy{}, "login;legalEntity;employeenumber", "cleo;LYO;00007", "!", "2 number_in_use"},
		{"a login of a colleague", Policy{Identifier: ByMail}, "mail;login", "ben@acme.example;CLEO", "!", "2 login_in_use"},
		{"an address of a colleague", Policy{}, "login;mail", "ben;cleo@acme.example", "update mail=ben@acme.example>cleo@acme.example shifted", "2 ~mail_in_use"},
		{"an address that people share", Policy{MailShared: []string{"cleo@acme.example"}}, "login;mail", "ben;cleo@acme.example", "update mail=ben@acme.example>cleo@acme.example", ""},
		{"another name", Policy{}, "login;firstName;lastName", "ben;Anna;Neuf", "update firstName=Ben>Anna lastName=D'ANGELO>Neuf shifted", "2 ~other_person"},
		{"the name of a colleague", Policy{}, "login;firstName;lastName", "ben;Cleo;Martin", "update firstName=Ben>Cleo lastName=D'ANGELO>Martin shifted", "2 ~other_person"},
		{"the name and the address of a colleague", Policy{}, "login;firstName;lastName;mail", "ben;Cleo;Martin;cleo@acme.example", "! shifted", "2 identity_conflict, 2 ~mail_in_use"},
		{"another name and date of birth", Policy{}, "login;firstName;lastName;dtBirth", "ben;Anna;Neuf;01/02/1980", "! shifted", "2 identity_conflict"},
		{"a married name", Policy{}, "login;lastName;mail", "ben;Neuf;ben.neuf@acme.example", "update lastName=D'ANGELO>Neuf mail=ben@acme.example>ben.neuf@acme.example", ""},
		{"the name in another spelling", Policy{}, "login;firstName;lastName", "ben;Ben;D’Angelo", "update lastName=D'ANGELO>D’Angelo", ""},
		{"by name, the spelling counts for nothing", Policy{Identifier: ByName}, "firstName;lastName;jobTitle", "BEN;DANGELO;Chef", "update jobTitle=Chef", ""},
		{"an end", Policy{}, "login;dtContractEnd", "ben;30/11/2026", "end dtContractEnd=2026-11-30", ""},
		{"an end of the API key's account", Policy{Account: 2}, "login;dtContractEnd", "ben;30/11/2026", "!", "2 protected"},
		{"an end of a protected account", Policy{Protect: []string{"BEN"}}, "login;dtContractEnd", "ben;30/11/2026", "!", "2 protected"},
		{"an end of a protected account with another name", Policy{Account: 2}, "login;lastName;dtContractEnd", "ben;Neuf;30/11/2026", "!", "2 protected"},
		{"an end with another name", Policy{}, "login;lastName;dtContractEnd", "ben;Neuf;30/11/2026", "end dtContractEnd=2026-11-30 lastName=D'ANGELO>Neuf shifted", "2 ~other_person"},
		{"a start that is moved into the future", Policy{}, "login;dtContractStart", "ben;01/12/2026", "update dtContractStart=2019-04-01>2026-12-01", "2 ~starts_later"},
		{"a start that is moved into the future, protected", Policy{Account: 2}, "login;dtContractStart", "ben;01/12/2026", "!", "2 protected"},
		{"first and last name exchanged", Policy{}, "login;firstName;lastName", "ben;D'Angelo;Ben", "update firstName=Ben>D'Angelo lastName=D'ANGELO>Ben shifted", "2 ~names_exchanged"},
		{"first and last name exchanged, of somebody else", Policy{}, "login;firstName;lastName", "ben;Martin;Cleo", "update firstName=Ben>Martin lastName=D'ANGELO>Cleo shifted", "2 ~other_person"},
		{"a whole name as the last name", Policy{}, "login;lastName", "ben;Cleo Martin", "update lastName=D'ANGELO>Cleo Martin shifted", "2 ~whole_name"},
		{"a whole name as the first name", Policy{}, "login;firstName", "ben;Martin, Cleo", "update firstName=Ben>Martin, Cleo shifted", "2 ~whole_name"},
		{"a double name that is nobody's", Policy{}, "login;lastName", "ben;Martin Neuf", "update lastName=D'ANGELO>Martin Neuf", ""},
		{"an address that spells a colleague", Policy{}, "login;mail", "ben;cleo.martin@acme.example", "update mail=ben@acme.example>cleo.martin@acme.example shifted", "2 ~mail_of_another"},
		{"an address that spells a colleague with a dash below", Policy{}, "login;mail", "ben;cleo_martin@acme.example", "update mail=ben@acme.example>cleo_martin@acme.example shifted", "2 ~mail_of_another"},
		{"an address that spells one who has left", Policy{}, "login;mail", "ben;dan.petit@acme.example", "update mail=ben@acme.example>dan.petit@acme.example", ""},
		{"an address that spells nobody", Policy{}, "login;mail", "ben;b.dangelo@acme.example", "update mail=ben@acme.example>b.dangelo@acme.example", ""},
		{"an address that is the first name of a colleague", Policy{}, "login;mail", "ben;cleo@other.example", "update mail=ben@acme.example>cleo@other.example", ""},
		{"an address that spells the name of the row", Policy{}, "login;firstName;lastName;mail", "ben;Cleo;Martin;cleo.martin@acme.example", "update firstName=Ben>Cleo lastName=D'ANGELO>Martin mail=ben@acme.example>cleo.martin@acme.example shifted", "2 ~other_person"},
		{"an address of one who has left", Policy{}, "login;mail", "ben;dan@acme.example", "update mail=ben@acme.example>dan@acme.example", "2 ~mail_in_use"},
		{"an end with another date of birth", Policy{}, "login;dtBirth;dtContractEnd", "ben;18/05/1990;30/11/2026", "end dtBirth=1990-05-17>1990-05-18 dtContractEnd=2026-11-30 shifted", "2 ~other_person, 2 ~next_day"},
		{"an end with a date of birth that Lucca lacks", Policy{}, "login;dtBirth;dtContractEnd", "cleo;18/05/1990;30/11/2026", "end dtBirth=1990-05-18 dtContractEnd=2026-11-30", ""},
		{"an end by now with another department", Policy{}, "login;department;dtContractEnd", "ben;DIR;20/11/2026", "end department=Support>Direction dtContractEnd=2026-11-20 shifted", "2 ~other_person"},
		{"an end to come with another department", Policy{}, "login;department;dtContractEnd", "ben;DIR;30/11/2026", "end department=Support>Direction dtContractEnd=2026-11-30", ""},
		{"an end by now with a title that Lucca lacks", Policy{}, "login;jobTitle;dtContractEnd", "ben;Chef;20/11/2026", "end dtContractEnd=2026-11-20 jobTitle=Chef", ""},
		{"an end by now with another first day", Policy{}, "login;dtContractStart;dtContractEnd", "ben;02/04/2019;20/11/2026", "end dtContractEnd=2026-11-20 dtContractStart=2019-04-01>2019-04-02 shifted", "2 ~other_person, 2 ~next_day"},
		{"an end to come with another first day", Policy{}, "login;dtContractStart;dtContractEnd", "ben;02/04/2019;30/11/2026", "end dtContractEnd=2026-11-30 dtContractStart=2019-04-01>2019-04-02", "2 ~next_day"},
		{"an end with the address of a colleague", Policy{}, "login;mail;dtContractEnd", "ben;cleo@acme.example;30/11/2026", "end dtContractEnd=2026-11-30 mail=ben@acme.example>cleo@acme.example shifted", "2 ~other_person, 2 ~mail_in_use"},
		{"an end with a new address", Policy{}, "login;mail;dtContractEnd", "ben;b@home.example;30/11/2026", "end dtContractEnd=2026-11-30 mail=ben@acme.example>b@home.example", ""},
		{"an end by the name with a new address", Policy{Identifier: ByName}, "firstName;lastName;mail;dtContractEnd", "Ben;D'Angelo;b@home.example;30/11/2026", "end dtContractEnd=2026-11-30 mail=ben@acme.example>b@home.example shifted", "2 ~other_person"},
		{"an end and no date of birth", Policy{Blank: ClearBlank}, "login;dtBirth;dtContractEnd", "ben;;30/11/2026", "end dtBirth=1990-05-17> dtContractEnd=2026-11-30", ""},
		{"an end and no number", Policy{Blank: ClearBlank}, "login;employeenumber;dtContractEnd", "ben;;30/11/2026", "end dtContractEnd=2026-11-30 employeenumber=00007>", ""},
		{"an end by the name with the address of many", Policy{Identifier: ByName, MailShared: []string{"plant@acme.example"}}, "firstName;lastName;mail;dtContractEnd", "Ben;D'Angelo;plant@acme.example;30/11/2026", "end dtContractEnd=2026-11-30 mail=ben@acme.example>plant@acme.example", ""},
		{"an end and names exchanged", Policy{}, "login;firstName;lastName;dtBirth;dtContractEnd", "ben;D'Angelo;Ben;01/02/1991;30/11/2026", "end dtBirth=1990-05-17>1991-02-01 dtContractEnd=2026-11-30 firstName=Ben>D'Angelo lastName=D'ANGELO>Ben shifted", "2 ~names_exchanged"},
		{"an end with another number", Policy{}, "login;employeenumber;dtContractEnd", "ben;00019;30/11/2026", "end dtContractEnd=2026-11-30 employeenumber=00007>00019 shifted", "2 ~other_person"},
		{"an end with the name in another spelling", Policy{}, "login;lastName;dtContractEnd", "ben;Dangelo;30/11/2026", "end dtContractEnd=2026-11-30 lastName=D'ANGELO>Dangelo", ""},
		{"the name and the date of birth of a colleague", Policy{}, "login;firstName;lastName;dtBirth", "cleo;Ben;D'Angelo;17/05/1990", "update dtBirth=1990-05-17 firstName=Cleo>Ben lastName=MARTIN>D'Angelo shifted", "2 ~other_person"},
		{"the first name of another alone", Policy{}, "login;firstName", "ben;Cleo", "update firstName=Ben>Cleo", ""},
		{"blank roles that clear nothing that has a default", Policy{Blank: ClearBlank, Defaults: Defaults{Values: map[string]string{"habilitedRoles_0": "Utilisateur"}}}, "login;habilitedRoles_0", "ben;", "unchanged", ""},
		{"a work cycle", Policy{}, "login;workCycle", "ben;3", "unchanged", "2 ~dated_value"},
		{"the secondary roles", Policy{}, "login;habilitedRoles_0", "ben;Administrateur", "update habilitedRoles=Administrateur", ""},
		{"the secondary roles, blank", Policy{}, "login;habilitedRoles_0", "ben;", "unchanged", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.head == "login;workCycle" {
				tt.head = "login;" + cycleCode(t)
			}
			r, changes, _ := merged(officeInput(t, tt.policy, tt.head, tt.row))
			if got := does(&changes[0]); got != tt.want {
				t.Errorf("does %q,\nwant %q", got, tt.want)
			}
			if got := codesOfReport(r); got != tt.said {
				t.Errorf("says %q, want %q", got, tt.said)
			}
		})
	}
}

// cycleCode is the code of the work cycle.
func cycleCode(t *testing.T) string {
	t.Helper()
	for _, code := range Codes() {
		if p, _ := roster.PropertyOf(code); p.Kind == roster.CycleID {
			return code
		}
	}
	t.Fatal("no property is a work cycle")
	return ""
}

// What the reader refused, and what is hidden from the key, is neither read nor overwritten.
func TestMergeLeavesAloneWhatIsVoidOrHidden(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Blank: ClearBlank}, "login;manager;jobTitle", "ben;;x", "cleo;ada;Chef")
	in.sheet.table.Rows[0].Void = []int{1, 2}
	late := officeInput(t, Policy{Defaults: places}, "login;firstName;lastName;mail;dtContractStart;jobTitle", "ben;;;;02/04/2019;", "zoe;Zoé;Élan;zoe@acme.example;01/12/2026;#REF!")
	late.sheet.table.Rows[0].Void, late.sheet.table.Rows[1].Void = []int{4}, []int{5}
	if r, changes, _ := merged(late); does(&changes[0]) != "unchanged" || changes[1].rejected || changes[1].given("jobTitle") != "" {
		t.Errorf("a void start, and a void title: %s, %s, says %s", does(&changes[0]), does(&changes[1]), codesOfReport(r))
	}
	in.people.ByID(3).Hidden = roster.JobTitle
	r, changes, _ := merged(in)
	if got := does(&changes[0]); got != "unchanged" {
		t.Errorf("void cells: %s", got)
	}
	if got, said := does(&changes[1]), codesOfReport(r); got != "!" || said != "3 hidden_field" {
		t.Errorf("a hidden field: %s, says %s", got, said)
	}
}

// Who takes whose value over is told by property, folded.
func TestMergeTellsWhatMoves(t *testing.T) {
	t.Parallel()
	_, _, moved := merged(officeInput(t, Policy{}, "login;lastName;mail;department;manager;jobTitle", "ben;Martin;x@acme.example;DIR;cleo;Chef", "cleo;d’Angelo;;;;"))
	var got []string
	for _, code := range []string{LastName, Mail, Department, Manager, "jobTitle"} {
		for _, m := range moved[code] {
			got = append(got, fmt.Sprintf("%s %d: %s>%s", code, m.at, m.from, m.to))
		}
	}
	want := "lastName 0: d angelo>martin|lastName 1: martin>d angelo|mail 0: ben@acme example>x@acme example|department 0: support>direction|manager 0: ada>cleo"
	if strings.Join(got, "|") != want {
		t.Errorf("%s,\nwant %s", strings.Join(got, "|"), want)
	}
}
