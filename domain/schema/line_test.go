package schema_test

import (
	"testing"

	"counsel/domain/schema"
)

func TestIsLine(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "Ada Lovelace": true, "Müller & Söhne": true, "عباس نوری": true, "דוד כהן": true,
		"\u06a9\u062a\u0627\u0628\u200c\u0647\u0627": true, // Persian, with a zero-width non-joiner inside
		"\u0915\u094d\u200d\u0937":                   true, "👩\u200d⚖️": true,
		"a\nb": false, "a\x00b": false, "a\u0085b": false, "a\u2028b": false, "a\xffb": false,
		"in\u202efdp.exe": false, "a\u2066b": false, "a\u200eb": false, "a\u200bb": false, "a\ufeffb": false, "a\u00adb": false,
		"\u200da": false, "a \u200db": false, "a\u200d": false, "a\u200c b": false, "tag\U000e0041": false,
		"\u3164": false, "a\u115fb": false, "a\u034fb": false, "\u2800": false, "a\ufffeb": false, "한글": true, "☎\ufe0f": true,
	} {
		if schema.IsLine(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
