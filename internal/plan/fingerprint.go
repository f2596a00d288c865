package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"

	"lucca-exchange/internal/roster"
)

// Fingerprint tells whether an employee changed: it is the same for two readings of the
// same query as long as nothing that a file can set has changed in Lucca.
func Fingerprint(e *roster.Employee) string {
	h := sha256.New()
	writePart(h, strconv.Itoa(e.ID))
	writePart(h, strconv.FormatUint(uint64(e.Hidden), 16))
	properties := roster.Properties()
	for i := range properties {
		p := property{properties[i]}
		text, ids := p.Text(e), p.IDs(e)
		if id := p.ID(e); id != 0 {
			ids = []int{id}
		}
		if text != "" || len(ids) > 0 {
			writePart(h, p.Name)
			writePart(h, text)
			writePart(h, fmt.Sprint(ids))
		}
	}
	writeFamilies(h, e)
	for _, c := range e.Contracts() {
		writePart(h, fmt.Sprintf("contract %d: %d %d %s %s", c.ID, c.TypeID, c.EstablishmentID, c.StartsOn, c.EndsOn))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writeFamilies writes what a tenant has any number of.
func writeFamilies(h hash.Hash, e *roster.Employee) {
	for _, axis := range slices.Sorted(maps.Keys(e.Sections)) {
		writePart(h, fmt.Sprintf("axis %d: %d", axis, e.Sections[axis]))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Others)) {
		if p, _ := roster.PropertyOf(name); p.Field == roster.Profiles {
			writePart(h, fmt.Sprintf("%s: %d", name, e.Others[name].ID))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(e.Extensions)) {
		writePart(h, code)
		writePart(h, e.Extensions[code])
		writePart(h, strconv.Itoa(e.ExtensionIDs[code]))
	}
}

// writePart writes a text after its length, so that no two lists of texts write the same.
func writePart(h hash.Hash, text string) {
	fmt.Fprintf(h, "%d:%s,", len(text), text)
}
