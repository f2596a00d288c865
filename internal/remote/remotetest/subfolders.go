package remotetest

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

func subfolders(t *testing.T, b *bench) {
	ctx := t.Context()
	_, err := b.Stat(ctx, "in-progress/a.csv")
	b.wantError("stat in a missing folder", err, fs.ErrNotExist)
	_, err = b.List(ctx, "in-progress")
	b.wantError("list a missing folder", err, fs.ErrNotExist)
	b.wantError("upload to a missing folder", b.Upload(ctx, "in-progress/a.csv", strings.NewReader("a"), 1), fs.ErrNotExist)
	for range 2 { // the second time it exists
		b.must("make folder", b.MakeFolder(ctx, "in-progress"))
	}
	b.plant("taken", "a file")
	b.wantError("make a folder where a file is", b.MakeFolder(ctx, "taken"), fs.ErrExist)

	b.plant("a.csv", "above")
	b.must("upload", b.Upload(ctx, "in-progress/a.csv", strings.NewReader("below"), 5))
	b.want("a.csv", "above")
	b.want("in-progress/a.csv", "below")
	entries, err := b.List(ctx, "in-progress")
	b.must("list", err)
	if len(entries) != 1 || entries[0].Name != "a.csv" || entries[0].Size != 5 {
		t.Errorf("the folder below lists %+v", entries)
	}
	var got bytes.Buffer
	if _, err := b.Download(ctx, "in-progress/a.csv", &got); err != nil || got.String() != "below" {
		t.Errorf("downloaded %q, %v", got.String(), err)
	}
	b.must("rename", b.Rename(ctx, "in-progress/a.csv", "in-progress/b.csv"))
	b.want("in-progress/b.csv", "below")
	b.must("remove", b.Remove(ctx, "in-progress/b.csv"))
	entry, err := b.Stat(ctx, "a.csv")
	b.must("stat above", err)
	if !entry.Regular || entry.Size != 5 {
		t.Errorf("stat = %+v", entry)
	}
}

func move(t *testing.T, b *bench) {
	ctx := t.Context()
	b.plant("a.csv", "a")
	if b.Rename(ctx, "a.csv", "processed/a.csv") == nil {
		t.Error("moving to a missing folder is no error")
	}
	b.want("a.csv", "a")
	b.must("make folder", b.MakeFolder(ctx, "processed"))
	b.must("make folder", b.MakeFolder(ctx, "failed"))
	b.must("move below", b.Rename(ctx, "a.csv", "processed/b.csv"))
	b.want("a.csv", "(none)")
	b.want("processed/b.csv", "a")
	b.must("move across", b.Rename(ctx, "processed/b.csv", "failed/b.csv"))
	b.must("move back", b.Rename(ctx, "failed/b.csv", "a.csv"))
	b.want("a.csv", "a")
	b.wantError("move a missing file", b.Rename(ctx, "none.csv", "processed/none.csv"), fs.ErrNotExist)
	b.wantError("move a missing file back", b.Rename(ctx, "processed/none.csv", "none.csv"), fs.ErrNotExist)

	b.must("upload", b.Upload(ctx, "processed/a.csv", strings.NewReader("old"), 3))
	if err := b.Rename(ctx, "a.csv", "processed/a.csv"); err != nil {
		b.wantError("move onto a file", err, fs.ErrExist)
		b.want("a.csv", "a")
		b.want("processed/a.csv", "old")
		return
	}
	b.want("processed/a.csv", "a")
}
