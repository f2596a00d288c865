package lucca

import (
	"fmt"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// The lists of the structure, by v5. Their remoteId is left alone: no page of Lucca says that
// it is the code of v3 and v4.

// wireDepartment is one node of the tree.
type wireDepartment struct {
	resource
	Name   string `json:"name"`
	Parent *ref   `json:"parent"`
	Level  int    `json:"level"`
}

func departmentsV5() list[wireDepartment] {
	return list[wireDepartment]{
		route: v5Route("departments", "departments"), generation: v5,
		item: itemV5(func(w wireDepartment) (wireDepartment, error) { return w, nil }),
	}
}

// tree gives departments the paths by which a roster knows their places: of ids, with a
// blank for each level above that is not listed.
func tree(nodes []wireDepartment) ([]roster.Department, error) {
	byID := make(map[identifier]wireDepartment, len(nodes))
	for _, n := range nodes {
		byID[n.ID] = n
	}
	departments := make([]roster.Department, 0, len(nodes))
	for _, n := range nodes {
		ranks := []string{strconv.Itoa(int(n.ID))}
		above := n
		for above.Parent != nil {
			parent, listed := byID[above.Parent.ID]
			if ranks = append(ranks, strconv.Itoa(int(above.Parent.ID))); !listed {
				break
			}
			if above = parent; len(ranks) > maxDepth {
				return nil, fmt.Errorf("list departments: a department that is below itself: %w", ErrMalformed)
			}
		}
		for len(ranks) < min(n.Level, maxDepth) {
			ranks = append(ranks, "?")
		}
		departments = append(departments, roster.Department{
			ID: int(n.ID), Name: n.Name, Hierarchy: rankPath(ranks), Parent: rankPath(ranks[1:]),
		})
	}
	return departments, nil
}

// maxDepth is more levels than Lucca has, which are 9.
const maxDepth = 32

// rankPath writes ranks, the deepest first, as a path from the top: /1/2/.
func rankPath(ranks []string) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := len(ranks) - 1; i >= 0; i-- {
		b.WriteString(ranks[i] + "/")
	}
	return b.String()
}

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
