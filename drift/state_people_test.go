package drift

import (
	"time"

	"claria/provision/state"
)

// goodPeople fills in what only an account itself can say about People: it was set up eight
// months ago, every key is in use, and nobody has other credentials.
func goodPeople(s *state.State) {
	s.People = state.People{
		RootUse:    state.Known(state.RootUse{At: now.Add(-time.Hour), Keys: []time.Time{now.AddDate(0, -8, 0)}}),
		RootDevice: state.Absent[string](),
		Passwords:  state.Known(map[string]time.Time{}),
		SAML:       state.Known([]string{}), OpenID: state.Known([]string{}),
	}
	edit(&s.Users, func(users []state.User) []state.User {
		for i := range users {
			users[i].Created = now.AddDate(0, -8, 0)
			users[i].SignIn = noOtherWay()
			edit(&users[i].Keys, func(keys []state.AccessKey) []state.AccessKey {
				for j := range keys {
					keys[j].Use = state.Known(now.Add(-time.Hour))
				}
				return keys
			})
		}
		return users
	})
}

// noOtherWay is a user without a password, and without anything but access keys.
func noOtherWay() state.SignIn {
	none := state.Known([]state.Credential{})
	return state.SignIn{Console: state.Absent[state.Login](), Services: none, SSHKeys: none, Certificates: none}
}
