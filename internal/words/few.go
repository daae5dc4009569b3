package words

import (
	"fmt"
	"strings"
)

// Few joins the first three distinct texts and counts the rest.
func Few(texts []string, separator string) string {
	var different []string
	seen := map[string]bool{}
	for _, t := range texts {
		if !seen[t] {
			seen[t] = true
			different = append(different, t)
		}
	}
	const most = 3
	if len(different) <= most {
		return strings.Join(different, separator)
	}
	return fmt.Sprintf("%s%sand %d more", strings.Join(different[:most], separator), separator, len(different)-most)
}
