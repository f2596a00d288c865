package slip

import "strings"

// level is what stands with one indent: the keys of a group, or the entries of a list.
type level struct {
	indent int
	list   bool
	// open says that the last key or dash has nothing behind it, so that its value may stand below.
	open bool
}

// displaced reports whether a line, counted from 0, is indented otherwise than those that it belongs
// to: deeper below a value, or less deep than its neighbours and deeper than what they stand below.
func (t Text) displaced(last int) bool {
	var levels []level
	depth := 0
	for n, line := range t.structure(last + 1) {
		text, _ := outside(line)
		value := strings.TrimSpace(line[:len(text)])
		if value == "" {
			continue
		}
		inside := depth > 0 // between the brackets of an earlier line, where no indent counts
		depth += strings.Count(text, "{") + strings.Count(text, "[") - strings.Count(text, "}") - strings.Count(text, "]")
		if inside {
			continue
		}
		var fits bool
		if levels, fits = place(levels, indentOf(line), value); !fits && n == last {
			return true
		}
	}
	return false
}

// place puts a line where it belongs among the levels that are open, if it does.
func place(levels []level, indent int, value string) (_ []level, fits bool) {
	list, first := isEntry(value), len(levels) == 0
	for len(levels) > 0 {
		top := levels[len(levels)-1]
		// The entries of a list may stand right below their key.
		if top.indent < indent || top.indent == indent && (top.list == list || top.open && list) {
			break
		}
		levels = levels[:len(levels)-1]
	}
	if len(levels) == 0 && !first {
		return levels, false
	}
	if len(levels) > 0 {
		switch top := &levels[len(levels)-1]; {
		case top.indent == indent && top.list == list:
			levels = levels[:len(levels)-1]
		case !top.open:
			return levels, false
		default:
			top.open = false
		}
	}
	for list {
		levels = append(levels, level{indent: indent, list: true, open: value == "-"})
		rest := strings.TrimLeft(strings.TrimPrefix(value, "-"), " ")
		indent += len(value) - len(rest)
		value, list = rest, isEntry(rest)
	}
	if found := key.FindString(value); found != "" {
		levels = append(levels, level{indent: indent, open: len(found) == len(value)})
	}
	return levels, true
}

// isEntry reports whether a line begins an entry of a list.
func isEntry(value string) bool { return value == "-" || strings.HasPrefix(value, "- ") }
