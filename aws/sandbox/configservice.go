package sandbox

import "net/http"

// configState is AWS Config's recorder and conformance packs, by region.
type configState struct {
	Recorders map[string]*configRecorder `json:"recorders,omitempty"`
	Packs     map[string][]string        `json:"packs,omitempty"`
}

type configRecorder struct {
	Name      string `json:"name"`
	Role      string `json:"role"`
	Recording bool   `json:"recording,omitempty"`
}

func (a *Account) config() *configState { return stateOf[configState](a, "config") }

func configService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	return &service{
		name: "config", protocol: json11,
		route: byTarget(byName(
			op("PutConfigurationRecorder", true, (*call).putRecorder),
			op("StartConfigurationRecorder", true, (*call).startRecorder),
			op("DescribeConfigurationRecorderStatus", false, (*call).describeRecorderStatus),
			op("PutConformancePack", true, (*call).putConformancePack),
			op("DescribeConformancePacks", false, (*call).describeConformancePacks),
		)),
		state: func() any { return &configState{} },
	}
}

func (c *call) putRecorder() error {
	var in struct {
		ConfigurationRecorder struct {
			Name string `json:"name"`
			Role string `json:"roleARN"`
		}
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("config:PutConfigurationRecorder", "*", nil); err != nil {
		return err
	}
	err := c.account.update("config", func() error {
		state := c.account.config()
		if state.Recorders == nil {
			state.Recorders = map[string]*configRecorder{}
		}
		state.Recorders[c.region] = &configRecorder{Name: in.ConfigurationRecorder.Name, Role: in.ConfigurationRecorder.Role}
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) startRecorder() error {
	var in struct{ ConfigurationRecorderName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("config:StartConfigurationRecorder", "*", nil); err != nil {
		return err
	}
	err := c.account.update("config", func() error {
		recorder := c.account.config().Recorders[c.region]
		if recorder == nil || recorder.Name != in.ConfigurationRecorderName {
			return fail(http.StatusBadRequest, "NoSuchConfigurationRecorderException", "Cannot find configuration recorder with the specified name.")
		}
		recorder.Recording = true
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) describeRecorderStatus() error {
	if err := c.authorize("config:DescribeConfigurationRecorderStatus", "*", nil); err != nil {
		return err
	}
	type status struct {
		Name      string `json:"name"`
		Recording bool   `json:"recording"`
	}
	all := []status{}
	c.account.view(func() {
		if r := c.account.config().Recorders[c.region]; r != nil {
			all = append(all, status{r.Name, r.Recording})
		}
	})
	return c.json(http.StatusOK, map[string]any{"ConfigurationRecordersStatus": all})
}

func (c *call) putConformancePack() error {
	var in struct{ ConformancePackName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("config:PutConformancePack", "*", nil); err != nil {
		return err
	}
	err := c.account.update("config", func() error {
		state := c.account.config()
		if state.Recorders[c.region] == nil {
			return fail(http.StatusBadRequest, "NoAvailableConfigurationRecorderException", "There are no configuration recorders available.")
		}
		if state.Packs == nil {
			state.Packs = map[string][]string{}
		}
		state.Packs[c.region] = append(state.Packs[c.region], in.ConformancePackName)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]string{"ConformancePackArn": c.packARN(in.ConformancePackName)})
}

func (c *call) packARN(name string) string {
	return "arn:aws:config:" + c.region + ":" + c.account.id + ":conformance-pack/" + name + "/conformance-pack-practice"
}

func (c *call) describeConformancePacks() error {
	if err := c.authorize("config:DescribeConformancePacks", "*", nil); err != nil {
		return err
	}
	all := []map[string]string{}
	c.account.view(func() {
		for _, name := range c.account.config().Packs[c.region] {
			all = append(all, map[string]string{
				"ConformancePackName": name, "ConformancePackArn": c.packARN(name), "ConformancePackId": "conformance-pack-practice",
			})
		}
	})
	return c.json(http.StatusOK, map[string]any{"ConformancePackDetails": all})
}
