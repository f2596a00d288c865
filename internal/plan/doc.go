// Package plan decides what an import would do: a pure function of the rows of a file, the
// roster and the flow's policy. Nothing here reads or changes anything outside, and the
// order of the rows makes no difference.
//
// What Lucca's own import does is followed where it is documented; the rest is decided so
// that a wrong file does nothing rather than harm:
//
//   - Findings have Lucca's two severities: an error rejects its row, a warning passes.
//     None carries the value of a cell. A suggestion is a name from Lucca's own lists.
//   - Logins and e-mails do not differ by case. Employee numbers are texts that count
//     within their establishment; one that differs from Lucca only in leading zeros was
//     damaged by a spreadsheet and is refused.
//   - Nobody gets a second account: a row with an unknown identifier whose login, e-mail
//     or number is in Lucca, or in another row, is refused, and so are all rows about the
//     same person. So is somebody new who has the name of an employee, or of another row, and
//     the same date of birth or, where that is not known, first day, unless their numbers
//     differ. A known identifier of somebody with another name, e-mail and date of birth is
//     refused. For the same reason a roster in which the identity of anybody is hidden
//     from the API key refuses the whole file.
//   - A cell means what it says or is refused: dates are DD/MM/YYYY only, references are
//     names, codes or paths that mean one thing, never Lucca's ids. The error of a formula
//     and a shortened number are the damage of a spreadsheet.
//   - Last names that Lucca shows in capitals are the same names. A manager who is oneself
//     is none. Secondary roles compare as a set.
//   - A blank cell keeps what is there. With blank: clear it clears what Lucca lets people
//     be without, except what has a default, which a blank asked for on the first day.
//   - Defaults are for somebody new. Generated logins are given in the order of the
//     e-mails and avoid those of former employees.
//   - A new or changed end of contract is an end, for whoever is not former. A former
//     employee whose start is after the old end is a rehire; one whose row repeats the old
//     contract, or leaves its end blank, is not. An end that is taken back opens the
//     account, which Limits hold like a rehire.
//   - The account of the API key and protected ones are never ended, nor is their start
//     moved into the future.
//   - Absence from a full file ends nobody who is upcoming, protected or has an end
//     already, nobody who has the name, or the date of birth and first day, of somebody whom
//     the file creates, and nobody at all while a rejected row may be about anybody.
package plan
