package message_test

import (
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/message"
)

// TestWhatWasSaidIsTold in the language of the reader: with its numbers and days, put together
// of several texts, about a column, and with what has no text left as it is.
func TestWhatWasSaidIsTold(t *testing.T) {
	t.Parallel()
	c := load(t)
	for english, want := range map[string][2]string{
		"1 rows were rejected: see the findings":    {"1 ligne a été rejetée\u00a0: voir les constats", "1 Zeile wurde abgelehnt: siehe Befunde"},
		"1200 rows were rejected: see the findings": {"1\u00a0200 lignes ont été rejetées\u00a0: voir les constats", "1.200 Zeilen wurden abgelehnt: siehe Befunde"},
		`dtBirth "Geburt" is a day that does not exist`: {
			"dtBirth «\u00a0Geburt\u00a0» est un jour qui n'existe pas", "dtBirth „Geburt“ ist ein Tag, den es nicht gibt",
		},
		"employee 7 is not in the file: the contract ends on 2026-11-30": {
			"le collaborateur 7 n'est pas dans le fichier\u00a0: son contrat prend fin le 30/11/2026",
			"Person 7 fehlt in der Datei: der Vertrag endet am 30.11.2026",
		},
		"the list is empty; the file changes":  {"la liste est vide\u00a0; le fichier change", "die Liste ist leer; die Datei ändert sich"},
		"what nobody wrote: the list is empty": {"what nobody wrote\u00a0: la liste est vide", "what nobody wrote: die Liste ist leer"},
		`Lucca id 7: "Prénom" is required and empty (firstName): the row is not sent; fill it in in Lucca`: {
			"identifiant Lucca 7\u00a0: «\u00a0Prénom\u00a0» est obligatoire et vide (firstName)\u00a0: la ligne n'est pas envoyée\u00a0; renseignez-le dans Lucca",
			"Lucca-Id 7: „Prénom“ ist Pflicht und leer (firstName): die Zeile wird nicht gesendet; bitte in Lucca ausfüllen",
		},
		`Lucca id 7: "Login" is required and empty (mail, else login if email): the row is not sent; fill it in in Lucca`: {
			"identifiant Lucca 7\u00a0: «\u00a0Login\u00a0» est obligatoire et vide (mail, sinon login si c'est une adresse)\u00a0: la ligne n'est pas envoyée\u00a0; renseignez-le dans Lucca",
			"Lucca-Id 7: „Login“ ist Pflicht und leer (mail, sonst login, wenn E-Mail-Adresse): die Zeile wird nicht gesendet; bitte in Lucca ausfüllen",
		},
		`manager_id from "000125" to ""`: {"manager_id de «\u00a0000125\u00a0» à «\u00a0\u00a0»", "manager_id von „000125“ zu „“"},
		"the contract is ended; applied at 2026-11-29 10:56:26 UTC": {
			"le contrat prend fin\u00a0; appliqué le 29/11/2026 10:56:26", "der Vertrag wird beendet; übernommen am 29.11.2026 10:56:26",
		},
		"127.0.0.1:22 shows SHA256:abc (ssh-ed25519), configured is SHA256:d, SHA256:e: ask its operator whether the key was changed, and nothing was sent": {
			"127.0.0.1:22 montre SHA256:abc (ssh-ed25519), configuré est SHA256:d, SHA256:e\u00a0: demandez à son exploitant si la clé a changé\u00a0; rien n'a été envoyé",
			"127.0.0.1:22 zeigt SHA256:abc (ssh-ed25519), eingerichtet ist SHA256:d, SHA256:e: den Betreiber fragen, ob der Schlüssel geändert wurde; nichts wurde gesendet",
		},
		`overtaken: run 7-a was done with a newer file; drop "u.csv" again, which is in failed/ then: its rows are planned anew against Lucca as it is now`: {
			"dépassée\u00a0: l'exécution 7-a a été faite avec un fichier plus récent\u00a0; redéposez «\u00a0u.csv\u00a0», qui sera alors dans failed/\u00a0: ses lignes sont replanifiées d'après l'état actuel de Lucca",
			"überholt: Lauf 7-a lief mit einer neueren Datei; „u.csv“ neu ablegen, das dann in failed/ liegt: ihre Zeilen werden nach dem jetzigen Stand von Lucca neu geplant",
		},
		"paused until 2026-12-01 08:00 by os:root (holiday); runs that wait for approval: 2": {
			"en pause jusqu'au 01/12/2026 08:00 par os:root (holiday)\u00a0; exécutions en attente d'approbation\u00a0: 2",
			"pausiert bis 01.12.2026 08:00 von os:root (holiday); Läufe, die auf Freigabe warten: 2",
		},
		"rejected": {"rejetée", "abgelehnt"},
		// A list of names needs no text, and what holds one is told whole.
		"partner: there are skillup, 360learning; describe one of your own later (help profiles)": {
			"partenaire\u00a0: il y a skillup, 360learning\u00a0; décrivez le vôtre plus tard (help profiles)",
			"Partner: es gibt skillup, 360learning; einen eigenen später beschreiben (help profiles)",
		},
		// What a person or a file wrote is no text of ours.
		`jobTitle from "not found" to "the list is empty"`: {
			"jobTitle de «\u00a0not found\u00a0» à «\u00a0the list is empty\u00a0»", "jobTitle von „not found“ zu „the list is empty“",
		},
		"what nobody wrote": {"what nobody wrote", "what nobody wrote"},
	} {
		for i, l := range []message.Language{message.French, message.German} {
			if got := c.In(l, time.UTC).Said(english); got != want[i] {
				t.Errorf("%s: %q is told as\n%q, want\n%q", l, english, got, want[i])
			}
		}
		if got := c.In(message.English, time.UTC).Said(english); got != english && !strings.HasPrefix(english, "1 rows") {
			t.Errorf("English: %q became %q", english, got)
		}
	}
}

