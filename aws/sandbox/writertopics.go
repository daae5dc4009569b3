package sandbox

import (
	"strings"
	"unicode"
)

// sectionWords lists the usual subjects of report sections: a heading with one of the names
// adds the words. Words are compared by their stems.
var sectionWords = []struct{ names, words string }{
	{"referral reason question", "refer referred referral concern concerned request requested question drop grades evaluation seek clarify"},
	{"presenting problem complaint", "concern difficulty problem trouble complain began onset worse symptoms worry sleep mood"},
	{"subjective", "reports reported says said feels felt describes described worry sleep mood appetite anxious sad stress rated"},
	{"objective", "observed appeared affect oriented speech eye contact cooperative score scored arrived attention administered"},
	{"background history developmental family medical educational social", "history born birth pregnancy milestone family mother father parent sibling school grade teacher lives lived moved medical medication hospital diagnosed previous prior works worked married divorced"},
	{"observation observations behavior behavioral behaviour behavioural mental status", "arrived appeared observed attention eye contact speech affect cooperative separated fidgeted restless breaks tasks smiled tearful oriented dressed rapport effort"},
	{"test tests testing score scores result results measure measures assessment procedures instruments data", "score scores scored index percentile standard scale test subtest composite range average below above administered rating questionnaire"},
	{"assessment impression", "consistent suggests pattern progress improved improvement stable risk denies denied response symptoms"},
	{"formulation summary interpretation conclusions", "strength strengths difficulty pattern consistent suggests together impact relative weakness overall"},
	{"plan recommendation recommendations treatment next goals goal", "plan recommend recommended recommendations next session follow weekly continue refer accommodations homework schedule goal"},
	{"intervention interventions response", "practiced reviewed explored taught session technique breathing exposure responded response"},
	{"risk safety", "suicidal suicide harm risk safe safety denies denied ideation intent"},
	{"medication medications substance", "medication dose mg daily alcohol substance smokes drinks prescribed"},
	{"strengths", "strength enjoys good likes friends curious kind strong"},
	{"discharge progress", "progress improved discharge completed goals met attended sessions"},
}

// stopWords say nothing about the subject. They include the words of instructions ("write",
// "section", "files").
var stopWords = wordSet("a an and are as at be been but by can did do does each for from had " +
	"has have he her him his how i if in into is it its " +
	"may me more most my no nor not of on one only or other our out she should so than " +
	"that the their them then there these they this those to " +
	"up use used using was we were what when where which while who whom why will with would you your " +
	"attached client clinician describe document draft every file files format give " +
	"heading include instruction instructions keep leave markdown " +
	"marker markers paragraph paragraphs patient person psychological record records " +
	"report section sections segment segments sentence sentences " +
	"state summarise summarize text two three write written")

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// The weights of the words of an ask.
const (
	instructionWeight = 1
	usualWeight       = 3
	headingWeight     = 4
	tableWeight       = 5
)

// topics are the stems of a section's subjects, each with its weight.
type topics struct {
	weights map[string]int
	tables  bool // the section is about scores: rows of tables fit it
	summary bool
}

// topicsOf weighs the words of an ask: those of the heading most, then the usual subjects of
// such a section, then those of the instruction.
func topicsOf(a ask) topics {
	t := topics{weights: map[string]int{}}
	raise := func(word string, weight int) {
		if stem := stem(word); stem != "" {
			t.weights[stem] = max(t.weights[stem], weight)
		}
	}
	heading := map[string]bool{}
	for _, w := range words(a.heading) {
		heading[stem(w)] = true
	}
	t.tables = heading[stem("test")] || heading[stem("score")] || heading[stem("result")]
	t.summary = heading[stem("summary")]
	known := false
	for _, section := range sectionWords {
		for name := range strings.FieldsSeq(section.names) {
			if !heading[stem(name)] {
				continue
			}
			for w := range strings.FieldsSeq(section.words) {
				raise(w, usualWeight)
			}
			known = true
			break
		}
	}
	// The words of an instruction say less than the usual subjects of such a section. For a
	// section with an unusual name they are all there is.
	weight := instructionWeight
	if !known {
		weight = usualWeight
	}
	for _, w := range words(a.instruction) {
		raise(w, weight)
	}
	for _, w := range words(a.heading) {
		raise(w, headingWeight)
	}
	return t
}

// score says how well a sentence fits. A heading in the file that matches the section's
// heading counts as a word of the sentence.
func (t topics) score(sentence, heading string) int {
	sum := 0
	if t.tables && isRow(sentence) && strings.ContainsAny(sentence, "0123456789") {
		sum = tableWeight
	}
	seen := map[string]bool{}
	for _, text := range []string{sentence, heading} {
		for _, w := range words(text) {
			s := stem(w)
			if !seen[s] {
				seen[s] = true
				sum += t.weights[s]
			}
		}
	}
	return sum
}

// words returns a text's words in lower case, without stop words.
func words(text string) []string {
	var found []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) > 1 && !stopWords[w] {
			found = append(found, w)
		}
	}
	return found
}

// stem cuts the commonest English endings.
func stem(word string) string {
	for _, end := range []string{"ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s"} {
		if rest, ok := strings.CutSuffix(word, end); ok && len(rest) >= 4 {
			return strings.TrimRight(rest, "e")
		}
	}
	return strings.TrimRight(word, "e")
}

// estimateTokens is how many tokens a text counts as: one for every four characters, the
// rule of thumb for English. It is an estimate, not a tokenizer's.
func estimateTokens(text string) int {
	n := 0
	for range text {
		n++
	}
	return (n + 3) / 4
}
