package ui

import tea "charm.land/bubbletea/v2"

type setup struct{ env *env }

func newSetup(e *env) *setup { return &setup{env: e} }

func (p *setup) Init() tea.Cmd          { return nil }
func (p *setup) Update(tea.Msg) tea.Cmd { return nil }
func (p *setup) View(w, h int) string   { return "" }
func (p *setup) Actions() []action      { return nil }
func (p *setup) CapturesInput() bool    { return false }
