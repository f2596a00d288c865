package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// newContract is the body of POST /directory/api/4.0/work-contracts, as far as the sandbox
// keeps it.
type newContract struct {
	OwnerID         int    `json:"ownerId"`
	EstablishmentID int    `json:"establishmentId"`
	StartsOn        string `json:"startsOn"`
	EndsOn          string `json:"endsOn"`
	TypeID          int    `json:"typeId"`
	SpcID           int    `json:"spcId"`
}

// createContract gives somebody a further contract: it must not overlap with the others.
func createContract(c *call) answer {
	if c.key.ReadOnly {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	var body newContract
	if json.Unmarshal(c.body, &body) != nil {
		return c.refused(refuse("Request body is not a work contract"))
	}
	if body.TypeID == 0 {
		return c.refused(refuse("The field typeId is required."))
	}
	k, err := body.contract()
	if err != nil {
		return c.refused(err)
	}
	owner := c.people.find(c.Company, body.OwnerID)
	if owner == nil || !c.sees(owner) {
		return c.refused(refuse("Resource User with ID %d not found", body.OwnerID))
	}
	u := owner.clone()
	k.ID = c.people.lastPart + 1
	u.Contracts = append(u.Contracts, k)
	slices.SortStableFunc(u.Contracts, func(a, b Contract) int { return int(a.Start - b.Start) })
	if err := c.checkUser(&u); err != nil {
		return c.refused(err)
	}
	c.people.lastPart++
	u.ModifiedAt = c.tenant.nextStamp()
	kept := c.keep(u)
	i := slices.IndexFunc(kept.Contracts, func(have Contract) bool { return have.ID == k.ID })
	return successOf(c.contractForm(owned[Contract]{kept, &kept.Contracts[i]}))
}

// contract reads the dates. Without a type the contract is open-ended or not by its end.
func (n newContract) contract() (Contract, error) {
	k := Contract{EstablishmentID: n.EstablishmentID, CategoryID: n.SpcID, TypeID: n.TypeID}
	var err error
	if k.Start, err = parseDay(n.StartsOn); err != nil {
		return k, refuse("The field startsOn is not a date")
	}
	if n.EndsOn != "" {
		if k.End, err = parseDay(n.EndsOn); err != nil {
			return k, refuse("The field endsOn is not a date")
		}
	}
	if k.TypeID == 0 {
		k.TypeID = 1
		if k.End != 0 {
			k.TypeID = 2
		}
	}
	return k, nil
}

// contractChange is the body of PATCH /directory/api/4.0/work-contracts/{id}: what is not in it
// stays. Days and references may be null.
type contractChange struct {
	EndsOn              json.RawMessage `json:"endsOn"`
	TerminationReasonID json.RawMessage `json:"terminationReasonId"`
	TypeID              json.RawMessage `json:"typeId"`
	SpcID               json.RawMessage `json:"spcId"`
}

// patchContract follows api-reference/legacy/directory/patch-work-contract.
func patchContract(c *call) answer {
	if c.key.ReadOnly {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	var body contractChange
	if json.Unmarshal(c.body, &body) != nil {
		return c.refused(refuse("Request body is not a work contract"))
	}
	id, err := strconv.Atoi(c.http.PathValue("id"))
	owner := c.ownerOf(id)
	if err != nil || owner == nil || !c.sees(owner) {
		return c.fail(http.StatusNotFound, "Resource WorkContract with ID "+c.http.PathValue("id")+" not found")
	}
	u := owner.clone()
	i := slices.IndexFunc(u.Contracts, func(have Contract) bool { return have.ID == id })
	if err := body.apply(&u.Contracts[i]); err != nil {
		return c.refused(err)
	}
	if err := c.checkUser(&u); err != nil {
		return c.refused(err)
	}
	u.ModifiedAt = c.tenant.nextStamp()
	kept := c.keep(u)
	return successOf(c.contractForm(owned[Contract]{kept, &kept.Contracts[i]}))
}

func (c *call) ownerOf(contract int) *User {
	for i := range c.Users {
		if slices.ContainsFunc(c.Users[i].Contracts, func(k Contract) bool { return k.ID == contract }) {
			return &c.Users[i]
		}
	}
	return nil
}

func (b contractChange) apply(k *Contract) error {
	if b.EndsOn != nil {
		if err := setDay(&k.End, "endsOn", b.EndsOn); err != nil {
			return err
		}
	}
	for name, part := range map[string]struct {
		sent json.RawMessage
		into *int
	}{"terminationReasonId": {b.TerminationReasonID, &k.ReasonID}, "typeId": {b.TypeID, &k.TypeID}, "spcId": {b.SpcID, &k.CategoryID}} {
		if part.sent == nil {
			continue
		}
		if err := setID(part.into, name, part.sent); err != nil {
			return err
		}
	}
	if k.TypeID == 0 {
		return refuse("The field typeId is required.")
	}
	if !slices.ContainsFunc(reasons, func(n Named) bool { return n.ID == k.ReasonID }) && k.ReasonID != 0 {
		return refuse("Resource WorkContractTerminationReason with ID %d not found", k.ReasonID)
	}
	return nil
}

// reasons are why contracts end.
var reasons = []Named{{1, "Démission"}, {2, "Licenciement"}, {3, "Fin de CDD"}, {27, "Retraite"}}

func listReasons(c *call) answer {
	return listV4(c, contractList(), reasons, func(n Named) any { return map[string]any{"id": n.ID, "name": n.Name} })
}
