package esign

import "embed"

// Disclosure is the current version of the disclosure: the consent text, which signers agree to before they
// sign.
const Disclosure = "2026-1"

// disclosures are all versions there ever were, because evidence contains the one that was shown.
//
//go:embed disclosure
var disclosures embed.FS

// DisclosureText returns the text of a version; ok is false for an unknown one.
func DisclosureText(version string) (text string, ok bool) {
	b, err := disclosures.ReadFile("disclosure/" + version + ".txt")
	return string(b), err == nil
}
