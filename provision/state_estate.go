package provision

// Estate is what else is stored: every other bucket, access points, encryption keys, and the trail's further settings.
type Estate struct{}
