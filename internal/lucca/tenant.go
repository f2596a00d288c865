package lucca

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// The rights of the key's role, as Lucca's settings name them in English and in French: the
// first six in its own help pages for integrations, the others in those of the modules.
const (
	rightUsers          = `"Read users Lucca properties" (« Consulter les données Lucca des collaborateurs »)`
	rightModify         = `"Modify Lucca users properties" (« Modifier les données Lucca des collaborateurs »)`
	rightFuture         = `"See future employees" (« Voir les futurs employés »)`
	rightFormer         = `"See former employees" (« Voir les employés partis »)`
	rightEstablishments = `"Create, archive, unarchive establishments and legal units" (« Modifier les établissements et les unités légales »)`
	rightDepartments    = `"Department management" (« Administration des Départements »)`
	rightAxes           = `"Consult analytical axes" (« Consulter les axes analytiques »)`
	rightPay            = `"Consult individual situations" of the Compensation module (« Consulter les situations individuelles » de Rémunération; or take annual_salary from a custom field)`
)

// structureRoot is where v4 lists the structure of the company.
const structureRoot = "/organization/structure/api/"

// The lists of the API that a roster is made of.
func users(d *userDecoder) list[roster.Employee] {
	query := url.Values{"fields": {userFields(d.query)}}
	if d.query.Former {
		query.Set("formerEmployees", "true")
	}
	return list[roster.Employee]{
		route:      route{usersRoute, "employees", rightUsers},
		query:      query,
		generation: v3,
		item:       d.decode,
	}
}

// roles lists what the primary and secondary roles of users refer to. No public page has the
// route, and no integration should be given the right to manage roles: see Client.roles.
func roles() list[roster.Role] {
	return list[roster.Role]{
		route:      route{"/api/v3/roles", "roles", `"Roles and API keys management"`},
		query:      url.Values{"fields": {"id,name,collection.count"}},
		generation: v3,
		item: decodeItem(func(w named) (roster.Role, int, error) {
			return roster.Role{ID: w.ID.Value, Name: w.Name.Value}, w.ID.Value, nil
		}),
	}
}

func sections(axis int) list[roster.Section] {
	return list[roster.Section]{
		route: route{"/api/v3/axisSections", "axis sections", rightAxes},
		query: url.Values{
			"axisId": {strconv.Itoa(axis)},
			"fields": {"id,name,code,axisId,parentAxisSections[id],collection.count"},
			// Closed ones too: people are in them still.
			"active": {"true,false"},
		},
		generation: v3,
		item: decodeItem(func(w struct {
			named
			AxisID             optional[int]
			ParentAxisSections optional[[]reference]
		}) (roster.Section, int, error) {
			return roster.Section{ID: w.ID.Value, AxisID: cmp.Or(w.AxisID.Value, axis), Name: w.Name.Value, Code: w.Code.Value,
				Parents: sortedIDs(w.ParentAxisSections.Value)}, w.ID.Value, nil
		}),
	}
}

// structurePage is the largest page of the lists of the structure
// (developers.lucca.fr, api-reference/establishments/list-establishments and its neighbours).
const structurePage = 100

// withArchived asks for archived ones too, which v4 leaves out unless told: people belong to
// them still.
func withArchived() url.Values { return url.Values{"isArchived": {"true,false"}} }

// openSections is sections for a Lucca that knows no filter of that name.
func openSections(axis int) list[roster.Section] {
	l := sections(axis)
	l.query.Del("active")
	return l
}

func establishments() list[roster.Establishment] {
	return list[roster.Establishment]{
		route:      route{structureRoot + "establishments", "establishments", rightEstablishments},
		query:      withArchived(),
		generation: v4, size: structurePage,
		item: decodeItem(func(w struct {
			named
			LegalUnitID optional[int]
		}) (roster.Establishment, int, error) {
			return roster.Establishment{ID: w.ID.Value, Name: w.Name.Value, Code: w.Code.Value,
				LegalUnitID: w.LegalUnitID.Value}, w.ID.Value, nil
		}),
	}
}

func legalUnits() list[roster.LegalUnit] {
	return list[roster.LegalUnit]{
		route:      route{structureRoot + "legal-units", "legal units", rightEstablishments},
		query:      withArchived(),
		generation: v4, size: structurePage,
		item: decodeItem(func(w named) (roster.LegalUnit, int, error) {
			return roster.LegalUnit{ID: w.ID.Value, Name: w.Name.Value, Code: w.Code.Value}, w.ID.Value, nil
		}),
	}
}

func categories() list[roster.Category] {
	return list[roster.Category]{
		route:      route{structureRoot + "occupation-categories", "occupation categories", rightEstablishments},
		generation: v4, size: structurePage,
		item: decodeItem(func(w named) (roster.Category, int, error) {
			return roster.Category{ID: w.ID.Value, Name: w.Name.Value}, w.ID.Value, nil
		}),
	}
}

// contractsOf says which contracts are listed.
type contractsOf int

