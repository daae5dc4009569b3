package drift

// The registers that are kept over the years: vendors, access reviews, trainings,
// incidents, requests, risk analyses and drills.

// Vendor is a business associate besides AWS.
type Vendor struct{}

// AccessReview is one look through everybody's credentials.
type AccessReview struct{}

// Training is one training of one person.
type Training struct{}

// Incident is one security incident, with its four-factor assessment and clocks.
type Incident struct{}

// Request is one request of a patient with a clock: access, amendment, accounting.
type Request struct{}

// RiskAnalysis is one questionnaire, answered and signed.
type RiskAnalysis struct{}

// Drill is one test of a plan: a restore, an emergency access, an incident.
type Drill struct{}
