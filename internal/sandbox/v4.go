package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	v4DefaultLimit = 10
	v4DateTime     = "2006-01-02T15:04:05.00"
)

// v4List is what the page of a v4 list documents of its pages.
type v4List struct {
	// largest is the highest limit.
	largest int
	// root are the members that fields.root may ask for.
	root []string
}

// The lists of v4. Structure: api-reference/establishments/list-establishments and its
// neighbours, limit at most 100. Contracts: api-reference/legacy/directory/list-work-contracts,
// limit to 1000 and only the count. Pay: api-reference/legacy/pagga-remuneration/fixed-items.
func structureList() v4List { return v4List{100, []string{"count", "next", "prev"}} }
func contractList() v4List  { return v4List{maxPage, []string{"count"}} }
func payList() v4List       { return v4List{maxPage, []string{"count", "next", "prev"}} }

// listV4 cuts a page out of the matching items and makes their JSON form.
func listV4[T any](c *call, l v4List, items []T, form func(T) any) answer {
	w, err := v4Window(c, l)
	if err != nil {
		return c.refused(err)
	}
	forms := []any{}
	for _, x := range page(c.fault, items, w) {
		forms = append(forms, form(x))
	}
	body := map[string]any{"items": forms}
	for wanted := range strings.SplitSeq(c.query.Get("fields.root"), ",") {
		if wanted != "" && !slices.Contains(l.root, wanted) {
			return c.refused(refuse("The field fields.root has no member '%s'.", wanted))
		}
		number := w.offset/max(w.limit, 1) + 1
		switch wanted {
		case "count":
			body["count"] = len(items)
		case "next":
			body["next"] = pageLink(c, number+1, w.limit > 0 && w.offset+w.limit < len(items))
		case "prev":
			body["prev"] = pageLink(c, number-1, number > 1)
		}
	}
	return successOf(body)
}

// pageLink is the URL of another page of the same list, or null.
func pageLink(c *call, number int, exists bool) *string {
	if !exists {
		return nil
	}
	query := c.http.URL.Query()
	query.Set("page", strconv.Itoa(number))
	link := c.base + c.http.URL.Path + "?" + query.Encode()
	return &link
}

func v4Window(c *call, l v4List) (window, error) {
	number, err := queryInteger(c, "page", 1)
	if err != nil || number < 1 {
		return window{}, refuse("The field page must be a number from 1.")
	}
	limit, err := queryInteger(c, "limit", v4DefaultLimit)
	switch opts := c.tenant.opts; {
	case opts.LargestPage > 0:
		l.largest = opts.LargestPage
	case opts.LargePages:
		l.largest = maxPage
	}
	if c.tenant.opts.ClampPages {
		limit = min(limit, l.largest)
	}
	if err != nil || limit < 0 || limit > l.largest {
		return window{}, refuse("The field limit must be between 0 and %d.", l.largest)
	}
	// Beyond any company, and far from overflow.
	return window{(min(number, 1<<40) - 1) * limit, limit}, nil
}

func queryInteger(c *call, name string, otherwise int) (int, error) {
	s := c.query.Get(strings.ToLower(name))
	if s == "" {
		return otherwise, nil
	}
	return strconv.Atoi(s)
}

// queryIDs reads a filter of ids; nil is no filter.
func queryIDs(c *call, name string) ([]int, error) {
	var list []int
	for _, values := range c.query[strings.ToLower(name)] {
		for s := range strings.SplitSeq(values, ",") {
			id, err := strconv.Atoi(s)
			if err != nil {
				return nil, refuse("The value '%s' is not valid for %s.", s, name)
			}
			list = append(list, id)
		}
	}
	return list, nil
}

