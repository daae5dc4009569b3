package aws

import "fmt"

// mostPages bounds the pages of one listing, above what AWS's quotas allow: IAM's 5,000
// users and 5,000 roles fill a hundred pages of 100.
const mostPages = 300

// EndlessError says that a listing has no end: a page leads to itself or to one that was
// already read, or pages come without end. What the listing says is not known.
type EndlessError struct{ Why string }

func (e *EndlessError) Error() string { return "the list does not end: " + e.Why }

// Pages reads a listing page by page. Ask gets the token of a page, empty for the first one,
// and returns the token of the next, empty after the last. A listing that makes no progress
// is an *EndlessError.
func Pages(ask func(token string) (next string, err error)) error {
	return PagesUpTo(mostPages, ask)
}

// PagesUpTo is Pages with a bound of its own.
func PagesUpTo(most int, ask func(token string) (next string, err error)) error {
	token := ""
	seen := map[string]bool{}
	for range most {
		next, err := ask(token)
		if err != nil || next == "" {
			return err
		}
		if seen[next] {
			return &EndlessError{"a page leads back to one that was already read"}
		}
		seen[next], token = true, next
	}
	return &EndlessError{fmt.Sprintf("after %d pages there are still more", most)}
}

// Next is the token of the page after one that says whether there is one.
func Next(truncated bool, token *string) (string, error) {
	switch {
	case !truncated:
		return "", nil
	case token == nil || *token == "":
		return "", &EndlessError{"a page says that there is another, but not which"}
	}
	return *token, nil
}

// Token is a page's token as the SDK takes it: nil for the first page.
func Token(token string) *string {
	if token == "" {
		return nil
	}
	return &token
}
