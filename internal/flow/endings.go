package flow

import (
	"fmt"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/lucca"
)

// codeRouteEnds is that of the finding that Lucca announces the end of a route.
const codeRouteEnds = "lucca_route_ends"

// Endings are the routes of Lucca that were read and are announced to end.
func Endings(memory *lucca.Memory) []finding.Finding {
	if memory == nil {
		return nil
	}
	var list []finding.Finding
	for _, e := range memory.Endings() {
		list = append(list, finding.Finding{
			Severity: finding.Warning, Code: codeRouteEnds,
			Message: fmt.Sprintf("Lucca announces that %s: see that a newer version of lucca-exchange is there by then", e),
		})
	}
	return list
}
