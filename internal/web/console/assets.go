package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"reflect"
	"strings"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
)

//go:embed static/* templates/*
var files embed.FS

// asset is a file that pages refer to, with its content's hash in its address, so that a
// browser may keep it for ever.
type asset struct {
	href, mediaType   string
	plain, compressed []byte
}

// readAssets reads all static files, by name.
func readAssets() (map[string]asset, error) {
	assets := make(map[string]asset)
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	for _, e := range entries {
		content, err := files.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read static files: %w", err)
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(content); err != nil {
			return nil, fmt.Errorf("compress %s: %w", e.Name(), err)
		}
		if err := z.Close(); err != nil {
			return nil, fmt.Errorf("compress %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(content)
		assets[e.Name()] = asset{
			href: "/static/" + hex.EncodeToString(sum[:6]) + "-" + e.Name(), mediaType: mime.TypeByExtension(path.Ext(e.Name())),
			plain: content, compressed: b.Bytes(),
		}
	}
	return assets, nil
}

func (p *renderer) static(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.PathValue("name"), "-")
	a, ok := p.assets[name]
	if !ok || a.href != r.URL.Path {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", a.mediaType)
	h.Add("Vary", "Accept-Encoding")
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.compressed
	}
	_, _ = w.Write(body) // whoever went away needs no style
}

// readPages reads each page's template with the layout and the pieces that several share.
func readPages(assets map[string]asset) (map[string]*template.Template, error) {
	common := template.New("").Funcs(functions(message.Printer{})).Funcs(template.FuncMap{
		"static": func(name string) (string, error) {
			a, ok := assets[name]
			if !ok {
				return "", fmt.Errorf("no static file %q", name)
			}
			return a.href, nil
		},
	})
	common, err := common.ParseFS(files, "templates/layout.html", "templates/pieces.html")
	if err != nil {
		return nil, fmt.Errorf("read layout: %w", err)
	}
	entries, err := fs.ReadDir(files, "templates")
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	pages := make(map[string]*template.Template)
	for _, e := range entries {
		t, err := common.Clone()
		if err == nil {
			t, err = t.ParseFS(files, "templates/"+e.Name())
		}
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", e.Name(), err)
		}
		pages[strings.TrimSuffix(e.Name(), ".html")] = t
	}
	return pages, nil
}

// functions are what templates say things with, in the language of a printer.
func functions(p message.Printer) template.FuncMap {
	f := template.FuncMap{
		"factsOf": factsOf, "inFile": inFile, "mends": mends, "worst": worst, "first": first, "stepKey": stepKey,
		"second": p.Second, "limit": p.Limit,
		"days": func() []int { return []int{1, 7, 30, 90} },
		"inc":  func(n int) int { return n + 1 }, "dec": func(n int) int { return n - 1 }, "sum": func(a, b int) int { return a + b },
		"int": func(n int64) int { return int(n) },
		"t":   p.Text, "number": p.Number, "time": p.Time, "date": p.Date, "duration": p.Duration, "percent": p.Percent,
	}
	maps.Copy(f, words(p))
	return f
}

// mostListed is how many of a list a page shows.
const mostListed = 500

// first are those of a list that a page shows.
func first(list any) any {
	v := reflect.ValueOf(list)
	return v.Slice(0, min(v.Len(), mostListed)).Interface()
}

// stepKey is the key of a step's text: what people do is called as in the audit.
func stepKey(c inspect.StepCode) string {
	switch c {
	case inspect.StepStarted, inspect.StepTaken, inspect.StepPutAway, inspect.StepApplying, inspect.StepApplied, inspect.StepDelivered, inspect.StepEnded:
		return "steps." + string(c)
	}
	return "act." + string(c)
}
