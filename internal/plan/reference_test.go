package plan

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/roster"
)

// A text refers to what has the name, else the code, else the path; what several have means none
// of them, and an id means nothing.
func TestReferences(t *testing.T) {
	t.Parallel()
	c := newCatalog(
		entry{10, "Direction", "DIR", []string{"Direction"}},
		entry{11, "Support", "SUP", []string{"Support"}},
		entry{12, "Support", "SUN", []string{"Direction", "Support"}},
		entry{13, "DIR", "X", []string{"DIR"}},
		entry{14, "R&D", "", []string{"Direction", "R&D"}},
		entry{15, "Achats / Ventes", "AV", []string{"Achats / Ventes"}},
		entry{16, "Écoute", "E1", []string{"Écoute"}},
		entry{17, "Doublon", "D", []string{"Doublon"}}, entry{18, "Double", "D", []string{"Double"}},
	)
	for _, tt := range []struct {
		text, want string
	}{
		{"Direction", "10 Direction"}, {"direction", "10 Direction"}, {"  Direction ", "10 Direction"}, {"SUP", "11 Support"}, {"sun", "12 Direction / Support"},
		{"Direction/Support", "12 Direction / Support"}, {"DIRECTION / support", "12 Direction / Support"}, {"Direction//Support", "12 Direction / Support"}, {"Direction / R&D", "14 Direction / R&D"}, {"R&D", "14 Direction / R&D"},
		{"DIR", "13 DIR"}, // a name comes before a code
		{"Support", "ambiguous"}, {"D", "ambiguous"}, {"Achats / Ventes", "15 Achats / Ventes"}, {"Achats  /  Ventes", "15 Achats / Ventes"},
		{"E\u0301coute", "16 Écoute"}, {"ÉCOUTE", "16 Écoute"}, {"Ecoute", "unknown, Écoute?"}, // an accent is another letter
		{"10", "unknown"}, {"", "unknown"}, {"Nowhere", "unknown"}, {"Direktion", "unknown, Direction?"}, {"/", "unknown"},
	} {
		if got := shown(c.find(tt.text)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func shown(a answer) string {
	switch {
	case a.match == matched:
		return fmt.Sprint(a.id, " ", a.label)
	case a.match == ambiguous:
		return "ambiguous"
	case a.suggestion != "":
		return "unknown, " + a.suggestion + "?"
	default:
		return "unknown"
	}
}

// However many texts are wrong, few are compared with all names; those keep their suggestion.
func TestSuggestionsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCatalog(entry{id: 1, name: "Direction"})
	for i := range 10 * maxSuggestions {
		text := fmt.Sprintf("Directio%d", i%10)
		if i >= 10 {
			text = fmt.Sprintf("Wrong %d", i)
		}
		c.find(text)
	}
	if len(c.near) != maxSuggestions {
		t.Errorf("%d texts were compared", len(c.near))
	}
	if got := shown(c.find("Directio3")); got != "unknown, Direction?" {
		t.Errorf("an early one: %s", got)
	}
	if got := shown(c.find("Directiom")); got != "unknown" {
		t.Errorf("a late one: %s", got)
	}
}

// What an employee refers to is written so that it means nothing else.
func TestWrittenReferences(t *testing.T) {
	t.Parallel()
	c := newCatalog(
		entry{1, "Direction", "DIR", []string{"Direction"}}, entry{2, "Support", "S1", []string{"Support"}}, entry{3, "Support", "S2", []string{"Direction", "Support"}},
		entry{4, "Twin", "", nil}, entry{5, "Twin", "", nil}, entry{6, "Achats", "S9", []string{"Achats"}}, entry{7, "Achats", "V", []string{"Achats"}}, entry{8, "V", "", []string{"V"}},
	)
	for id, want := range map[int]string{0: "true", 1: "Direction true", 2: "S1 true", 3: "Direction / Support true", 4: "false", 5: "false", 6: "S9 true", 7: "false", 8: "V true", 9: "false"} { // the code of 7 is the name of 8
		text, ok := c.written(id)
		if got := strings.TrimSpace(fmt.Sprint(text, " ", ok)); got != want {
			t.Errorf("%d: %s, want %s", id, got, want)
		}
	}
	for id, want := range map[int]string{0: "", 1: "Direction", 3: "Direction / Support", 9: "#9"} {
		if got := c.label(id); got != want {
			t.Errorf("label of %d: %q, want %q", id, got, want)
		}
	}
	if got := c.listed([]int{1, 3, 9}); got != "Direction, Direction / Support, #9" {
		t.Errorf("listed: %s", got)
	}
}

// Why a text refers to nothing is said in the words of its kind.
func TestProblemsOfReferences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind roster.Kind
		answer
		code, part string
	}{
		{roster.EstablishmentID, answer{}, "unknown_establishment", "is no establishment in Lucca"},
		{roster.EstablishmentID, answer{match: ambiguous}, "ambiguous_establishment", "write its code"},
		{roster.DepartmentID, answer{suggestion: "Support"}, "unknown_department", `did you mean "Support"?`},
		{roster.DepartmentID, answer{match: ambiguous}, "ambiguous_department", "its path"},
		{roster.RoleID, answer{}, "unknown_role", "is no role"},
		{roster.RoleIDs, answer{match: ambiguous}, "ambiguous_role", "different names"},
		{roster.CategoryID, answer{}, "unknown_category", "is no category"},
		{roster.SectionID, answer{match: ambiguous}, "ambiguous_section", "write its code"},
		{roster.NamedID, answer{}, "unknown_name", "give it to one person in Lucca first"},
		{roster.NamedID, answer{match: ambiguous}, "ambiguous_name", "different names"},
	} {
		if got := referenceProblem(tt.kind, tt.answer); got.code != tt.code || !strings.Contains(got.predicate, tt.part) {
			t.Errorf("%v: %s %q, want %s with %q", tt.kind, got.code, got.predicate, tt.code, tt.part)
		}
	}
}

