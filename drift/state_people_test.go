package drift

import (
	"time"

	"claria/provision"
)

// goodPeople is what only an account itself can say of People: it was set up eight
// months ago, every key is in use, and nobody has any other way in.
func goodPeople(s *provision.State) {
	s.People = provision.People{
		RootUse:    provision.Known(provision.RootUse{At: now.Add(-time.Hour), Keys: []time.Time{now.AddDate(0, -8, 0)}}),
		RootDevice: provision.Absent[string](),
		Passwords:  provision.Known(map[string]time.Time{}),
		SAML:       provision.Known([]string{}), OpenID: provision.Known([]string{}),
	}
	edit(&s.Users, func(users []provision.User) []provision.User {
		for i := range users {
			users[i].Created = now.AddDate(0, -8, 0)
			users[i].SignIn = noOtherWay()
			edit(&users[i].Keys, func(keys []provision.AccessKey) []provision.AccessKey {
				for j := range keys {
					keys[j].Use = provision.Known(now.Add(-time.Hour))
				}
				return keys
			})
		}
		return users
	})
}

// noOtherWay is a user without a password, and without anything but access keys.
func noOtherWay() provision.SignIn {
	none := provision.Known([]provision.Credential{})
	return provision.SignIn{Console: provision.Absent[provision.Login](), Services: none, SSHKeys: none, Certificates: none}
}
