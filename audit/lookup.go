package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
	"claria/provision/state"
)

const (
	lookupEvents = "cloudtrail:LookupEvents"
	// globalRegion records IAM, STS's global endpoint and the root user's sign-ins,
	// for every home region (CloudTrail user guide, "Global service events").
	globalRegion = "us-east-1"
	// pageSize is the most that LookupEvents answers at once.
	pageSize = 50
	// writePages limits the pages that are read: AWS serves two look-ups a second for
	// each account and region (LookupEvents, API reference).
	writePages = 3
)

// regions are the regions to ask: the home region, and the one that records global
// services.
func regions(account *aws.Account) []string {
	if home := account.Region(); home != globalRegion {
		return []string{home, globalRegion}
	}
	return []string{globalRegion}
}

// writes reads the calls that changed something. Every region was read back to from.
func writes(ctx context.Context, account *aws.Account, now time.Time) (found state.Reading[[]Event], complete bool, from time.Time) {
	from = now.Add(-window)
	return lookup(ctx, account, now, from, writePages, types.LookupAttributeKeyReadOnly, "false")
}

// root reads the root user's latest calls. Only the newest matter, so it reads one page.
func root(ctx context.Context, account *aws.Account, now time.Time) state.Reading[[]Event] {
	found, _, _ := lookup(ctx, account, now, now.Add(-history), 1, types.LookupAttributeKeyUsername, "root")
	return found
}

// lookup asks every region at once for the events of one attribute, newest first.
func lookup(ctx context.Context, account *aws.Account, now, from time.Time, pages int, key types.LookupAttributeKey, value string) (
	found state.Reading[[]Event], complete bool, since time.Time,
) {
	asked := regions(account)
	parts := make([]part, len(asked))
	var tasks sync.WaitGroup
	for i, region := range asked {
		tasks.Go(func() { parts[i] = lookupIn(ctx, account, region, now, from, pages, key, value) })
	}
	tasks.Wait()
	events, since, complete := []Event{}, from, true
	for _, p := range parts {
		if p.err != nil { // half an answer would look like a whole one
			return state.ReadingOf[[]Event](nil, p.err, lookupEvents), false, from
		}
		events = append(events, p.events...)
		if p.cut {
			complete = false
			if oldest := p.events[len(p.events)-1].At; oldest.After(since) {
				since = oldest
			}
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return b.At.Compare(a.At) })
	return state.Known(events), complete, since
}

// maxEmptyPages is how many pages without an event are read beyond those that were asked for.
const maxEmptyPages = 5

// part is one region's answer.
type part struct {
	events []Event
	cut    bool // there are more
	err    error
}

func lookupIn(
	ctx context.Context, account *aws.Account, region string, now, from time.Time, pages int, key types.LookupAttributeKey, value string,
) part {
	var p part
	in := &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: &value}},
		StartTime:        &from, EndTime: new(now.Add(time.Second)), MaxResults: new(int32(pageSize)),
	}
	first := "" // the last page's first event
	for page := 0; page < pages || len(p.events) == 0; page++ {
		if page >= pages+maxEmptyPages {
			p.err = aws.Wrap(&aws.EndlessError{Why: "its pages hold nothing"}, lookupEvents, region)
			return p
		}
		out, err := aws.CloudTrail(account).LookupEvents(ctx, in, inRegion(region))
		if err != nil {
			err = aws.Wrap(err, lookupEvents, region)
			// The SDK has already waited and retried: return what was read, and that
			// there is more.
			if len(p.events) > 0 && aws.KindOf(err) == aws.Throttled {
				p.cut = true
				return p
			}
			p.err = err
			return p
		}
		if out.Events == nil { // AWS writes an empty list out
			p.err = &aws.Error{
				Kind: aws.Unavailable, Operation: lookupEvents, Resource: region, Err: errors.New("the answer has no list of events"),
			}
			return p
		}
		if len(out.Events) > 0 {
			id := sdk.ToString(out.Events[0].EventId)
			if page > 0 && id == first {
				p.err = aws.Wrap(&aws.EndlessError{Why: "a page leads back to one that was already read"}, lookupEvents, region)
				return p
			}
			first = id
		}
		for _, e := range out.Events {
			p.events = append(p.events, eventOf(e))
		}
		if in.NextToken = out.NextToken; sdk.ToString(out.NextToken) == "" {
			return p
		}
	}
	p.cut = true
	return p
}

// inRegion sends a call to another region than the account's.
func inRegion(region string) func(*cloudtrail.Options) {
	return func(o *cloudtrail.Options) { o.Region = region }
}
