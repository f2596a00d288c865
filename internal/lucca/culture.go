package lucca

import "strconv"

// cultures are the Windows language ids (LCID, MS-LCID appendix A) that Lucca uses as
// ids of its cultures. 1034 is the traditional sort of es-ES, 3082 the modern one.
var cultures = map[int]string{
	1027: "ca-ES", 1029: "cs-CZ", 1030: "da-DK", 1031: "de-DE", 1032: "el-GR", 1033: "en-US",
	1034: "es-ES", 1035: "fi-FI", 1036: "fr-FR", 1038: "hu-HU", 1040: "it-IT", 1041: "ja-JP",
	1043: "nl-NL", 1044: "nb-NO", 1045: "pl-PL", 1046: "pt-BR", 1048: "ro-RO", 1049: "ru-RU",
	1053: "sv-SE", 1055: "tr-TR", 2052: "zh-CN", 2055: "de-CH", 2057: "en-GB", 2060: "fr-BE",
	2064: "it-CH", 2067: "nl-BE", 2070: "pt-PT", 3079: "de-AT", 3081: "en-AU", 3082: "es-ES",
	3084: "fr-CA", 4103: "de-LU", 4105: "en-CA", 4108: "fr-CH", 5132: "fr-LU", 6153: "en-IE",
}

// cultureTag returns the language tag of a Lucca culture, or nothing for none. An id that
// is not in the table becomes a private-use tag (RFC 5646, section 2.2.7) that keeps it.
func cultureTag(lcid int) string {
	if lcid == 0 {
		return ""
	}
	if tag, ok := cultures[lcid]; ok {
		return tag
	}
	return "x-lcid-" + strconv.Itoa(lcid)
}
