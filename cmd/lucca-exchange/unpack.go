package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/wrap"
)

// mostWrappings is how often one file is wrapped at most.
const mostWrappings = 4

// unpack goes on with the plain file where the file is wrapped: by the steps of the flow, else by
// those that its bytes tell. What is encrypted needs the keys of a flow. Remove throws the plain
// files away.
func (p *pupil) unpack(ctx context.Context) (remove func(), err error) {
	var made []string
	remove = func() {
		for _, name := range made {
			_ = os.RemoveAll(name) // nobody can do anything about it, and the system clears the folder
		}
	}
	for len(made) < mostWrappings {
		info, err := p.file.Stat()
		if err != nil {
			return remove, fmt.Errorf("read file: %w", err)
		}
		how := wrap.Recognise(p.file, info.Size())
		if how == "" {
			break
		}
		steps, open := wrap.Undoing([]string{how})
		if own := p.steps(); len(made) == 0 && len(own) > 0 {
			steps = own
		} else if !open {
			return remove, fault.Of(run.ErrUsage, "the file is encrypted with %s: give --flow with the flow whose unwrap: has the key, see \"help wrapping\"", how)
		} else {
			p.input.Wrapped = append(p.input.Wrapped, how)
		}
		name, err := p.unwrap(ctx, steps, info.Size())
		if err != nil {
			return remove, err
		}
		made = append(made, name)
	}
	return remove, nil
}

// steps are those of the flow, if it has any.
func (p *pupil) steps() wrap.UnwrapConfig {
	if p.config == nil {
		return nil
	}
	return p.config.Flows[p.flow].Unwrap
}

// unwrap takes the content of the file for the file, under the name that it had without its last
// ending, and returns the folder where it is.
func (p *pupil) unwrap(ctx context.Context, steps wrap.UnwrapConfig, size int64) (folder string, err error) {
	u, err := wrap.NewUnwrapper(steps)
	if err != nil {
		return "", err
	}
	folder, err = os.MkdirTemp("", "lucca-exchange-learn-")
	if err != nil {
		return "", fmt.Errorf("unwrap file: %w", err)
	}
	name := filepath.Base(p.name)
	plain, err := os.Create(filepath.Join(folder, cmp.Or(strings.TrimSuffix(name, filepath.Ext(name)), name)))
	if err != nil {
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("unwrap file: %w", err)
	}
	_, err = u.Unwrap(ctx, plain, wrap.File{Content: p.file, Size: size, Name: p.input.File}, wrap.Caps{})
	if err != nil {
		_ = plain.Close()
		_ = os.RemoveAll(folder)
		return "", fault.Of(run.ErrUsage, "%s", strings.TrimPrefix(err.Error(), "unwrap "))
	}
	if err := p.file.Close(); err != nil {
		return "", fmt.Errorf("read file: %w", err)
	}
	p.file, p.name = plain, plain.Name()
	return folder, nil
}
