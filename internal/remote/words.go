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
	// crowded: others use the server, or we do, too much at the moment.
	crowded = phrases(
		`too many|maximum (number|clients|connections?|users?|sessions?|allowed)|max(imum)?\.? ?(number|clients|connections?|users?|sessions?)|(connections?|clients?|users?|sessions?|logins?) (limit|already|exceed|reached|count|quota)|(limit|quota) of .*(connections?|users?|sessions?)|connection limit|user limit|session limit|already (logged|connected)|try (again )?later|(server|site|service|system) (is )?(full|busy|overload|at capacity)|simultaneous|concurrent`,
		`(than|only|already)( have| allow(ed)?)? (\d+|one|a single) (\w+ )?(sessions?|users?|logins?|connections?|clients?)|no (more |free |available )?(connection )?(slots?|connections?|licen[sc]es?|users?|sessions?|logins?)\b|not enough licen|(slots?|connections|sessions) (are )?in use|(account|user|login) is already|multiple (logins?|sessions?|connections?)|threshold|(resource|rate|licen[sc]e|access) limit|exceeded .*(sessions?|connections?|users?|logins?|clients?)|come back later`,
		`trop de|(nombre|limite|quota) (maxim|(de |d.|des )?\w*(connexion|session|utilisateur|client).*(dépass|attein))|connexions? simultan|limite de connexion|serveur (est )?(satur|surcharg|occup|plein|complet)|déjà connecté|plus de (connexion|session|place)|réessayez plus tard|réessayer plus tard`,
		`zu viele?\b|zuviele?\b|maximal\w* .*(zahl|verbindung|sitzung|benutzer|anmeldung)|maximalanzahl|höchstzahl|verbindungslimit|(verbindung|sitzung|benutzer|anmeldung)\w* .*(überschritten|erreicht)|bereits (angemeldet|verbunden)|überlastet|ausgelastet|keine freien? |später (noch ?einmal|erneut|wieder)`,
		`demasiad|número máximo|numero máximo|(límite|limite|número) de (conexi|sesi|usuari)|más tarde`,
		`tropp[ie] |numero massimo|limite di (connession|session|utent)|più tardi`,
		`muitas (conexões|ligações|sess)|muitos (utilizadores|usuários)|máximo de|limite de (conex|sess|utiliz|usu)|mais tarde`,
		`te veel|maximaal aantal|maximum aantal|later opnieuw`,
		`zbyt wiele|слишком много|för många|for mange|liian monta|接続数|连接数`,
	)
	// overfull says that of connections, sessions or those who use them, and of nothing that could be
	// a guess at a password.
	overfull = phrases(
		`(too many|maximum( number of)?|limit of) (\w+ ){0,2}(connections|users|clients|sessions)\b`,
		`(trop de|nombre maxim\w+ (de |d.)) ?(\w+ ){0,2}(connexions|utilisateurs|clients|sessions)`,
		`(zu viele|anzahl|höchstzahl) (\w+ ){0,2}(verbindungen|benutzer|sitzungen)`,
	)
	// refusing are about the login itself: trying again locks accounts. guesses are so whatever else
	// is said.
	refusing = phrases(guesses, `fail|incorrect|invalid|wrong|bad |échec|échou|fehlgeschlagen`)
	guessing = phrases(guesses)
	// InUse: another program has the file open at the moment.
	InUse = phrases(
		`\bin use\b|being used|used by|another process|\block(ed)?\b|\bbusy\b|sharing violation|currently (open|being)|temporarily unavailable|resource unavailable|try again|still being|etxtbsy|ebusy|user-mapped section|allocated to another`,
		`\b(is|currently|still|already) open\b|opened by|being (uploaded|downloaded|transferred|written|copied|modified|scanned|processed)|in progress|scan (is )?(pending|running)|exclusive(ly| access)`,
		`est (déjà )?(ouvert|utilisé|verrouillé)|geöffnet|está abierto|è aperto|está aberto|utilisé par|en cours d.(utilisation|écriture|envoi|analyse)|en cours de (transfert|traitement|copie)|autre processus|verrouillé|occupé`,
		`andere[nrm] prozess|wird (von|gerade|bereits)|in verwendung|verwendet|gesperrt|in (be|ge)nutzung|in gebrauch`,
		`en uso|otro proceso|siendo utilizado|bloqueado|ocupado|in uso|altro processo|bloccato|em uso|outro processo|in gebruik|ander proces|używany|занят|используется`,
	)
	// Nothing: a folder that has no file, where the server calls that an error.
	Nothing = phrases(
		`no (such )?(files?|members?|data ?sets?|match|objects?|items?)|no (\w+ )?entr(y|ies)|not? .*found|(cannot|can't|could not|unable to) find|empty|nothing|^(0|zero) files|no such|(does not|non.?) ?exist`,
		`aucune? (fichier|élément|entrée|document|objet|donnée|résultat|correspondance)|pas (de |d.)(fichier|élément|entrée|document)|introuvable|vide\b|n.existe pas`,
		`keine? (passende[nrs]? )?(datei|eintr|element|objekt|datens|treffer|übereinstimm)|nicht gefunden|leer\b`,
		`(ningún|ninguna|no hay) (archivo|fichero|elemento|entrada|coincidencia)|no se (encontr|encuentra)|vacío|vacía|nessuna? (file|elemento|voce|documento|oggetto|corrispondenza)|ci sono file|non trovat|vuot|(nenhuma?|não há) (arquivo|ficheiro|item|entrada)|não encontrad|vazi`,
		`geen (bestand|item|overeenkom)|niet gevonden|leeg\b|brak plik|не найден|ありません`,
	)
	// Denied: the account may not.
	Denied = phrases(
		`denied|permission|not allowed|not permitted|forbidden|prohibited|not authori[sz]ed|unauthori[sz]ed|privilege|no (rights?|access)\b|insufficient rights|refus|interdit|non autoris|pas autoris|aucun(e)? (droit|autorisation|accès)|pas le droit|verweigert|verboten|keine (berechtigung|rechte)|keinen? zugriff|nicht (erlaubt|gestattet|berechtigt)`,
		`denegad|sin permiso|ningún permiso|prohibid|negat[oa]|vietat|nessun (permesso|diritto)|negad[oa]|proibid|nenhuma permiss|geweigerd|toegang`,
	)
	// Full: the disk or the quota is full.
	Full = phrases(`no space|disk (is )?full|not enough (disk )?space|insufficient (disk |storage|space)|out of space|quota|enospc|plus d.espace|espace (disque )?insuffisant|disque plein|kein platz|speicherplatz|festplatte voll|sin espacio|espacio insuficiente|spazio (su disco )?insufficiente|sem espaço`)
	// Existing: the name is taken.
	Existing = phrases(
		`(already|file|target|destination|object|name) exists?\b|already present|exists already|overwrit\w+ (is )?(not|denied|forbidden)|(cannot|not|can't) overwrite`,
		`existe déjà|déjà exist|fichier existe\b|existiert (bereits|schon)|datei \S*existiert[.!]?$|bereits vorhanden|ya existe|esiste già|já existe|bestaat al|już istnieje|уже существует`,
	)
	// Missing: there is no such file or folder.
	Missing = phrases(`no such (file|path|dir)|not? .*found|not exist|cannot find|can't find|could not find|introuvable|n.existe pas|nicht gefunden|existiert nicht|nicht vorhanden|no se (encontr|encuentra)|no existe|non trovat|non esiste|não encontrad|não existe|niet gevonden|bestaat niet|nie istnieje|не найден`)
)

// guesses are what servers call guesses at a password, and what they do to an account for them.
const guesses = `attempt|password|passwor|mot de passe|tentative|kennwort|passwort|versuch|contraseña|intento|tentativ|senha|wachtwoord|poging|disabled|locked|gesperrt|verrouill|bloqu|bloccat|banned|blacklist`

// Crowded tells whether a server turns us away because others use it, or we do, too much at the
// moment, and not because of who we are.
func Crowded(text string) bool {
	return crowded.In(text) && (!refusing.In(text) || overfull.In(text) && !guessing.In(text))
}

// Refusing tells whether a server's words are about the login itself: trying again locks accounts.
func Refusing(text string) bool { return refusing.In(text) && !Crowded(text) }
