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
	for _, text := range []string{
		e.Login, e.Mail, e.EmployeeNumber, e.LastName, e.FirstName, e.JobTitle, e.Gender, e.ProfessionalMobile,
		e.DirectLine, e.PersonalMail, e.PersonalMobile, e.Address, e.Culture,
		e.BirthDate.String(), e.ContractStart.String(), e.ContractEnd.String(),
	} {
		writePart(h, text)
	}
	for _, id := range []int{e.ID, managerOf(e), e.EstablishmentID, e.DepartmentID, e.RoleID, e.CategoryID, int(e.Hidden)} {
		writePart(h, strconv.Itoa(id))
	}
	for _, id := range e.SecondaryRoleIDs {
		writePart(h, strconv.Itoa(id))
	}
	for _, code := range slices.Sorted(maps.Keys(e.Extensions)) {
		writePart(h, code)
		writePart(h, e.Extensions[code])
		writePart(h, strconv.Itoa(e.ExtensionIDs[code]))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writePart writes a text after its length, so that no two lists of texts write the same.
func writePart(h hash.Hash, text string) {
	fmt.Fprintf(h, "%d:%s,", len(text), text)
}
