package ftp

import (
	"regexp"
	"slices"
	"strings"
)

// What servers say in words, as far as their code leaves open whether it passes. The phrases
// are those of servers in the field, in the languages that these speak; all in lower case.
var (
	// crowds: others use the server, or we do, too much at the moment.
	crowds = words(
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
	// refusals are about the login itself: trying again locks accounts.
	refusals = words(`fail|attempt|incorrect|invalid|wrong|bad |password|passwor|mot de passe|tentative|échec|échou|kennwort|passwort|versuch|fehlgeschlagen|intento|contraseña|tentativ|wachtwoord|poging|senha|disabled|locked|gesperrt|verrouill|bloqu|bloccat|banned|blacklist`)
	// uses: another program has the file open at the moment.
	uses = words(
		`\bin use\b|being used|used by|another process|\block(ed)?\b|\bbusy\b|sharing violation|currently (open|being)|temporarily unavailable|resource unavailable|try again|still being|etxtbsy|ebusy`,
		`\b(is|currently|still|already) open\b|opened by|being (uploaded|downloaded|transferred|written|copied|modified)|in progress|exclusive access`,
		`est ouvert|geöffnet|está abierto|è aperto|está aberto|utilisé par|en cours d.utilisation|autre processus|verrouillé|occupé`,
		`anderen prozess|wird (von|gerade|bereits)|in verwendung|verwendet|gesperrt|in benutzung`,
		`en uso|otro proceso|siendo utilizado|bloqueado|ocupado|in uso|altro processo|bloccato|em uso|outro processo|in gebruik|ander proces|używany|занят|используется`,
	)
	// nothings: a folder that has no file, where the server calls that an error.
	nothings = words(
		`no (such )?(files?|members?|data ?sets?|entr(y|ies)|match|objects?|items?)|not? .*found|cannot find|can't find|could not find|empty|nothing|^0 files|no such|does not exist`,
		`aucun|introuvable|vide\b|n.existe pas|keine |nicht gefunden|leer\b|ningún|ninguna|no se (encontr|encuentra)|vacío|vacía|nessun|non trovat|vuot|nenhum|não encontrad|vazi|geen |niet gevonden|leeg\b|brak plik|не найден`,
	)
	// nothingFirst: what some servers answer to an empty folder, with what else it may be behind it,
	// as in "No files found or invalid directory or permission problem". The folder was entered.
	nothingFirst = words(`^no (files?|entries|items)( were| was)? found\b`)
	// denials: the account may not.
	denials = words(`denied|permission|not allowed|not permitted|forbidden|prohibited|refus|interdit|verweigert|verboten|keine berechtigung|nicht erlaubt|denegad|sin permiso|prohibid|negat[oa]|vietat|negad[oa]|proibid|geweigerd|toegang`)
	// shortages: the disk or the quota is full.
	shortages = words(`no space|disk (is )?full|not enough (disk )?space|insufficient (disk |storage|space)|out of space|quota|enospc|plus d.espace|espace (disque )?insuffisant|disque plein|kein platz|speicherplatz|festplatte voll|sin espacio|espacio insuficiente|spazio (su disco )?insufficiente|sem espaço`)
)

func words(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(alternatives, "|"))
}

// says tells whether the server's words are of one kind and of none of the others.
func (r reply) says(kind *regexp.Regexp, others ...*regexp.Regexp) bool {
	text := strings.ToLower(r.text)
	return kind.MatchString(text) && !slices.ContainsFunc(others, func(other *regexp.Regexp) bool { return other.MatchString(text) })
}

// crowded tells whether the server refuses because too many use it.
func (r reply) crowded() bool { return r.code >= 400 && r.says(crowds, refusals) }

// busy tells whether the server refuses because somebody else uses the file. 450 says that and
// nothing else (RFC 959, section 4.2), but for servers that say it of a missing file.
func (r reply) busy() bool {
	switch r.code {
	case codeBusy:
		return !r.says(nothings) && !r.says(denials)
	case codeLocalError, codeUnavailable, codeUnavailable + 1, codeBadName:
		return r.says(uses)
	}
	return false
}
