package pdf

import "slices"

// pages are the page dictionaries in order, with what they inherit filled in (7.7.3). A
// page that cannot be found is nil. past is the number of pages beyond the limit.
func (f *file) pages() (out []dict, past int) {
	root := f.dict(f.trailer["Root"])
	if root == nil {
		root = f.find("Catalog")
	}
	tree := f.dict(root["Pages"])
	w := walk{file: f, seen: map[int]bool{}}
	if tree != nil {
		w.node(root["Pages"], dict{}, 0)
	}
	out, past = w.out, w.past
	whole := f.int(tree["Count"])
	if !slices.ContainsFunc(out, func(d dict) bool { return d != nil }) {
		missing := len(out)
		var counted int
		out, counted = f.strayPages()
		past = 0
		if tree == nil {
			missing = max(missing, len(out)+1) // how many there were is not known
		}
		whole = max(whole, counted, missing)
	}
	if len(out) == 0 {
		return nil, 0
	}
	for len(out) < min(whole, maxPages) {
		out = append(out, nil)
	}
	return out, past
}

// walk goes through the page tree.
type walk struct {
	file *file
	seen map[int]bool
	out  []dict
	past int
}

func (w *walk) node(v any, inherited dict, depth int) {
	f := w.file
	if r, ok := v.(ref); ok {
		if w.seen[r.number] {
			return
		}
		w.seen[r.number] = true
	}
	node := f.dict(v)
	switch {
	case depth > maxNesting:
		return
	case len(w.out) >= maxPages:
		w.past++
		return
	case node == nil:
		w.out = append(w.out, nil)
		return
	}
	here := dict{}
	for _, key := range []name{"Resources", "Rotate", "MediaBox", "CropBox"} {
		if have, ok := node[key]; ok {
			here[key] = have
		} else if have, ok := inherited[key]; ok {
			here[key] = have
		}
	}
	kids := f.array(node["Kids"])
	if len(kids) == 0 && f.name(node["Type"]) != "Pages" {
		for key, v := range node {
			here[key] = v
		}
		w.out = append(w.out, here)
		return
	}
	for _, kid := range kids {
		w.node(kid, here, depth+1)
	}
}

// strayPages are the pages of a file whose page tree is broken, and how many the rest of
// the tree counts.
func (f *file) strayPages() (out []dict, counted int) {
	for _, number := range f.numbers() {
		d := f.dict(ref{number: number})
		switch {
		case d == nil:
		case f.name(d["Type"]) == "Pages":
			counted = max(counted, f.int(d["Count"]))
		case f.name(d["Type"]) == "Page" && len(out) < maxPages:
			out = append(out, d)
		}
	}
	return out, counted
}
