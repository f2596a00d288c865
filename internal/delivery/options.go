package delivery

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
)

// Defaults of Options.
const (
	defaultSuffix    = ".part"
	defaultAttempts  = 3
	defaultRetryWait = 2 * time.Second
	defaultTimeLimit = time.Hour
	maxAttempts      = 10
)

// Options says how files are put on one remote, whatever its type: they are keys of the
// remote's section. The zero value is right for most.
type Options struct {
	// InPlace gives up that the reader never sees half a file, for servers that refuse to
	// rename.
	InPlace bool `yaml:"in_place,omitempty" json:"in_place,omitempty" jsonschema:"description=upload straight onto the final name because the server refuses to rename: its reader can see half a file"`
	// DoneMarker is the name of an empty file; {file} in it is the file's own name.
	DoneMarker string `yaml:"done_marker,omitempty" json:"done_marker,omitempty" jsonschema:"description=empty file that is put beside each file once it is whole,example={file}.done"`
	// MarkerText is what stands in the marker, for servers that refuse empty files.
	MarkerText string `yaml:"marker_text,omitempty" json:"marker_text,omitempty" jsonschema:"description=text in the done_marker for a server that refuses empty files; nothing if left out,example=done"`
	TempSuffix string `yaml:"temp_suffix,omitempty" json:"temp_suffix,omitempty" jsonschema:"description=end of the name during the upload; .part if left out"`
	// TempPrefix and TempDir are for servers that act on every file in a folder, or on those of
	// certain names. A file that is replaced is kept there too until the new one stands.
	TempPrefix string `yaml:"temp_prefix,omitempty" json:"temp_prefix,omitempty" jsonschema:"description=beginning of the name during the upload; none if left out,example=tmp_"`
	TempDir    string `yaml:"temp_dir,omitempty" json:"temp_dir,omitempty" jsonschema:"description=folder below dir that files are uploaded into before they are moved to dir; none if left out"`
	CreateDir  bool   `yaml:"create_dir,omitempty" json:"create_dir,omitempty" jsonschema:"description=create the folder and those above it when it is missing"`

	Attempts  int           `yaml:"attempts,omitempty" json:"attempts,omitempty" jsonschema:"minimum=1,maximum=10,description=how often a delivery is tried when the failure may pass; 3 if left out"`
	RetryWait time.Duration `yaml:"retry_wait,omitempty" json:"retry_wait,omitempty" jsonschema:"type=string,description=before the second attempt and doubled before each further one; 2s if left out"`
	// TimeLimit ends a delivery to a server that is slow beyond use, but never silent.
	TimeLimit time.Duration `yaml:"time_limit,omitempty" json:"time_limit,omitempty" jsonschema:"type=string,description=for one delivery with all its attempts; 1h if left out"`
}

// retries is how often, and how soon, something is tried again.
func (o Options) retries() remote.Attempts {
	return remote.Attempts{Max: o.Attempts, Wait: o.RetryWait}
}

// Validate reports every fault with the key that it is about.
func (o Options) Validate(report func(key, message string)) {
	if o.Attempts < 0 || o.Attempts > maxAttempts {
		report("attempts", fmt.Sprintf("want 1 to %d", maxAttempts))
	}
	for key, d := range map[string]time.Duration{"retry_wait": o.RetryWait, "time_limit": o.TimeLimit} {
		if d < 0 {
			report(key, "want a positive duration such as 30s")
		}
	}
	const example = "file.csv"
	suffix := o.withDefaults().TempSuffix
	switch err := remote.CheckName(suffix); {
	case err != nil:
		report("temp_suffix", err.Error())
	case suffix == backupSuffix:
		report("temp_suffix", "want another one: this is where an old file is moved")
	case o.InPlace && o.TempSuffix != "":
		report("temp_suffix", noTemporary)
	}
	o.validatePlace(report)
	marker := o.Marker(example)
	switch err := remote.CheckName(marker); {
	case o.DoneMarker == "" && o.MarkerText != "":
		report("marker_text", "there is no done_marker for it to stand in")
	case o.DoneMarker == "":
	case err != nil:
		report("done_marker", err.Error())
	case strings.ContainsAny(marker, "{}"):
		report("done_marker", "unknown placeholder: there is {file}")
	case marker == example:
		report("done_marker", "want another name than that of the file itself, such as {file}.done")
	case o.IsTemporary(marker):
		report("done_marker", "ends like a temporary file")
	}
}

const noTemporary = "there is no temporary name with in_place: true"

func (o Options) validatePlace(report func(key, message string)) {
	for key, name := range map[string]string{"temp_prefix": o.TempPrefix, "temp_dir": o.TempDir} {
		switch err := remote.CheckName(name); {
		case name == "":
		case o.InPlace:
			report(key, noTemporary)
		case err != nil && key == "temp_dir":
			report(key, "want the name of one folder below dir: "+err.Error())
		case err != nil:
			report(key, err.Error())
		}
	}
}

// Marker is the name of the done-marker of a file, or empty when there is none.
func (o Options) Marker(name string) string { return strings.ReplaceAll(o.DoneMarker, "{file}", name) }

// TempEndings are the ends of the names of temporary files, such as .part and .bak.
func (o Options) TempEndings() []string { return []string{o.withDefaults().TempSuffix, backupSuffix} }

// IsTemporary tells whether a name is one that a temporary file in the folder can have.
func (o Options) IsTemporary(name string) bool {
	switch {
	case o.TempDir != "":
		return name == o.TempDir
	case o.TempPrefix != "":
		return strings.HasPrefix(name, o.TempPrefix)
	}
	return slices.ContainsFunc(o.TempEndings(), func(end string) bool { return strings.HasSuffix(name, end) })
}

// TempName is the path during the upload, NAME or DIR/NAME: it holds the run, so that whoever
// finds it knows that it is ours.
func (o Options) TempName(name, run string) string {
	if o.InPlace {
		return name
	}
	return path.Join(o.TempDir, o.TempPrefix+name+"."+run+o.withDefaults().TempSuffix)
}

// backupName is the path of the old file while it is replaced.
func (o Options) backupName(name, run string) string {
	return path.Join(o.TempDir, o.TempPrefix+name+"."+run+backupSuffix)
}

// nextTempName is the temporary name of another upload, beside one that cannot be removed.
func (o Options) nextTempName(temp string) string {
	return strings.TrimSuffix(temp, o.TempSuffix) + "-again" + o.TempSuffix
}

func (o Options) withDefaults() Options {
	if o.TempSuffix == "" {
		o.TempSuffix = defaultSuffix
	}
	if o.Attempts == 0 {
		o.Attempts = defaultAttempts
	}
	if o.RetryWait == 0 {
		o.RetryWait = defaultRetryWait
	}
	if o.TimeLimit == 0 {
		o.TimeLimit = defaultTimeLimit
	}
	return o
}

// markerHint is what may help when a marker is refused.
func (o Options) markerHint() string {
	if o.MarkerText != "" {
		return ""
	}
	return " (where the server takes no empty files, set marker_text)"
}