// queryFlags reads a boolean filter that takes several values; without it, otherwise.
func queryFlags(c *call, name string, otherwise bool) (map[bool]bool, error) {
	wanted := make(map[bool]bool)
	for _, values := range c.query[strings.ToLower(name)] {
		for s := range strings.SplitSeq(values, ",") {
			if s != "true" && s != "false" {
				return nil, refuse("The value '%s' is not valid for %s.", s, name)
			}
			wanted[s == "true"] = true
		}
	}
	if len(wanted) == 0 {
		wanted[otherwise] = true
	}
	return wanted, nil
}

// queryFlag reads a boolean filter, which v4 wants in small letters; nil is no filter.
func queryFlag(c *call, name string) (*bool, error) {
	switch s := c.query.Get(strings.ToLower(name)); s {
	case "":
		return nil, nil
	case "true", "false":
		b := s == "true"
		return &b, nil
	default:
		return nil, refuse("The value '%s' is not valid for %s.", s, name)
	}
}

func listEstablishments(c *call) answer {
	units, err := queryIDs(c, "legalUnitId")
	if err != nil {
		return c.refused(err)
	}
	archived, err := queryFlags(c, "isArchived", false)
	if err != nil {
		return c.refused(err)
	}
	var list []Establishment
	for _, e := range c.Establishments {
		if (units == nil || slices.Contains(units, e.LegalUnitID)) && archived[e.Archived] && c.found(e.Name) {
			list = append(list, e)
		}
	}
	return listV4(c, structureList(), list, func(e Establishment) any {
		return map[string]any{
			"id": e.ID, "name": e.Name, "code": orNull(e.Code), "legalUnitId": e.LegalUnitID, "isArchived": e.Archived,
		}
	})
}

// found reports whether a name meets the `search` filter.
func (c *call) found(name string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(c.query.Get("search")))
}

func listLegalUnits(c *call) answer {
	archived, err := queryFlags(c, "isArchived", false)
	if err != nil {
		return c.refused(err)
	}
	var list []LegalUnit
	for _, u := range c.LegalUnits {
		if archived[false] && c.found(u.Name) { // none of ours is archived
			list = append(list, u)
		}
	}
	return listV4(c, structureList(), list, func(u LegalUnit) any {
		return map[string]any{"id": u.ID, "name": u.Name, "code": orNull(u.Code), "countryId": 250, "isArchived": false}
	})
}

func listCategories(c *call) answer {
	var list []Named
	for _, n := range c.Categories {
		if c.found(n.Name) {
			list = append(list, n)
		}
	}
	return listV4(c, structureList(), list, func(n Named) any { return map[string]any{"id": n.ID, "name": n.Name} })
}

// listDepartmentsV4 follows api-reference/departments/list-departments: places are paths of
// ranks, and parentLuccaId is null for most although they have a parent.
func listDepartmentsV4(c *call) answer {
	var list []*Department
	for i := range c.Departments {
		if d := &c.Departments[i]; c.found(d.Name) {
			list = append(list, d)
		}
	}
	byPath := make(map[string]int, len(c.Departments))
	for _, d := range c.Departments {
		byPath[v4Path(d.Ranks)] = d.ID
	}
	return listV4(c, structureList(), list, func(d *Department) any {
		above := v4Path(d.Ranks[:max(0, len(d.Ranks)-1)])
		parent := idOrNull(byPath[above])
		if d.ID%3 != 0 {
			parent = nil
		}
		return map[string]any{
			"id": d.ID, "name": d.Name, "code": orNull(d.Code), "description": nil, "parentId": above, "parentLuccaId": parent,
			"hierarchy": v4Path(d.Ranks), "isActive": true, "headId": idOrNull(d.HeadID),
			"createdAt": "2019-01-01T00:00:00.00", "lastModifiedAt": "2024-01-01T00:00:00.00", "sortOrderInSiblings": d.Ranks[len(d.Ranks)-1],
		}
	})
}

