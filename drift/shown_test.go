package drift

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"claria/drift/catalogue"
)

// shown records which statuses the tests of this package expect of each control, by its id.
// Each check of a finding's status adds to it.
var shown struct {
	sync.Mutex
	of map[string][]catalogue.Status
}

func shows(id string, status catalogue.Status) {
	shown.Lock()
	defer shown.Unlock()
	if shown.of == nil {
		shown.of = map[string][]catalogue.Status{}
	}
	shown.of[id] = append(shown.of[id], status)
}

// TestMain checks, once all the tests have run, that each control was shown to
// pass, to fail, and to be unknown: a control of which one of these was never
// seen may give the same result for every account.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		for _, gap := range unshown() {
			fmt.Println("--- FAIL: no test shows", gap)
			code = 1
		}
	}
	os.Exit(code)
}

func unshown() (gaps []string) {
	controls := map[string]catalogue.Control{}
	for _, set := range []string{catalogue.Core, catalogue.Strict, catalogue.NPRM} {
		all, err := catalogue.Controls(set)
		if err != nil {
			return []string{err.Error()}
		}
		for _, c := range all {
			controls[c.ID] = c
		}
	}
	for id := range controls {
		for what, any := range map[string][]catalogue.Status{
			"passing": {catalogue.Pass, catalogue.Attested, catalogue.NotApplicable}, "failing or due": {catalogue.Fail, catalogue.AttestDue}, "unknown": {catalogue.Unknown},
		} {
			if !slices.ContainsFunc(any, func(s catalogue.Status) bool { return slices.Contains(shown.of[id], s) }) {
				gaps = append(gaps, id+" "+what)
			}
		}
	}
	slices.Sort(gaps)
	return gaps
}
