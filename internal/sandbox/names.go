package sandbox

import "lucca-exchange/testdata"

// The files of testdata that companies are made of. All people are invented.
const (
	unitsFile          = "company/legal-units.csv"
	establishmentsFile = "company/establishments.csv"
	departmentsFile    = "company/departments.csv"
	sectionsFile       = "company/sections.csv"
	rolesFile          = "company/roles.csv"
	categoriesFile     = "company/categories.csv"
	culturesFile       = "company/cultures.csv"
	wordsFile          = "company/words.csv"
)

// commonCultures are the first of the cultures, which people have; nobody has the others that
// Lucca offers.
const commonCultures = 4

// words are the names and the job titles that people get, by what they are.
type words struct{ women, men, families, jobs, awkward []string }

func readWords() words {
	var w words
	lists := map[string]*[]string{"woman": &w.women, "man": &w.men, "family": &w.families, "job": &w.jobs, "awkward job": &w.awkward}
	for _, row := range testdata.Rows[struct {
		Kind string `csv:"kind"`
		Word string `csv:"word"`
	}](wordsFile) {
		*lists[row.Kind] = append(*lists[row.Kind], row.Word)
	}
	return w
}

var (
	// castNames are the names of those whose part is in their name, by position.
	castNames = map[int][2]string{
		6: {"Maëlle", "L'Hostis"}, 7: {"Hugo", "O'Kerrigan"}, 8: {"Zoé", "Saint-Amour"},
		15: {"Paul", "Rivoalen"}, 16: {"Paul", "Rivoalen"},
		22: {"Jean-Noël", "d'Aubépin"}, 23: {"Jean Noel", "D'AUBEPIN"},
	}
	// fixedParts are the parts that depend on the position alone.
	fixedParts = map[int]Part{
		0: NoManager, 1: SelfManaged, 3: NumberlessMaster, 4: ManagerPair, 5: ManagerPair,
		9: ManagerRing, 10: ManagerRing, 11: ManagerRing, 15: Homonym, 16: Homonym,
		17: SharedNumber, 18: SharedNumber, 22: NearDuplicate, 23: NearDuplicate,
	}
)
