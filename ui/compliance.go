package ui

import tea "charm.land/bubbletea/v2"

type compliance struct{ env *env }

func newCompliance(e *env) *compliance { return &compliance{env: e} }

func (p *compliance) Init() tea.Cmd          { return nil }
func (p *compliance) Update(tea.Msg) tea.Cmd { return nil }
func (p *compliance) View(w, h int) string   { return "" }
func (p *compliance) Actions() []action      { return nil }
func (p *compliance) CapturesInput() bool    { return false }
