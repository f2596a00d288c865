package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
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
func (c *call) createContract() answer {
	if c.key.ReadOnly {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	var body newContract
	if json.Unmarshal(c.body, &body) != nil {
		return c.refused(refuse("Request body is not a work contract"))
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
