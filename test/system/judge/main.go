// Reads a folder of a log with the code of the Go checksum database: a judge that we did not write.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int                     { return 8 }
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
		b, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
func must(err error) {
	if err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}
func main() {
	dir, vkey := folder(os.Args[1]), os.Args[2]
	v, err := note.NewVerifier(vkey)
	must(err)
	b, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	must(err)
	n, err := note.Open(b, note.VerifierList(v))
	must(err)
	lines := strings.Split(n.Text, "\n")
	var size int64
	fmt.Sscan(lines[1], &size)
	h, err := tlog.ParseHash(lines[2])
	must(err)
	tree := tlog.Tree{N: size, Hash: h}
	r := tlog.TileHashReader(tree, dir)
	count := int64(0)
	for first := int64(0); first < size; first += 256 {
		w := size - first
		t := tlog.Tile{H: 8, L: 0, N: first / 256, W: 256}
		if w < 256 {
			t.W = int(w)
		}
		path := strings.Replace(t.Path(), "tile/8/0/", "tile/entries/", 1)
		e, err := os.ReadFile(filepath.Join(string(dir), path))
		must(err)
		for len(e) > 0 {
			l := binary.BigEndian.Uint16(e)
			entry := e[2 : 2+l]
			e = e[2+l:]
			got, err := r.ReadHashes([]int64{tlog.StoredHashIndex(0, count)})
			must(err)
			if got[0] != tlog.RecordHash(entry) {
				must(fmt.Errorf("entry %d", count))
			}
			if count%97 == 0 {
				p, err := tlog.ProveRecord(size, count, r)
				must(err)
				must(tlog.CheckRecord(p, size, h, count, got[0]))
			}
			count++
		}
	}
	if count != size {
		must(fmt.Errorf("%d entries of %d", count, size))
	}
	fmt.Println("ok", n.Sigs[0].Name, size, "entries", count, "other signatures", len(n.UnverifiedSigs))
}
