package remote

import (
	"regexp"
	"strings"
)

// Phrases are one kind of thing that servers say in words.
type Phrases struct{ of *regexp.Regexp }

// In tells whether a server says so.
func (p Phrases) In(text string) bool { return p.of.MatchString(strings.ToLower(text)) }

func phrases(alternatives ...string) Phrases {
	return Phrases{regexp.MustCompile(strings.Join(alternatives, "|"))}
}

// What servers say in words, as far as their code leaves open whether it passes. They
// are those of servers in the field, in the languages that these speak; all in lower case.
var (
	// Crowded: others use the server, or we do, too much at the moment.
	Crowded = phrases(
		`too many|maximum (number|clients|connections?|users?|sessions?|allowed)|max(imum)?\.? ?(number|clients|connections?|users?|sessions?)|(connections?|clients?|users?|sessions?|logins?) (limit|already|exceed|reached)|limit of .*(connections?|users?|sessions?)|connection limit|user limit|session limit|already logged|try (again )?later|server (is )?(full|busy|overload)|simultaneous|concurrent`,
		`(than|only|already)( have| allow)? \d+ (\w+ )?(sessions?|users?|logins?|connections?|clients?)|no (more |free |available )?(connection )?(slots?|connections?|licen[sc]es?)|not enough licen|all .*slots|threshold|(resource|licen[sc]e|access) limit|exceeded .*(sessions?|connections?|users?|logins?|clients?)|come back later`,
		`trop de|nombre maxim|connexions? simultan|limite de connexion|réessayez plus tard|réessayer plus tard`,
		`zu viele|zuviele|maximale (an)?zahl|maximalanzahl|höchstzahl|verbindungslimit|später (noch ?einmal|erneut|wieder)`,
		`demasiad|número máximo|numero máximo|límite de conexi|limite de conexi|más tarde`,
		`tropp[ie] |numero massimo|limite di connessioni|più tardi`,
		`muitas (conexões|ligações|sess)|muitos (utilizadores|usuários)|máximo de|mais tarde`,
		`te veel|maximaal aantal|maximum aantal|later opnieuw`,
		`zbyt wiele|слишком много|för många|for mange|liian monta|接続数|连接数`,
	)
	// Refusing are about the login itself: trying again locks accounts.
	Refusing = phrases(`fail|attempt|incorrect|invalid|wrong|bad |password|passwor|mot de passe|tentative|échec|échou|kennwort|passwort|versuch|fehlgeschlagen|intento|contraseña|tentativ|wachtwoord|poging|senha|disabled|locked|gesperrt|verrouill|bloqu|bloccat|banned|blacklist`)
	// InUse: another program has the file open at the moment.
	InUse = phrases(
		`\bin use\b|being used|used by|another process|\block(ed)?\b|\bbusy\b|sharing violation|currently (open|being)|temporarily unavailable|resource unavailable|try again|still being|etxtbsy|ebusy`,
		`\b(is|currently|still|already) open\b|opened by|being (uploaded|downloaded|transferred|written|copied|modified|scanned|processed)|in progress|exclusive access`,
		`est ouvert|geöffnet|está abierto|è aperto|está aberto|utilisé par|en cours d.utilisation|autre processus|verrouillé|occupé`,
		`anderen prozess|wird (von|gerade|bereits)|in verwendung|verwendet|gesperrt|in benutzung`,
		`en uso|otro proceso|siendo utilizado|bloqueado|ocupado|in uso|altro processo|bloccato|em uso|outro processo|in gebruik|ander proces|używany|занят|используется`,
	)
	// Nothing: a folder that has no file, where the server calls that an error.
	Nothing = phrases(
		`no (such )?(files?|members?|data ?sets?|entr(y|ies)|match|objects?|items?)|not? .*found|cannot find|can't find|could not find|empty|nothing|^0 files|no such|does not exist`,
		`aucun|introuvable|vide\b|n.existe pas|keine |nicht gefunden|leer\b|ningún|ninguna|no se (encontr|encuentra)|vacío|vacía|nessun|non trovat|vuot|nenhum|não encontrad|vazi|geen |niet gevonden|leeg\b|brak plik|не найден`,
	)
	// Denied: the account may not.
	Denied = phrases(`denied|permission|not allowed|not permitted|forbidden|prohibited|refus|interdit|verweigert|verboten|keine berechtigung|nicht erlaubt|denegad|sin permiso|prohibid|negat[oa]|vietat|negad[oa]|proibid|geweigerd|toegang`)
	// Full: the disk or the quota is full.
	Full = phrases(`no space|disk (is )?full|not enough (disk )?space|insufficient (disk |storage|space)|out of space|quota|enospc|plus d.espace|espace (disque )?insuffisant|disque plein|kein platz|speicherplatz|festplatte voll|sin espacio|espacio insuficiente|spazio (su disco )?insufficiente|sem espaço`)
	// Existing: the name is taken.
	Existing = phrases(`already exist|file exists|existe déjà|existiert (bereits|schon)|bereits vorhanden|ya existe|esiste già|já existe|bestaat al|już istnieje|уже существует`)
	// Missing: there is no such file or folder.
	Missing = phrases(`no such (file|path|dir)|not? .*found|not exist|cannot find|can't find|could not find|introuvable|n.existe pas|nicht gefunden|existiert nicht|nicht vorhanden|no se (encontr|encuentra)|no existe|non trovat|non esiste|não encontrad|não existe|niet gevonden|bestaat niet|nie istnieje|не найден`)
)
