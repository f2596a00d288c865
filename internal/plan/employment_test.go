package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// permanent, fixed, trainee and another, which is called like fixed, are contract types.
const permanent, fixed, trainee, another = 1, 2, 3, 5

// A row about somebody with these contracts, on 22 November 2026.
func TestWhatARowDoesToContracts(t *testing.T) {
	t.Parallel()
	type contract struct {
		start, end string
		kind       int
	}
	cdd := []contract{{"2026-01-01", "2026-12-31", fixed}}
	next := []contract{{"2026-01-01", "2026-12-31", fixed}, {"2027-01-01", "", permanent}}
	chain := []contract{{"2024-01-01", "2024-12-31", fixed}, {"2025-01-01", "", permanent}}
	left := []contract{{"2020-01-01", "2026-06-30", fixed}}
	for _, tt := range []struct {
		name      string
		contracts []contract
		row       string // dtContractStart;dtContractEnd;contractType
		policy    plan.Policy
		want      string
	}{
		{"as in Lucca", cdd, "01/01/2026;31/12/2026;CDD", plan.Policy{}, "unchanged"},
		{"the first day of the employment", chain, "01/01/2024;;", plan.Policy{}, "unchanged"},
		{"the first day of the present contract", chain, "01/01/2025;;", plan.Policy{}, "unchanged"},
		{"a prolonged fixed term", cdd, "01/01/2026;31/03/2027;", plan.Policy{},
			"update dtContractEnd 2026-12-31>2027-03-31 contract 100"},
		{"a prolonged fixed term, by the user", cdd, "01/01/2026;31/03/2027;", plan.Policy{EndBy: plan.EndByUser},
			"update dtContractEnd 2026-12-31>2027-03-31"},
		{"a prolonged fixed term without its start", cdd, ";31/03/2027;", plan.Policy{},
			"update dtContractEnd 2026-12-31>2027-03-31 contract 100"},
		{"cut short", cdd, "01/01/2026;30/11/2026;", plan.Policy{TerminationReason: 27},
			"end dtContractEnd 2026-12-31>2026-11-30 contract 100 reason 27"},
		{"permanent by a new start", cdd, "01/01/2027;;CDI", plan.Policy{},
			"update contractType CDD>CDI dtContractEnd 2026-12-31> dtContractStart 2026-01-01>2027-01-01 new contract of type 1"},
		{"permanent by a new start and no type", cdd, "01/01/2027;;", plan.Policy{},
			"update contractType CDD>CDD dtContractEnd 2026-12-31> dtContractStart 2026-01-01>2027-01-01 new contract of type 2, contract_type_kept"},
		{"permanent by the type", cdd, "01/01/2026;;CDI", plan.Policy{},
			"update contractType CDD>CDI dtContractEnd 2026-12-31> dtContractStart 2026-01-01>2027-01-01 new contract of type 1"},
		{"permanent, and signed already", next, "01/01/2026;;CDI", plan.Policy{}, "unchanged"},
		{"a blank end beside an end in Lucca", cdd, "01/01/2026;;", plan.Policy{}, "unchanged, end_kept"},
		{"a blank end without a start", cdd, ";;", plan.Policy{}, "unchanged, end_kept"},
		{"a blank end of somebody who has left, without a start", left, ";;", plan.Policy{}, "unchanged"},
		{"a blank end beside a signed next contract", next, "01/01/2026;;", plan.Policy{}, "unchanged"},
		{"a blank end that clears", cdd, "01/01/2026;;", plan.Policy{Blank: plan.ClearBlank},
			"update dtContractEnd 2026-12-31> contract 100, end_cleared"},
		{"a blank end that clears, and a signed next contract", next, "01/01/2026;;", plan.Policy{Blank: plan.ClearBlank}, "unchanged"},
		{"ended before what is signed next", next, "01/01/2026;30/11/2026;", plan.Policy{},
			"end dtContractEnd 2026-12-31>2026-11-30 contract 100, next_stays"},
		{"ended within what is signed next", next, "01/01/2026;31/03/2027;", plan.Policy{},
			"end dtContractEnd >2027-03-31 contract 101"},
		{"ended within what is signed next, by the user", next, "01/01/2026;31/03/2027;", plan.Policy{EndBy: plan.EndByUser},
			"end dtContractEnd >2027-03-31 contract 101"},
		{"the next contract, as it is signed", next, "01/01/2027;;CDI", plan.Policy{}, "unchanged"},
		{"the next contract, with an end", next, "01/01/2027;30/06/2027;", plan.Policy{},
			"end dtContractEnd >2027-06-30 contract 101"},
		{"another next contract than is signed", next, "05/01/2027;;", plan.Policy{}, "reject, next_contract"},
		{"the start is within an earlier contract", chain, "01/06/2024;;", plan.Policy{}, "reject, overlaps"},
		{"the start is in the gap after an earlier employment", []contract{{"2020-01-01", "2020-12-31", fixed}, {"2025-01-01", "", permanent}}, "01/12/2024;;", plan.Policy{},
			"update dtContractStart 2025-01-01>2024-12-01"},
		{"the start is the last day of an earlier employment", []contract{{"2020-01-01", "2020-12-31", fixed}, {"2025-01-01", "", permanent}}, "31/12/2020;;", plan.Policy{}, "reject, overlaps"},
		{"a type for one that has no name here", []contract{{"2025-01-01", "", 9}}, ";;CDI", plan.Policy{}, "update contractType #9>CDI contract 100"},
		{"the start of an earlier employment", []contract{{"2020-01-01", "2020-12-31", fixed}, {"2025-01-01", "", permanent}}, "01/01/2020;;", plan.Policy{},
			"unchanged, older_contract"},
		{"a corrected start", cdd, "05/01/2026;;", plan.Policy{}, "update dtContractStart 2026-01-01>2026-01-05, end_kept"},
		{"a corrected contract", cdd, "05/01/2026;31/03/2027;", plan.Policy{}, "update dtContractEnd 2026-12-31>2027-03-31 dtContractStart 2026-01-01>2026-01-05"},
		{"an end without a start, of the second contract", chain, ";31/12/2026;", plan.Policy{}, "end dtContractEnd >2026-12-31 contract 101"},
		{"an end beside the first day of the employment", chain, "01/01/2024;31/12/2026;", plan.Policy{}, "end dtContractEnd >2026-12-31 contract 101"},
		{"permanent by the type, without a start", cdd, ";;CDI", plan.Policy{}, "update contractType CDD>CDI dtContractEnd 2026-12-31> dtContractStart 2026-01-01>2027-01-01 new contract of type 1"},
		{"another type and a later end", cdd, ";31/03/2027;CDI", plan.Policy{}, "update contractType CDD>CDI dtContractEnd 2026-12-31>2027-03-31 contract 100"},
		{"an end that is no date beside another first day", cdd, "01/01/2027;31.12.2027;", plan.Policy{}, "reject, bad_date"},
		{"another type", []contract{{"2025-01-01", "", fixed}}, "01/01/2025;;cdi", plan.Policy{}, "update contractType CDD>CDI contract 100"},
		{"a type that nobody has named", cdd, "01/01/2026;;Freelance", plan.Policy{}, "reject, unknown_contract_type"},
		{"another type of a fixed term with the next one signed", next, ";;Alternance", plan.Policy{}, "update contractType CDD>Alternance contract 100"},
		{"the type of what is signed next, and an end", next, "01/01/2026;30/11/2026;CDI", plan.Policy{}, "end contractType CDD>CDI dtContractEnd 2026-12-31>2026-11-30 contract 100, next_stays"},
		{"a label of two types, of which Lucca has another one", []contract{{"2025-01-01", "", permanent}}, ";;CDD", plan.Policy{}, "reject, ambiguous_contract_type"},
		{"the type as in Lucca and a blank end", cdd, "01/01/2026;;CDD", plan.Policy{}, "unchanged, end_kept"},
		{"another type of one who has left", left, ";;CDI", plan.Policy{}, "update contractType CDD>CDI contract 100"},
		{"another type, and contracts cannot be read", nil, "01/01/2026;;CDI", plan.Policy{}, "reject, end_kept, contract_unreadable"},
		{"an end before the corrected start", cdd, "05/01/2026;03/01/2026;", plan.Policy{}, "reject, end_before_start"},
		{"a start to come is moved", []contract{{"2027-01-04", "", permanent}}, "01/02/2027;;", plan.Policy{}, "update dtContractStart 2027-01-04>2027-02-01"},
		{"a rehire that is over long ago", left, "01/07/2026;15/07/2026;", plan.Policy{}, "rehire contractType CDD>CDD dtContractEnd 2026-06-30>2026-07-15 dtContractStart 2020-01-01>2026-07-01 new contract of type 2, past_end"},
		{"an end in Lucca, a year sooner", []contract{{"2024-01-01", "2026-12-31", fixed}}, ";31/12/2025;", plan.Policy{}, "end dtContractEnd 2026-12-31>2025-12-31 contract 100, end_in_doubt"},
		{"an end in Lucca, a year sooner and yet to come", []contract{{"2024-01-01", "2027-12-31", fixed}}, ";31/12/2026;", plan.Policy{}, "end dtContractEnd 2027-12-31>2026-12-31 contract 100"},
		{"an end in Lucca, a year and a day sooner", []contract{{"2024-01-01", "2026-12-31", fixed}}, ";30/12/2025;", plan.Policy{}, "end dtContractEnd 2026-12-31>2025-12-30 contract 100"},
		{"an end in Lucca, a month sooner", []contract{{"2024-01-01", "2026-12-15", fixed}}, ";15/11/2026;", plan.Policy{}, "end dtContractEnd 2026-12-15>2026-11-15 contract 100"},
		{"an end years sooner", []contract{{"2024-01-01", "2027-12-31", fixed}}, ";31/01/2026;", plan.Policy{}, "end dtContractEnd 2027-12-31>2026-01-31 contract 100, past_end"},
		{"an end of one who has left, a month later", []contract{{"2020-01-01", "2026-01-31", fixed}}, ";28/02/2026;", plan.Policy{}, "update dtContractEnd 2026-01-31>2026-02-28 contract 100"},
		{"an end of one who has left, two years later", []contract{{"2020-01-01", "2024-06-30", fixed}}, ";30/06/2026;", plan.Policy{}, "update dtContractEnd 2024-06-30>2026-06-30 contract 100, past_end"},
		{"a rehire", left, "01/12/2026;;Alternance", plan.Policy{},
			"rehire contractType CDD>Alternance dtContractEnd 2026-06-30> dtContractStart 2020-01-01>2026-12-01 new contract of type 3"},
		{"a rehire of the same type", left, "01/12/2026;31/05/2027;", plan.Policy{},
			"rehire contractType CDD>CDD dtContractEnd 2026-06-30>2027-05-31 dtContractStart 2020-01-01>2026-12-01 new contract of type 2"},
		{"a rehire, and the last contract has no type", []contract{{"2020-01-01", "2026-06-30", 0}}, "01/12/2026;;", plan.Policy{}, "reject, contract_type_missing"},
		{"has left, and the end is blank", left, "01/01/2020;;", plan.Policy{}, "unchanged, has_left"},
		{"has left, and is let in again", left, "01/01/2020;31/12/2026;", plan.Policy{}, "update dtContractEnd 2026-06-30>2026-12-31 contract 100, reopens"},
		{"contracts cannot be read", nil, "01/01/2026;31/03/2027;", plan.Policy{}, "update dtContractEnd 2026-12-31>2027-03-31"},
		{"contracts cannot be read, and must", nil, "01/01/2026;31/03/2027;", plan.Policy{EndBy: plan.EndByContract}, "reject, contract_unreadable"},
		{"contracts cannot be read, and a next one begins", nil, "01/01/2027;;", plan.Policy{}, "reject, contract_type_missing"},
		{"contracts cannot be read, and a next one of a type begins", nil, "01/01/2027;;CDI", plan.Policy{},
			"update contractType >CDI dtContractEnd 2026-12-31> dtContractStart 2026-01-01>2027-01-01 new contract of type 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := roster.Employee{ID: 7, Login: "ada", EstablishmentID: 2, ContractStart: date(t, "2026-01-01"), ContractEnd: date(t, "2026-12-31")}
			s := roster.Snapshot{}
			for i, c := range tt.contracts {
				s.Contracts = append(s.Contracts, roster.Contract{
					ID: 100 + i, OwnerID: 7, TypeID: c.kind, CategoryID: 4, EstablishmentID: 2, StartsOn: date(t, c.start), EndsOn: date(t, c.end),
				})
			}
			if at := roster.Applicable(s.Contracts, today); at >= 0 {
				e.ContractStart, e.ContractEnd = s.Contracts[at].StartsOn, s.Contracts[at].EndsOn
			}
			s.Employees = []roster.Employee{e}
			r, err := roster.New(s, roster.Settings{Day: today, ContractTypes: map[int]string{permanent: "CDI", fixed: "CDD", trainee: "Alternance", another: "CDD"}})
			if err != nil {
				t.Fatal(err)
			}
			p := plan.Make(table(t, "login;dtContractStart;dtContractEnd;contractType", "ada;"+tt.row), r, tt.policy)
			if got := employed(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// employed is what the one item of a plan does, and the codes of the findings.
func employed(p *plan.Plan) string {
	item := &p.Items[0]
	parts := []string{string(item.Action)}
	for code, c := range item.Set.All() {
		parts = append(parts, fmt.Sprintf("%s %s>%s", code, c.From, c.To))
	}
	switch c := item.Contract; {
	case c == nil:
	case c.ID == 0:
		parts = append(parts, fmt.Sprintf("new contract of type %d", item.Set.Get(plan.ContractType).IDs[0]))
		if c.EstablishmentID != 2 {
			parts = append(parts, "elsewhere")
		}
	default:
		parts = append(parts, fmt.Sprintf("contract %d", c.ID))
		if c.ReasonID != 0 {
			parts = append(parts, fmt.Sprintf("reason %d", c.ReasonID))
		}
	}
	text := strings.Join(parts, " ")
	for _, f := range p.Findings {
		text += ", " + f.Code
	}
	return text
}
