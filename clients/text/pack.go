package text

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"slices"
	"strings"
)

// pack is a zip archive of parts: an Office or OpenDocument file. It remembers which
// parts it lacks.
type pack struct {
	parts   map[string]*zip.File
	damaged []string // parts that cannot be read, or that are named and not there
}

func openPack(data []byte) (*pack, error) {
	if bytes.Count(data, []byte("PK\x01\x02")) > maxEntries {
		return nil, errDamaged
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errDamaged
	}
	k := &pack{parts: map[string]*zip.File{}}
	for _, f := range archive.File {
		k.parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	return k, nil
}

func (k *pack) has(name string) bool { return k.parts[name] != nil }

// read unpacks a part to its end, where its checksum is. A part that cannot be read
// whole is damaged; what is there of it is not returned.
func (k *pack) read(name string) ([]byte, bool) {
	f := k.parts[name]
	if f == nil {
		k.lacks(name)
		return nil, false
	}
	if f.UncompressedSize64 > maxPart {
		k.lacks(name)
		return nil, false
	}
	body, err := f.Open()
	if err != nil {
		k.lacks(name)
		return nil, false
	}
	data, err := io.ReadAll(io.LimitReader(body, maxPart+1))
	if err != nil || len(data) > maxPart {
		k.lacks(name)
		return nil, false
	}
	return data, true
}

// decode unpacks a part into value.
func (k *pack) decode(name string, value any) bool {
	data, ok := k.read(name)
	if !ok {
		return false
	}
	if xml.Unmarshal(data, value) != nil {
		k.lacks(name)
		return false
	}
	return true
}

func (k *pack) lacks(name string) {
	if !slices.Contains(k.damaged, name) {
		k.damaged = append(k.damaged, name)
	}
}

// relation is an arrow from a part to another one.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
	Mode   string `xml:"TargetMode,attr"`
}

// is reports whether the arrow has this type; its name may be of either edition.
func (r relation) is(kind string) bool { return strings.HasSuffix(r.Type, "/"+kind) }

// relations are the arrows from a part, with targets as names of parts.
func (k *pack) relations(part string) []relation {
	folder, file := path.Split(part)
	name := folder + "_rels/" + file + ".rels"
	if !k.has(name) {
		return nil
	}
	var all struct {
		Relationship []relation
	}
	if !k.decode(name, &all) {
		return nil
	}
	for i, r := range all.Relationship {
		if strings.HasPrefix(r.Target, "/") {
			all.Relationship[i].Target = strings.TrimPrefix(r.Target, "/")
		} else {
			all.Relationship[i].Target = path.Join(folder, r.Target)
		}
	}
	return all.Relationship
}

// missing notes the parts that the archive's list of contents has and the archive does
// not. What decorates only, or is about the file, is no loss.
func (k *pack) missing() {
	var types struct {
		Override []struct {
			PartName string `xml:"PartName,attr"`
		}
	}
	if !k.has("[Content_Types].xml") || !k.decode("[Content_Types].xml", &types) {
		k.lacks("[Content_Types].xml")
		return
	}
	for _, o := range types.Override {
		name := strings.TrimPrefix(o.PartName, "/")
		if !k.has(name) && !strings.HasPrefix(name, "docProps/") && !strings.Contains(name, "/theme/") {
			k.lacks(name)
		}
	}
}

// tell says how many parts could not be read.
func (k *pack) tell(out *builder) {
	if n := len(k.damaged); n > 0 {
		out.leave(Unread{Unit: "part", Count: n, Reason: Damaged})
	}
}
