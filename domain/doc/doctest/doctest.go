// Package doctest holds texts for tests of what parses documents.
package doctest

// HostileTexts would have a special meaning if they were parsed as Markdown, HTML, YAML or a
// template.
var HostileTexts = []string{
	"# heading", "## 1. heading {#x}", "- item", "* item", "+ item", "1. item", "> quote", "    code", "\tcode", "```\ncode\n```", "~~~", "---", "***", "===", "a\n===", "a\n---",
	"*em*", "**strong**", "__strong__", "_em_", "`code`", "~~gone~~", "[a](https://evil.example)", "![a](https://evil.example/x.png)", "[a][b]", "[b]: https://evil.example",
	"<https://evil.example>", "https://evil.example", "www.evil.example", "mail@evil.example", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- x -->", "<b>", "&lt;", "&#60;", "&amp;amp;",
	"| a | b |\n|---|---|\n| c | d |", "|", "a|b", `\`, `\*`, `a\`, "\\newpage", "[](#x)", "[clause](#x)", "{-}", "{#anchor}", "{{name}}", "{{#x}}", "{{>x}}", "{{{x}}}", "{% x %}", "{page}", "${x}",
	"\n\n# heading", "a\n\n\n    code", "a  \nb", "  a", "a: b", "- a: b", "'", `"`, "\"'`", "!!binary x", "&a *a", "%YAML", "[x, y]", "{x: y}", "null", "true", "\u2028x", "a\u00a0b", "\ue0000\ue001", "\ue000", "javascript:alert(1)",
}

// EveryConstruct is a template body that prints {{name}} in every position a value may have.
const EveryConstruct = `# {{name}}

## {{name}} {{name}} tail

{{name}}

{{name}} and {{name}}, *{{name}}*, **{{name}}**, [{{name}}](https://example.com), ` + "`{{name}}`" + ` <i>{{name}}</i>

1. {{name}}
2. x {{name}}
   - {{name}}

> {{name}}

| {{name}} | b |
|---|--:|
| {{name}} | x{{name}}x |

    {{name}}

` + "```signatures\n- role: For {{name}}\n  name: {{name}}\n```\n"