// v4Path is a place in the tree as v4 writes it: /1/2/.
func v4Path(ranks []int) string {
	var b strings.Builder
	b.WriteByte('/')
	for _, r := range ranks {
		b.WriteString(strconv.Itoa(r) + "/")
	}
	return b.String()
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func dayOrNull(d Day) *string { return orNull(d.String()) }

func idOrNull(id int) *int {
	if id == 0 {
		return nil
	}
	return &id
}

// owned is a contract or pay item with the user it belongs to.
type owned[T any] struct {
	owner *User
	item  *T
}

// contractFilter are the filters of work contracts.
type contractFilter struct {
	owners, types, places []int
	applicable, archived  *bool
}

func (c *call) contractFilter() (f contractFilter, err error) {
	for name, into := range map[string]*[]int{"ownerId": &f.owners, "typeId": &f.types, "establishmentId": &f.places} {
		if *into, err = queryIDs(c, name); err != nil {
			return f, err
		}
	}
	if f.applicable, err = queryFlag(c, "isApplicable"); err != nil {
		return f, err
	}
	f.archived, err = queryFlag(c, "isArchived")
	return f, err
}

func (f contractFilter) keeps(c *Contract, applicable bool) bool {
	// No contract of ours is ever archived.
	return (f.types == nil || slices.Contains(f.types, c.TypeID)) && (f.places == nil || slices.Contains(f.places, c.EstablishmentID)) &&
		(f.applicable == nil || *f.applicable == applicable) && (f.archived == nil || !*f.archived)
}

func listContracts(c *call) answer {
	f, err := c.contractFilter()
	if err != nil {
		return c.refused(err)
	}
	var list []owned[Contract]
	for i := range c.Users {
		u := &c.Users[i]
		if !c.sees(u) || f.owners != nil && !slices.Contains(f.owners, u.ID) {
			continue
		}
		applicable := u.applicable(c.Today)
		for k := range u.Contracts {
			if contract := &u.Contracts[k]; f.keeps(contract, contract == applicable) {
				list = append(list, owned[Contract]{u, contract})
			}
		}
	}
	return listV4(c, contractList(), list, c.contractForm)
}

// contractForm is a work contract as v4 writes it.
type contractForm struct {
	ID                     int     `json:"id"`
	OwnerID                int     `json:"ownerId"`
	ExternalID             *string `json:"externalId"`
	StartsOn               *string `json:"startsOn"`
	EndsOn                 *string `json:"endsOn"`
	IsApplicable           bool    `json:"isApplicable"`
	EstablishmentID        int     `json:"establishmentId"`
	SpcID                  *int    `json:"spcId"`
	TypeID                 *int    `json:"typeId"`
	HiringTypeID           *int    `json:"hiringTypeId"`
	TerminationReasonID    *int    `json:"terminationReasonId"`
	TrialPeriodDays        *int    `json:"trialPeriodDays"`
	RenewedTrialPeriodDays *int    `json:"renewedTrialPeriodDays"`
	TrialPeriodEndDate     *string `json:"trialPeriodEndDate"`
	TrialPeriodEndDate2    *string `json:"trialPeriodEndDate2"`
	AuthorID               int     `json:"authorId"`
	LastModifierID         int     `json:"lastModifierId"`
	IsArchived             bool    `json:"isArchived"`
	CreatedAt              string  `json:"createdAt"`
	LastModifiedAt         string  `json:"lastModifiedAt"`
}

func (c *call) contractForm(o owned[Contract]) any {
	f := contractForm{
		ID: o.item.ID, OwnerID: o.owner.ID, StartsOn: dayOrNull(o.item.Start), EndsOn: dayOrNull(o.item.End),
		IsApplicable: o.item == o.owner.applicable(c.Today), EstablishmentID: o.item.EstablishmentID,
		SpcID: idOrNull(o.item.CategoryID), TypeID: idOrNull(o.item.TypeID), TerminationReasonID: idOrNull(o.item.ReasonID), AuthorID: 1, LastModifierID: 1,
		CreatedAt: o.item.Start.Time().Format(v4DateTime), LastModifiedAt: o.owner.ModifiedAt.Format(v4DateTime),
	}
	if o.item.TypeID == 1 {
		f.TrialPeriodDays = idOrNull(120)
	}
	return f
}

// listFixedItems answers the pay module.
func listFixedItems(c *call) answer {
	if c.key.NoPay {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	owners, err := queryIDs(c, "ownerIds")
	if err != nil {
		return c.refused(err)
	}
	natures, err := queryIDs(c, "natureIds")
	if err != nil {
		return c.refused(err)
	}
	var list []owned[PayItem]
	for i := range c.Users {
		u := &c.Users[i]
		if !c.sees(u) || owners != nil && !slices.Contains(owners, u.ID) {
			continue
		}
		for k := range u.Pay {
			if natures == nil || slices.Contains(natures, natureOf(u.Pay[k]).ID) {
				list = append(list, owned[PayItem]{u, &u.Pay[k]})
			}
		}
	}
	return listV4(c, payList(), list, c.payForm)
}

// nature is the kind of a pay item, as v4 writes it.
type nature struct {
	ID             int         `json:"id"`
	Name           string      `json:"name"`
	Category       payCategory `json:"category"`
	Establishments []payPlace  `json:"establishments"`
}

type payCategory struct {
	ID   int    `json:"id"`
	Code string `json:"code"`
}

type payPlace struct {
	ID             int    `json:"id"`
	Name           string `json:"name"`
	CurrencyCode   string `json:"currencyCode"`
	CurrencySymbol string `json:"currencySymbol"`
}

func natureOf(p PayItem) nature {
	if p.Bonus {
		return nature{ID: 2, Name: "Prime d'ancienneté mensuelle", Category: payCategory{2, "FIXED_BONUS"}}
	}
	return nature{ID: 1, Name: "Salaire de base mensuel", Category: payCategory{1, "BASIC_SALARY"}}
}

// payForm is a fixed item as v4 writes it.
type payForm struct {
	ID             int         `json:"id"`
	Amount         json.Number `json:"amount"`
	StartsOn       *string     `json:"startsOn"`
	EndsOn         *string     `json:"endsOn"`
	Comment        *string     `json:"comment"`
	NatureID       int         `json:"natureId"`
	Nature         nature      `json:"nature"`
	WorkContractID int         `json:"workContractId"`
	WorkContract   payContract `json:"workContract"`
}

type payContract struct {
	WorkContractID int      `json:"workContractId"`
	AmendmentID    *int     `json:"amendmentId"`
	OwnerID        int      `json:"ownerId"`
	Owner          payOwner `json:"owner"`
	StartsOn       *string  `json:"startsOn"`
	EndsOn         *string  `json:"endsOn"`
}

type payOwner struct {
	ID          int    `json:"id"`
	FirstName   string `json:"firstName"`
	LastName    string `json:"lastName"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

func (c *call) payForm(o owned[PayItem]) any {
	u, contract, n := o.owner, o.owner.applicable(c.Today), natureOf(*o.item)
	n.Establishments = make([]payPlace, len(c.Establishments))
	for i, e := range c.Establishments {
		n.Establishments[i] = payPlace{e.ID, e.Name, "EUR", "€"}
	}
	return payForm{
		ID: o.item.ID, Amount: json.Number(fmt.Sprintf("%d.%02d", o.item.Cents/100, o.item.Cents%100)),
		StartsOn: dayOrNull(o.item.Start), EndsOn: dayOrNull(o.item.End), NatureID: n.ID, Nature: n, WorkContractID: contract.ID,
		WorkContract: payContract{
			WorkContractID: contract.ID, OwnerID: u.ID, StartsOn: dayOrNull(contract.Start), EndsOn: dayOrNull(contract.End),
			Owner: payOwner{u.ID, u.FirstName, u.LastName, u.FirstName + " " + u.LastName, u.LastName + " " + u.FirstName},
		},
	}
}
