package message

import "strings"

// remarks are what the program itself notes of an act, by the note: what was looked at, and how.
var remarks = map[string]string{
	"plan": "seen.plan", "run": "seen.run", "hires": "seen.hires", "draft": "seen.draft", "dry run": "seen.dry_run", "search for a person": "seen.search",
	"one person": "seen.one_person", "audit": "seen.audit", "password": "seen.password", "link": "seen.link", "everywhere": "seen.everywhere",
}

// Remark is what the program itself noted of an act, in the reader's language; another note stays as it is.
func Remark(p Printer, note string) string {
	if key, ok := remarks[note]; ok {
		return p.Text(key)
	}
	if id, ok := strings.CutPrefix(note, "person "); ok {
		return p.Text("seen.person", "id", id)
	}
	return note
}
