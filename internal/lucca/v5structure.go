package lucca

import (
	"lucca-exchange/internal/roster"
)

// The lists of the structure, by v5. Their remoteId is left alone: no page of Lucca says that
// it is the code of v3 and v4.

func establishmentsV5() list[roster.Establishment] {
	return list[roster.Establishment]{
		route: v5Route("business-establishments", "establishments"), generation: v5,
		item: itemV5(func(w struct {
			resource
			Name        string `json:"name"`
			LegalEntity *ref   `json:"legalEntity"`
		}) (roster.Establishment, error) {
			return roster.Establishment{ID: int(w.ID), Name: w.Name, LegalUnitID: w.LegalEntity.id()}, nil
		}),
	}
}

// id is the number of what is referred to; 0 for none.
func (r *ref) id() int {
	if r == nil {
		return 0
	}
	return int(r.ID)
}

func legalEntities() list[roster.LegalUnit] {
	return list[roster.LegalUnit]{
		route: v5Route("legal-entities", "legal units"), generation: v5,
		item: itemV5(func(w struct {
			resource
			LegalName string `json:"legalName"`
		}) (roster.LegalUnit, error) {
			return roster.LegalUnit{ID: int(w.ID), Name: w.LegalName}, nil
		}),
	}
}

// titled is a resource with a title.
type titled struct {
	resource
	Title string `json:"title"`
}

func categoriesV5() list[roster.Category] {
	return list[roster.Category]{
		route: v5Route("occupation-categories", "occupation categories"), generation: v5,
		item: itemV5(func(w titled) (roster.Category, error) { return roster.Category{ID: int(w.ID), Name: w.Title}, nil }),
	}
}

// templates are the types of contracts, with the labels that no older generation has.
func templates() list[roster.ContractType] {
	return list[roster.ContractType]{
		route: v5Route("employment-templates", "types of contracts"), generation: v5,
		item: itemV5(func(w titled) (roster.ContractType, error) {
			return roster.ContractType{ID: int(w.ID), Label: w.Title}, nil
		}),
	}
}