const (
	noContracts contractsOf = iota
	applicableContracts
	// otherContracts are those that do not apply: earlier ones, and signed ones.
	otherContracts
	allContracts
)

// which are the contracts that a query needs.
func which(q roster.Query) contractsOf {
	switch {
	case q.Employments || q.Contracts && q.Chains:
		return allContracts
	case q.Chains:
		return otherContracts
	case q.Contracts:
		return applicableContracts
	default:
		return noContracts
	}
}

// contracts lists the contracts of everybody.
func contracts(which contractsOf) list[roster.Contract] {
	query := make(url.Values)
	switch which {
	case applicableContracts:
		query.Set("isApplicable", "true")
	case otherContracts:
		query.Set("isApplicable", "false")
	}
	return list[roster.Contract]{
		route:      route{contractsRoute, "work contracts", rightUsers},
		query:      query,
		generation: v4, root: "count",
		item: decodeItem(func(w struct {
			ID, OwnerID, TypeID, SpcID, EstablishmentID optional[int]
			StartsOn, EndsOn                            optional[string]
		}) (roster.Contract, int, error) {
			if w.OwnerID.Value <= 0 {
				return roster.Contract{}, 0, fmt.Errorf("a contract without an owner: %w", ErrMalformed)
			}
			k := roster.Contract{ID: w.ID.Value, OwnerID: w.OwnerID.Value, TypeID: w.TypeID.Value,
				CategoryID: w.SpcID.Value, EstablishmentID: w.EstablishmentID.Value}
			return k, k.ID, days(w.StartsOn.Value, w.EndsOn.Value, &k.StartsOn, &k.EndsOn)
		}),
	}
}

// payItems lists the fixed elements of pay of the Compensation module.
func payItems() list[roster.PayItem] {
	return list[roster.PayItem]{
		route:      route{"/remuneration/api/fixed-items", "pay items", rightPay},
		generation: v4,
		item:       decodeItem(payItem),
	}
}

// named is the part that most resources share.
type named struct {
	ID         optional[int]
	Name, Code optional[string]
}

// decodeItem returns the decoder of a list from a function that converts one wire value.
func decodeItem[W, T any](convert func(W) (T, int, error)) func(json.RawMessage) (T, int, error) {
	return func(raw json.RawMessage) (T, int, error) {
		var w W
		if err := decode(raw, &w); err != nil {
			var none T
			return none, 0, err
		}
		return convert(w)
	}
}

// wirePay is one item of /remuneration/api/fixed-items.
type wirePay struct {
	ID               optional[int]
	Amount           optional[json.Number]
	StartsOn, EndsOn optional[string]
	Nature           struct {
		Category struct {
			Code optional[string]
		}
	}
	WorkContract struct {
		WorkContractID   optional[int]
		OwnerID          optional[int]
		Owner            reference
		StartsOn, EndsOn optional[string]
	}
}

// basicSalary is the code of the nature category of a salary itself.
const basicSalary = "BASIC_SALARY"

func payItem(w wirePay) (roster.PayItem, int, error) {
	p := roster.PayItem{
		OwnerID: w.WorkContract.OwnerID.Value,
		Basic:   strings.EqualFold(w.Nature.Category.Code.Value, basicSalary),
	}
	if p.OwnerID <= 0 {
		p.OwnerID = w.WorkContract.Owner.ID
	}
	if p.OwnerID <= 0 || !w.Amount.Set || !w.Nature.Category.Code.Set {
		return p, 0, fmt.Errorf("a pay item without owner, amount or category: %w", ErrMalformed)
	}
	if !w.Amount.Null {
		amount, err := parseAmount(w.Amount.Value)
		if err != nil {
			return p, 0, err
		}
		p.Amount = amount
	}
	of := w.WorkContract
	p.Contract.ID = of.WorkContractID.Value
	if err := days(of.StartsOn.Value, of.EndsOn.Value, &p.Contract.StartsOn, &p.Contract.EndsOn); err != nil {
		return p, 0, err
	}
	return p, w.ID.Value, days(w.StartsOn.Value, w.EndsOn.Value, &p.StartsOn, &p.EndsOn)
}

// days reads a first and a last day of v4.
func days(startsOn, endsOn string, start, end *roster.Date) error {
	if err := parseDate("startsOn", startsOn, start); err != nil {
		return err
	}
	return parseDate("endsOn", endsOn, end)
}

// maxAmount bounds the digits of an amount of money.
const maxAmount = 32

// parseAmount reads a decimal number exactly. Exponents are refused: no sum of money is
// written with one, and a large one would fill the memory.
func parseAmount(n json.Number) (*big.Rat, error) {
	s := n.String()
	amount, ok := new(big.Rat), len(s) <= maxAmount && !strings.ContainsAny(s, "eE")
	if ok {
		_, ok = amount.SetString(s)
	}
	if !ok {
		return nil, fmt.Errorf("property %q is not an amount: %w", "amount", ErrMalformed)
	}
	return amount, nil
}