// A default is that of the most specific rule.
func TestTheMostSpecificDefaultCounts(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Defaults: Defaults{
		Values: map[string]string{"csp": "all", "jobTitle": "all", "culture": "fr-FR", "habilitedRoles_0": "Utilisateur"},
		By: []DefaultRule{
			{When: DefaultScope{Establishment: "LYO"}, Set: map[string]string{"csp": "lyon", "jobTitle": "lyon"}},
			{When: DefaultScope{Department: "SUP"}, Set: map[string]string{"csp": "support"}},
			{When: DefaultScope{Establishment: "LYO", Department: "SUP"}, Set: map[string]string{"csp": "both"}},
			{When: DefaultScope{Establishment: "Nowhere"}, Set: map[string]string{"csp": "nowhere"}},
			{When: DefaultScope{Department: "Support"}, Set: map[string]string{"csp": "two places"}},
			// The first of two that are as specific, and none that is less, wherever it stands.
			{When: DefaultScope{Establishment: "LYO"}, Set: map[string]string{"csp": "lyon again", "jobTitle": "lyon again"}},
		},
	}}, "login;firstName;lastName;mail;dtContractStart;culture")
	d := in.defaults
	for _, tt := range []struct {
		code                      string
		establishment, department int
		want                      string
	}{
		{"csp", 0, 0, "all"}, {"csp", 1, 0, "lyon"}, {"csp", 0, 11, "support"}, {"csp", 1, 11, "both"}, {"csp", 2, 11, "support"}, {"csp", 2, 10, "all"},
		{"jobTitle", 1, 11, "lyon"}, {"jobTitle", 2, 11, "all"}, {"gender", 1, 11, ""},
	} {
		if got := d.value(tt.code, tt.establishment, tt.department); got != tt.want {
			t.Errorf("%s of %d %d: %q, want %q", tt.code, tt.establishment, tt.department, got, tt.want)
		}
	}
	var unlisted []string
	for _, c := range d.unlisted {
		unlisted = append(unlisted, c.name)
	}
	if got := strings.Join(unlisted, " "); got != "csp department jobTitle legalEntity" {
		t.Errorf("without a column: %s", got)
	}
	if fmt.Sprint(d.secondary, d.unknown) != "[habilitedRoles_0] [3 4]" {
		t.Errorf("secondary roles %v, unknown rules %v", d.secondary, d.unknown)
	}
	if !d.has["habilitedRoles_0"] || !d.has[Department] || d.has["gender"] {
		t.Errorf("has %v", d.has)
	}
}

// In a file that creates nobody no rule counts, and none is complained of.
func TestRulesAreForNewPeopleOnly(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Defaults: Defaults{By: []DefaultRule{{When: DefaultScope{Establishment: "Nowhere"}, Set: map[string]string{"csp": "x"}}}}}, "login;jobTitle")
	if len(in.defaults.rules) != 1 || len(in.defaults.unknown) != 0 || len(in.faults()) != 0 {
		t.Errorf("%+v, %v", in.defaults.rules, in.faults())
	}
}

// TestFaultsOfTheWholeFile: a file that cannot tell who is who is refused as a whole.
func TestFaultsOfTheWholeFile(t *testing.T) {
	t.Parallel()
	hidden := func(id int, f roster.Fields) func(*input) { return func(in *input) { in.people.ByID(id).Hidden = f } }
	for _, tt := range []struct {
		name   string
		policy Policy
		head   string
		change func(*input)
		want   string
	}{
		{"none", Policy{}, "login;mail", func(*input) {}, ""},
		{"no identifier", Policy{}, "mail", func(*input) {}, "error login missing_column"},
		{"no pair of identifiers", Policy{Identifier: ByNumber}, "login", func(*input) {}, "error legalEntity missing_column, error employeenumber missing_column"},
		{"half a name", Policy{Identifier: ByName}, "firstName", func(*input) {}, "error lastName missing_column"},
		{"a hidden login", Policy{}, "login", hidden(3, roster.Login), "error  hidden_field"},
		{"a hidden address, not asked for", Policy{}, "login", hidden(3, roster.Mail), ""},
		{"a hidden address", Policy{}, "login;mail", hidden(3, roster.Mail), "error  hidden_field"},
		{"a hidden number", Policy{}, "login;employeenumber", hidden(3, roster.EmployeeNumber), "error  hidden_field"},
		{"a hidden establishment beside numbers", Policy{}, "login;employeenumber", hidden(3, roster.EstablishmentRef), "error  hidden_field"},
		{"a hidden establishment beside none", Policy{}, "login", hidden(3, roster.EstablishmentRef), ""},
		{"a hidden end", Policy{}, "login", hidden(3, roster.ContractEnd), "error  hidden_field"},
		{"a hidden job", Policy{}, "login;jobTitle", hidden(3, roster.JobTitle), ""},
		{"nobody protected", Policy{Protect: []string{"ada", "nobody"}}, "login", func(*input) {}, "warning  unknown_protected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := officeInput(t, tt.policy, tt.head)
			tt.change(in)
			var got []string
			for _, f := range in.faults() {
				got = append(got, fmt.Sprintf("%s %s %s", f.Severity, f.Column, f.Code))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
