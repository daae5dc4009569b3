package pdf

import (
	"cmp"
	"slices"
)

// strike marks the words that a rule runs through, and returns the other rules. A rule
// strikes words when it is as long as they are: one of a table is longer.
func strike(words []word, level []across) []across {
	if len(level) == 0 || len(words) == 0 {
		return level
	}
	order := make([]int, len(words))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(words[a].y, words[b].y) })
	largest := 0.0
	for _, w := range words {
		largest = max(largest, w.size)
	}
	return slices.DeleteFunc(slices.Clone(level), func(r across) bool {
		from, _ := slices.BinarySearchFunc(order, r.at-0.5*largest, func(i int, y float64) int { return cmp.Compare(words[i].y, y) })
		var hit []int
		lo, hi := r.hi, r.lo
		for _, i := range order[from:] {
			w := words[i]
			if w.y > r.at {
				break
			}
			if rise := (r.at - w.y) / w.size; rise < 0.16 || rise > 0.45 || min(w.x1, r.hi)-max(w.x0, r.lo) < 0.7*(w.x1-w.x0) {
				continue
			}
			hit = append(hit, i)
			lo, hi = min(lo, w.x0), max(hi, w.x1)
		}
		if len(hit) == 0 || r.lo < lo-2.5 || r.hi > hi+2.5 {
			return false
		}
		for _, i := range hit {
			words[i].struck = true
		}
		return true
	})
}
