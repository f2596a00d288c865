package sandbox

import "slices"

func (c *v5Call) templates() []thing {
	var list []thing
	for _, t := range contractTypes() {
		term := "permanent"
		if t.ID != 1 {
			term = "fixed"
		}
		list = append(list, thing{id: t.ID, members: map[string]any{
			"title": t.Name, "legalEntities": []any{}, "term": term, "audience": "internal", "t9n": map[string]any{},
		}})
	}
	return list
}

// contractTypes are the types of contracts of an invented company.
func contractTypes() []Named { return []Named{{1, "CDI"}, {2, "CDD"}} }

func (c *v5Call) departments() []thing {
	var list []thing
	for i := range c.call.Departments {
		d := &c.call.Departments[i]
		list = append(list, thing{id: d.ID, members: map[string]any{
			"remoteId": orNull(d.Code), "isArchived": false, "name": d.Name, "description": nil,
			"parent": c.ref("department", "departments", parentID(c, d)), "level": len(d.Ranks),
			"manager": c.ref("employee", "employees", d.HeadID), "sortOrder": d.Ranks[len(d.Ranks)-1],
		}})
	}
	return list
}

func parentID(c *v5Call, d *Department) int {
	above := d.Ranks[:len(d.Ranks)-1]
	for i := range c.call.Departments {
		if slices.Equal(c.call.Departments[i].Ranks, above) {
			return c.call.Departments[i].ID
		}
	}
	return 0
}

func (c *v5Call) establishments() []thing {
	var list []thing
	for _, e := range c.call.Establishments {
		list = append(list, thing{id: e.ID, members: map[string]any{
			"name": e.Name, "remoteId": orNull(e.Code), "isArchived": e.Archived, "legalEntity": c.ref("legal-entity", "legal-entities", e.LegalUnitID),
			"isHeadquarters": false, "taxIdentificationNumber": nil, "industryCode": nil, "address": nil, "timezoneId": "Europe/Paris",
		}})
	}
	return list
}

func (c *v5Call) legalEntities() []thing {
	var list []thing
	for _, u := range c.call.LegalUnits {
		list = append(list, thing{id: u.ID, members: map[string]any{
			"legalName": u.Name, "remoteId": orNull(u.Code), "isArchived": false, "countryCode": "FRA", "currencyCode": "EUR",
			"taxIdentificationNumber": nil,
		}})
	}
	return list
}

func (c *v5Call) categories() []thing {
	var list []thing
	for _, n := range c.call.Categories {
		list = append(list, thing{id: n.ID, members: map[string]any{"title": n.Name, "businessEstablishments": nil, "t9n": map[string]any{}}})
	}
	return list
}
