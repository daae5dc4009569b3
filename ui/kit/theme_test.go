package kit

import (
	"fmt"
	"math"
	"testing"
)

// Every colour is readable on the backgrounds of its theme: WCAG's contrast
// of 4.5:1. Backgrounds: black, Solarized's and One's for dark; white and
// Solarized's for light.
func TestContrast(t *testing.T) {
	backgrounds := map[string][]string{
		"dark": {"#000000", "#002b36", "#282c34"}, "deuteranopia": {"#000000", "#002b36", "#282c34"},
		"light": {"#ffffff", "#fdf6e3"}, "deuteranopia-light": {"#ffffff", "#fdf6e3"},
	}
	for name, palette := range palettes {
		for _, background := range backgrounds[name] {
			for k, shade := range palette {
				if shade.hex == "" {
					continue
				}
				if c := contrast(shade.hex, background); c < 4.5 {
					t.Errorf("%s: token %d (%s) on %s has a contrast of %.1f", name, k, shade.hex, background, c)
				}
			}
		}
	}
}

// contrast is WCAG 2's contrast ratio of two colours.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is WCAG 2's relative luminance of "#rrggbb".
func luminance(hex string) float64 {
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic(err)
	}
	channel := func(c int) float64 {
		v := float64(c) / 255
		if v <= 0.03928 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(r) + 0.7152*channel(g) + 0.0722*channel(b)
}