// Codes are the same in every language: a sentence that counts them is whole.
func TestCountsOfCodesNeedNoTexts(t *testing.T) {
	t.Parallel()
	p := load(t).In(message.French, time.UTC)
	if told, whole := p.Tell("the list is empty: manager_left ×3, end_kept ×1"); !whole || told != "la liste est vide\u00a0: manager_left ×3, end_kept ×1" {
		t.Errorf("%q is told whole: %v", told, whole)
	}
}

// TestOneThingIsSingular in English too, whose source has the form for several alone.
func TestOneThingIsSingular(t *testing.T) {
	t.Parallel()
	p := load(t).In(message.English, time.UTC)
	for said, want := range map[string]string{
		"1 errors":                       "1 error",
		"21 warnings":                    "21 warnings",
		"lucca-exchange: ready, 1 flows": "lucca-exchange: ready, 1 flow",
		"lucca-exchange: ready, 1 flows, listening on 127.0.0.1:1": "lucca-exchange: ready, 1 flow, listening on 127.0.0.1:1",
		"the audit is whole: 1 lines\nanchor 1:x":                  "the audit is whole: 1 line\nanchor 1:x",
		"skillup, 1 columns to skillup 1 ":                         "skillup, 1 column to skillup 1 ",
	} {
		if got := p.Said(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

// TestOneThingIsOneInEnglishToo, also in a part of a sentence; what the source says of several stays.
func TestOneThingIsOneInEnglishToo(t *testing.T) {
	t.Parallel()
	p := load(t).In(message.English, time.UTC)
	for said, want := range map[string]string{
		"1 rows were rejected: see the findings":                                "1 row was rejected: see the findings",
		"1 of 20 rows are rejected, more than 1%; 2 of 20 rows are rejected":    "1 of 20 rows is rejected, more than 1%; 2 of 20 rows are rejected",
		`wrong request: the state is in use: 1 daemons work with "exchange.db"`: `wrong request: the state is in use: 1 daemon works with "exchange.db"`,
		"the file has 1 rows and the last good one had 9, more than 3 (20%)":    "the file has 1 row and the last good one had 9, more than 3 (20%)",
		"21 rows were rejected: see the findings":                               "21 rows were rejected: see the findings",
		"the value is 1 of many: nobody knows it":                               "the value is 1 of many: nobody knows it",
	} {
		if got := p.Said(said); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}
