package lucca

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// department is one node of the tree, of any generation. Where it stands is said by the id of
// its parent (v5, and v4 where it is filled in), by paths of ranks (v3 and v4), or both.
type department struct {
	id         int
	name, code string
	// parent is a Lucca id; 0 for none or not known.
	parent int
	// path is the department's own, such as /1/2/, above that of its parent: / or nothing at
	// the top.
	path, above string
	// level counts from 1; 0 is not known.
	level int
}

// departments are the ways to the tree. The v3 route was announced to stop in September 2026
// (developers.lucca.fr, api-reference/legacy/organization/guides/departments-migration); v5
// has no codes.
func departments() []list[department] {
	return []list[department]{departmentsV4(), departmentsV3(), departmentsV5()}
}

// departmentsV4 follows api-reference/departments/list-departments: parentId and hierarchy are
// paths, and parentLuccaId may be null below the top all the same.
func departmentsV4() list[department] {
	return list[department]{
		route:      route{structureRoot + "departments", "departments", rightDepartments},
		generation: v4, size: structurePage,
		item: decodeItem(func(w struct {
			named
			ParentID, Hierarchy optional[string]
			ParentLuccaID       optional[int]
		}) (department, int, error) {
			if !w.Hierarchy.Set || !w.ParentID.Set && !w.ParentLuccaID.Set {
				return department{}, 0, fmt.Errorf("a department without its place in the tree: %w", ErrMalformed)
			}
			return department{
				id: w.ID.Value, name: w.Name.Value, code: w.Code.Value, parent: w.ParentLuccaID.Value,
				path: w.Hierarchy.Value, above: w.ParentID.Value,
			}, w.ID.Value, nil
		}),
	}
}

func departmentsV3() list[department] {
	return list[department]{
		route:      route{"/api/v3/departments", "departments", rightDepartments},
		query:      url.Values{"fields": {"id,name,code,hierarchy,parentId,collection.count"}},
		generation: v3,
		item: decodeItem(func(w struct {
			named
			Hierarchy, ParentID optional[string]
		}) (department, int, error) {
			if !w.Hierarchy.Set || !w.ParentID.Set {
				return department{}, 0, fmt.Errorf("a department without its place in the tree: %w", ErrMalformed)
			}
			return department{
				id: w.ID.Value, name: w.Name.Value, code: w.Code.Value, path: w.Hierarchy.Value, above: w.ParentID.Value,
			}, w.ID.Value, nil
		}),
	}
}

func departmentsV5() list[department] {
	return list[department]{
		route: v5Route("departments", "departments"), generation: v5,
		item: itemV5(func(w struct {
			resource
			Name   string `json:"name"`
			Parent *ref   `json:"parent"`
			Level  int    `json:"level"`
		}) (department, error) {
			return department{id: int(w.ID), name: w.Name, parent: w.Parent.id(), level: w.Level}, nil
		}),
	}
}

// maxDepth is more levels than Lucca has, which are 9.
const maxDepth = 32

// tree gives departments the paths by which a roster knows their places, the same for every
// generation: of ids, with a question mark for each level above that is not listed.
func tree(nodes []department) ([]roster.Department, error) {
	byID := make(map[int]department, len(nodes))
	byPath := make(map[string]department, len(nodes))
	for _, n := range nodes {
		byID[n.id] = n
		byPath[n.path] = n
	}
	departments := make([]roster.Department, 0, len(nodes))
	for _, n := range nodes {
		ranks := []string{strconv.Itoa(n.id)}
		for at := n; ; {
			up, listed, top := at.up(byID, byPath)
			if top {
				break
			}
			if !listed {
				missing := max(n.depth()-len(ranks), 1)
				ranks = append(ranks, slices.Repeat([]string{"?"}, min(missing, maxDepth))...)
				break
			}
			if ranks = append(ranks, strconv.Itoa(up.id)); len(ranks) > maxDepth {
				return nil, fmt.Errorf("list departments: a department that is below itself: %w", ErrMalformed)
			}
			at = up
		}
		departments = append(departments, roster.Department{
			ID: n.id, Name: n.name, Code: n.code, Hierarchy: rankPath(ranks), Parent: rankPath(ranks[1:]),
		})
	}
	return departments, nil
}

// up finds the department above. listed: it is among those that the key may see; top: there
// is none above.
func (d department) up(byID map[int]department, byPath map[string]department) (up department, listed, top bool) {
	if d.parent > 0 {
		up, listed = byID[d.parent]
		return up, listed, false
	}
	if ranksIn(d.above) == 0 {
		return department{}, false, true
	}
	up, listed = byPath[d.above]
	return up, listed, listed && up.id == d.id
}

// depth is the level, as far as it is known.
func (d department) depth() int { return max(d.level, ranksIn(d.path), ranksIn(d.above)+1) }

// ranksIn counts the ranks of a path such as /1.0/2.0/.
func ranksIn(path string) int {
	return len(strings.FieldsFunc(path, func(r rune) bool { return r == '/' }))
}

// rankPath writes ranks, the deepest first, as a path from the top: /1/2/.
func rankPath(ranks []string) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := len(ranks) - 1; i >= 0; i-- {
		b.WriteString(ranks[i] + "/")
	}
	return b.String()
}
