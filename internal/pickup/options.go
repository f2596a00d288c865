package pickup

import (
	"fmt"
	"path"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
)

// Defaults of Options.
const (
	defaultSettle    = 10 * time.Second
	defaultMaxBytes  = 100 << 20
	defaultAttempts  = 3
	defaultRetryWait = 2 * time.Second
)

// placeholder stands for the name of the file in the name of its marker.
const placeholder = "{file}"

// Options says how a flow takes files: they are the key pickup of the flow. The zero value is
// right for most.
type Options struct {
	// Settle is the time between the two looks at the folder; a file is taken when they show
	// the same size and time.
	Settle time.Duration `yaml:"settle,omitempty" json:"settle,omitempty" jsonschema:"type=string,description=how long a file must stay as it is before it is taken; 10s if left out"`
	// Marker is the name of a file that its writer puts once the file is whole. There is
	// one look then, unless the marker is older than its file.
	Marker string `yaml:"marker,omitempty" json:"marker,omitempty" jsonschema:"description=wait for this file beside each file instead of watching its size,example={file}.done"`
	// Keep leaves the files where they are: nothing is ever renamed or written, and the
	// store alone knows what was taken.
	Keep bool `yaml:"keep,omitempty" json:"keep,omitempty" jsonschema:"description=leave the files in place and write nothing to the server: the state alone remembers them"`
	// MaxBytes is the size of the largest file that is taken.
	MaxBytes int64 `yaml:"max_bytes,omitempty" json:"max_bytes,omitempty" jsonschema:"minimum=1,description=largest file that is taken; 104857600 (100 MiB) if left out"`
}

// Validate reports every fault with the key that it is about.
func (o Options) Validate(report func(key, message string)) {
	if o.Settle < 0 {
		report("settle", "want a positive duration such as 10s")
	}
	if o.MaxBytes < 0 {
		report("max_bytes", "want a positive number of bytes")
	}
	const example = "file.csv"
	switch marker := o.marker(example); {
	case o.Marker == "":
	case !strings.Contains(o.Marker, placeholder):
		report("marker", "want the name of the file in it, such as {file}.done")
	case marker == example:
		report("marker", "want another name than that of the file itself, such as {file}.done")
	case strings.ContainsAny(marker, "{}"):
		report("marker", "unknown placeholder: there is {file}")
	case remote.CheckName(marker) != nil:
		report("marker", remote.CheckName(marker).Error())
	}
}

// CheckPattern returns what is wrong with the pattern of a flow, or nothing.
func CheckPattern(pattern string) string {
	switch _, err := path.Match(pattern, ""); {
	case pattern == "":
		return "missing: want the names to take, such as users_*.csv"
	case strings.Contains(pattern, "/"):
		return "want the name of a file in the remote's folder, without a path"
	case err != nil:
		return fmt.Sprintf("%v: * stands for any characters, ? for one, [a-z] for one of these", err)
	default:
		return ""
	}
}

// marker is the name of the marker of a file, or empty when there is none.
func (o Options) marker(name string) string {
	return strings.ReplaceAll(o.Marker, placeholder, name)
}

func (o Options) withDefaults() Options {
	if o.Settle == 0 {
		o.Settle = defaultSettle
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	return o
}
