package sandbox

// The words that companies are made of. All people are invented.
var (
	womenNames = []string{
		"Agnès", "Aïcha", "Anne-Sophie", "Béatrice", "Camille", "Cécile", "Chloé", "Danièle", "Élodie", "Emma",
		"Fatou", "Françoise", "Garance", "Hélène", "Inès", "Jeanne", "Léa", "Lucie", "Maëlle", "Marie-Ange",
		"Noémie", "Océane", "Pauline", "Raphaëlle", "Sabine", "Solène", "Thérèse", "Yasmine", "Zoé", "Ángela",
	}
	menNames = []string{
		"Adrien", "André", "Benoît", "Cédric", "Damien", "Étienne", "Fabrice", "François", "Gaël", "Hervé",
		"Hugo", "Idriss", "Jean-Baptiste", "Jérôme", "Karim", "Loïc", "Mathéo", "Maxime", "Noël", "Olivier",
		"Paul", "Pierre-Yves", "Rémi", "Samuel", "Stéphane", "Théo", "Thomas", "Ulysse", "Victor", "Łukasz",
	}
	familyNames = []string{
		"Abadie", "Alglave", "d'Arcy-Valmont", "Arnoux", "Aubépin", "Barbançon", "Beaufrère", "Béranger-Lys", "Besnoît", "Boisvert",
		"Brulé", "Cazenave", "Châtelain", "Clairval", "Cœurderoy", "Coudrée", "Courtebise", "Daguerre", "Delorge", "Desforêts",
		"Drouhet", "Duchêne", "Dupré-Lamarre", "Échevin", "Escoffre", "Fauvelle", "Ferrière", "Fontanel", "Garrigou", "Gaspérini",
		"Gélinas", "Gouëzec", "Grandclément", "Guérinot", "Hauteroche", "d'Hervilly", "Hüttner", "Isambard", "Jaurès-Morin", "Jolivette",
		"Kerbrat", "Kermadec", "L'Hostis", "Lacassin", "Lamoureux", "Lanthier", "Le Bihannic", "Le Guennou", "Léonetti", "Lépinay",
		"Maçonnet", "Malbranque", "Marchandeau", "Méricourt", "Montfleury", "Muñozval", "N'Dourel", "Nivoixe", "Noirmont", "O'Kerrigan",
		"O'Mahévan", "Orsinelli", "Pasquerel", "Péligrin", "Piéchaud", "Plantevin", "Quéméner", "Quintrec", "Rabaudy", "Rivoalen",
		"Rochambel", "Rougerie", "Saint-Amour", "Sauvageot", "Sénéchaux", "Šimonek", "Tavernèse", "Thibaudet", "Tournemire", "Trévidic",
		"Urvoas", "Vaillandet", "Valcroix", "de Verneuil-Roc", "Vieilfont", "Villebrun", "Vuillemard", "Wagnèse", "Yvonnou", "Zamboni",
	}
	jobTitles = []string{
		"Technicien de maintenance", "Chargée d'études", "Comptable", "Responsable d'équipe", "Ingénieur qualité",
		"Assistante commerciale", "Développeur", "Opérateur de production", "Chef de projet", "Contrôleur de gestion",
		"Préparatrice de commandes", "Acheteur", "Juriste", "Conseiller clientèle", "Cheffe d'atelier",
	}
	awkwardTitles = []string{
		`Chargé de "grands comptes" ; Sud-Est`, "Technicien; maintenance", `Responsable dit "l'Atelier"`, "=Chef de file", "Assistante, accueil",
	}
	cultures = []Named{
		{1036, "français (France)"}, {1033, "English (United States)"}, {1031, "Deutsch (Deutschland)"}, {1034, "español (España)"},
	}
	// rareCultures are those that Lucca offers and nobody in an invented company has.
	rareCultures = []Named{{2057, "English (United Kingdom)"}, {2067, "Nederlands (België)"}, {1040, "italiano (Italia)"}}

	categories = []Named{{1, "Cadre"}, {2, "Agent de maîtrise"}, {3, "Employé"}, {4, "Ouvrier"}}
	roles      = []Named{{11, "Administrateur"}, {12, "Utilisateur"}, {44, "Manager"}}
	legalUnits = []LegalUnit{{1, "Acme SAS", "ACME"}, {2, "Acme Services SARL", "ASERV"}, {3, "Acme Logistique", "ALOG"}}

	establishments = []Establishment{
		{ID: 3, Name: "Acme Lyon", Code: "LYO", LegalUnitID: 1},
		{ID: 4, Name: "Acme Nantes", Code: "NAN", LegalUnitID: 1},
		{ID: 5, Name: "Acme Services Paris", Code: "PAR", LegalUnitID: 2},
		{ID: 6, Name: "Acme Logistique Orléans", Code: "ORL", LegalUnitID: 3},
	}
	sections = []Section{
		{ID: 301, AxisID: 3, Name: "Siège", Code: "CC-001"}, {ID: 302, AxisID: 3, Name: "Production", Code: "CC-010"}, {ID: 303, AxisID: 3, Name: "Commerce & export", Code: "CC-020"},
		{ID: 304, AxisID: 3, Name: "Support client", Code: "CC-030"}, {ID: 305, AxisID: 3, Name: "Logistique ; transport", Code: "CC-040"}, {ID: 306, AxisID: 3, Name: "Systèmes d'information", Code: "CC-050"},
	}
	departments = []Department{
		{ID: 20, Name: "Direction générale", Code: "DG", Ranks: []int{1}},
		{ID: 21, Name: "Ressources humaines", Code: "RH", Ranks: []int{1, 1}},
		{ID: 22, Name: "Paie", Code: "RH-PAIE", Ranks: []int{1, 1, 1}},
		{ID: 23, Name: "Formation", Code: "RH-FORM", Ranks: []int{1, 1, 2}},
		{ID: 24, Name: "Finance", Code: "FIN", Ranks: []int{1, 2}},
		{ID: 25, Name: "Clients", Code: "CLI", Ranks: []int{2}},
		{ID: 26, Name: "Relation client", Code: "CLI-REL", Ranks: []int{2, 1}},
		{ID: 27, Name: "Support", Code: "SUP", Ranks: []int{2, 1, 1}},
		{ID: 28, Name: "Support Nantes", Code: "SUP-NAN", Ranks: []int{2, 1, 1, 1}},
		{ID: 29, Name: "Support Paris", Code: "SUP-PAR", Ranks: []int{2, 1, 1, 2}},
		{ID: 30, Name: "Commerce", Code: "COM", Ranks: []int{2, 2}},
		{ID: 31, Name: "Grands comptes", Code: "COM-GC", Ranks: []int{2, 2, 1}},
		{ID: 32, Name: "Formation", Code: "COM-FORM", Ranks: []int{2, 2, 2}},
		{ID: 33, Name: "Opérations", Code: "OPS", Ranks: []int{3}},
		{ID: 34, Name: "Production", Code: "OPS-PROD", Ranks: []int{3, 1}},
		{ID: 35, Name: "Atelier d'assemblage", Code: "OPS-ASM", Ranks: []int{3, 1, 1}},
		{ID: 36, Name: "Ligne A", Code: "OPS-ASM-A", Ranks: []int{3, 1, 1, 1}},
		{ID: 37, Name: "Ligne B", Code: "OPS-ASM-B", Ranks: []int{3, 1, 1, 2}},
		{ID: 38, Name: "Logistique", Code: "OPS-LOG", Ranks: []int{3, 2}},
		{ID: 39, Name: "Qualité", Code: "OPS-QUAL", Ranks: []int{3, 3}},
		{ID: 40, Name: "Systèmes d'information", Code: "SI", Ranks: []int{4}},
		{ID: 41, Name: "Études & développement", Code: "SI-DEV", Ranks: []int{4, 1}},
		{ID: 42, Name: "Exploitation", Code: "SI-EXP", Ranks: []int{4, 2}},
	}

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
