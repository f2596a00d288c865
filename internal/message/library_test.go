package message_test

import (
	"testing"
	"time"

	"lucca-exchange/internal/message"
)

// TestCausesOfLibrariesAreToldOrInBrackets: a cause that the network, TLS, SSH or the system gives is told
// where it is a known one; any other stands in brackets behind what was tried, as nobody's sentence.
func TestCausesOfLibrariesAreToldOrInBrackets(t *testing.T) {
	t.Parallel()
	for english, want := range map[string][2]string{
		"look for files on payroll: dial tcp 10.0.0.1:22: connect: connection refused": {
			"chercher des fichiers sur payroll\u00a0: connexion à 10.0.0.1:22 refusée", "Dateien suchen auf payroll: Verbindung zu 10.0.0.1:22 abgelehnt",
		},
		"look for files on payroll: dial tcp: lookup sftp.acme.example on 10.0.0.2:53: no such host": {
			"chercher des fichiers sur payroll\u00a0: l'hôte sftp.acme.example est inconnu du DNS", "Dateien suchen auf payroll: der Host sftp.acme.example ist im DNS unbekannt",
		},
		"read configuration: open absent.yaml: permission denied": {
			"lire la configuration\u00a0: ouvrir absent.yaml\u00a0: accès refusé", "Konfiguration lesen: absent.yaml öffnen: Zugriff verweigert",
		},
		"look for files on payroll: wibble: the frobnicator is upside down": {
			"chercher des fichiers sur payroll (wibble: the frobnicator is upside down)", "Dateien suchen auf payroll (wibble: the frobnicator is upside down)",
		},
	} {
		for i, l := range []message.Language{message.French, message.German} {
			if got := message.In(l, time.UTC).Said(english); got != want[i] {
				t.Errorf("%s: %q is told as\n%q, want\n%q", l, english, got, want[i])
			}
		}
	}
}
