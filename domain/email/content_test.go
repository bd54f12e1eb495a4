package email

import (
	"strings"
	"testing"

	"counsel/sandbox/testkit"
)

func TestSanitize(t *testing.T) {
	for html, want := range map[string]string{
		`<p>Dear <b>Ada</b>,</p>`: `<p>Dear <b>Ada</b>,</p>`,
		`<p style="color: red; position: fixed; background: url(https://spy.example)">x</p>`:          `<p style="color: red">x</p>`,
		`<a href="https://counsel.example/a?b=1&c=2" target="_blank">x</a>`:                           `<a href="https://counsel.example/a?b=1&amp;c=2" rel="noreferrer">x</a>`,
		`<a href="javascript:alert(1)">x</a>`:                                                         `x`,
		`<a href="data:text/html,x">x</a>`:                                                            `x`,
		`<img src="https://spy.example/pixel.gif"><img src="cid:logo.png" alt="Logo" width=20>`:       `<img src="cid:logo.png" alt="Logo" width="20"/>`,
		`<img src=x onerror=alert(1)>`:                                                                ``,
		`<svg onload=alert(1)></svg><iframe src="https://spy.example"></iframe>`:                      ``,
		`<form action="https://spy.example"><input name=password></form>`:                             `<div></div>`,
		`<link rel=stylesheet href="https://spy.example"><style>p{}</style><base href=x>`:             ``,
		`<meta http-equiv=refresh content="0;url=https://spy.example">Hi`:                             `Hi`,
		`<table><tr><td width="50%">x</td></tr></table>`:                                              `<table><tbody><tr><td width="50%">x</td></tr></tbody></table>`,
		`<table bgcolor="#003366"><tr><td style="background: navy; color: white">x</td></tr></table>`: `<table bgcolor="#003366"><tbody><tr><td style="background: navy; color: white">x</td></tr></tbody></table>`,
		`<ol start="3" type="a" reversed><li value="7">x</li></ol><ol start="x"><li>y</ol>`:           `<ol start="3" type="a" reversed=""><li value="7">x</li></ol><ol><li>y</li></ol>`,
		`<p>1 < 2 & 3`: `<p>1 &lt; 2 &amp; 3</p>`,
		` <!-- x --> `: ``,
	} {
		if got, err := sanitize(html); err != nil || got != want {
			t.Errorf("%s\n becomes %s %v\n want %s", html, got, err, want)
		}
	}
}

// TestHidden: hidden content is removed from HTML and text; visible content stays.
func TestHidden(t *testing.T) {
	for _, hides := range []string{
		`<div style="display:none">HIDDEN</div>`, `<div style="DISPLAY : NONE !important">HIDDEN</div>`, `<p hidden>HIDDEN</p>`, `<p style="visibility:hidden">HIDDEN <img src="cid:x.png" alt="HIDDEN"></p>`,
		`<span style="font-size:0">HIDDEN</span>`, `<span style="font-size: 1px">HIDDEN</span>`, `<span style="font:0/0 a">HIDDEN</span>`, `<div style="font-size:0px"><b style="font-size:2em">HIDDEN</b></div>`,
		`<div style="max-height:0;overflow:hidden">HIDDEN</div>`, `<div style="width:0px;overflow:hidden">HIDDEN</div>`, `<div style="opacity:0">HIDDEN</div>`, `<p style="opacity: .0">HIDDEN</p>`,
		`<div style="text-indent:-9999px">HIDDEN</div>`, `<div style="position:absolute;left:-5000px">HIDDEN</div>`, `<div style="position:absolute;clip:rect(0 0 0 0)">HIDDEN</div>`,
		`<span style="color:#fff">HIDDEN</span>`, `<span style="color:transparent">HIDDEN</span>`, `<font color="white">HIDDEN</font>`, `<div style="background:#000"><b style="color:rgb(0,0,0)">HIDDEN</b></div>`,
		`<td bgcolor="#336699"><span style="color:#336698">HIDDEN</span></td>`, `<p style="color:rgba(0,0,0,0)">HIDDEN</p>`,
		`<!-- HIDDEN -->`, `<!--[if mso]><p>HIDDEN</p><![endif]-->`, `<template>HIDDEN</template>`, `<head><title>HIDDEN</title></head>`, `<title>HIDDEN</title>`, `<script>HIDDEN</script>`, `<dialog>HIDDEN</dialog>`,
		`<style>.pre{display:none}</style><div class="a pre">HIDDEN</div>`, `<style>div.pre, #x { display : none !important }</style><div class=pre style="display:block">HIDDEN</div><p id=x>HIDDEN</p>`,
		`<head><style type="text/css">@media screen { .wide p{visibility:hidden} } .m{display:block}</style></head><body><div class=wide><div><p>HIDDEN</p></div></div>`,
		`<style>.m{display:block}.m{display:none}</style><p class=m>HIDDEN</p>`, `<style>#x{display:none}.m{display:block}</style><p id=x class=m>HIDDEN</p>`, `<style>[data-hide]{font-size:0}</style><p data-hide>HIDDEN</p>`,
	} {
		page := `<p>Seen <b>before</b></p>` + hides + `<p>and after</p>`
		if strings.HasPrefix(hides, "<td") {
			page = `<p>Seen <b>before</b></p><table><tr>` + hides + `</tr></table><p>and after</p>`
		} else if strings.HasPrefix(hides, "<head") {
			page = hides + `<p>Seen <b>before</b></p><p>and after</p>`
		}
		clean, err := sanitize(page)
		text := htmlToText(clean)
		if err != nil || strings.Contains(clean+text, "HIDDEN") || !strings.Contains(clean, "<b>before</b>") || text != "Seen before\n\nand after" {
			t.Errorf("%s\n becomes %s\n as text %q %v", hides, clean, text, err)
		}
	}
	for _, shows := range []string{
		`<div style="font-size:0"><b style="font-size:14px">SHOWN</b></div>`, `<div style="visibility:hidden"><b style="visibility:visible">SHOWN</b></div>`, `<div style="height:0">SHOWN</div>`, `<div style="overflow:hidden">SHOWN</div>`,
		`<style>@media (max-width:600px){.wide{display:none}} @media print{p{display:none}}</style><p class=wide>SHOWN</p>`, `<style>.x{display:none}</style><p class="x" style="display:block!important">SHOWN</p>`,
		`<style>.x{display:none}.x{display:block}</style><p class="x">SHOWN</p>`, `<style>.a .b{display:none}</style><p class="b">SHOWN</p>`, `<style>a:hover, p::before{display:none}</style><p>SHOWN</p>`,
		`<div style="background-color:navy"><span style="color:white">SHOWN</span></div>`, `<table bgcolor="navy"><tr><td><font color="#fff">SHOWN</font></td></tr></table>`, `<div style="background:url(x.png)"><b style="color:#fff">SHOWN</b></div>`,
		`<style>.head{background:#036}</style><div class="head"><b style="color:#fff">SHOWN</b></div>`, `<noscript>SHOWN</noscript>`, `<!--[if !mso]><!--><p>SHOWN</p><!--<![endif]-->`, `<p style="opacity:0.9;text-indent:-20px">SHOWN</p>`,
		`<style>}}}p{display:none`, `<style>.x{display:none}`, `<dialog open>SHOWN</dialog>`,
	} {
		clean, err := sanitize(shows)
		if err != nil || strings.Contains(shows, "SHOWN") != strings.Contains(htmlToText(clean), "SHOWN") {
			t.Errorf("%s\n becomes %s %v", shows, clean, err)
		}
	}
	if _, err := sanitize(strings.Repeat("<div>", 5000) + "x"); err == nil {
		t.Error("a page of 5,000 nested elements is accepted")
	}
	if _, err := sanitize("<style>" + strings.Repeat("p b{color:red}", 20000) + "</style>" + strings.Repeat("<p>x", 40000)); err == nil {
		t.Error("20,000 rules are applied to 40,000 paragraphs")
	}
}

func TestHTMLToText(t *testing.T) {
	got := htmlToText(`<h1>Offer</h1><p>Dear Ada,<br>see <a href="https://counsel.example/x">this</a>.</p><ul><li>one</li><li>two &amp; three</li></ul>`)
	for _, want := range []string{"Offer", "Dear Ada,\nsee this <https://counsel.example/x>.", "- one", "- two & three"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for page, want := range map[string]string{
		`<table><tr><th>Item</th><th>Fee</th></tr><tr><td>Filing</td><td><b>100</b></td></tr><tr><td></td><td>20</td></tr></table>after`:              "Item | Fee\nFiling | 100\n20\n\nafter",
		`<div>a</div><div>b</div>c<p>d</p>e<section>f</section><form>g</form><fieldset>h</fieldset>`:                                                  "a\nb\nc\n\nd\n\ne\nf\ng\nh",
		`<table><tr><td><p>Left</p><p>more</p></td><td>Right</td></tr></table>`:                                                                       "Left\n\nmore\n\nRight",
		`<ol start="3"><li>c<li>d<li value="9">i<li>j</ol>`:                                                                                           "3. c\n4. d\n9. i\n10. j",
		`<ol type="a" start="26"><li>z<li>aa</ol><ol type="I"><li>x<li>y<li>z<li>f</ol>`:                                                              "z. z\naa. aa\n\nI. x\nII. y\nIII. z\nIV. f",
		`<ol reversed><li>c<li>b<li>a</ol><ol start="-1"><li>x<li>y</ol>`:                                                                             "3. c\n2. b\n1. a\n\n-1. x\n0. y",
		`<ul><li>a<ul><li>b<li>c</ul><li>d</ul>`:                                                                                                      "- a\n  - b\n  - c\n- d",
		"a  b\n c<b> d</b>e<br>f<br><br>g &nbsp; h":                                                                                                   "a b c de\nf\n\ng   h",
		"<blockquote>q<br>r</blockquote><pre>  x\n   y</pre>":                                                                                         "> q\n> r\n\n  x\n   y",
		`<a href="https://counsel.example">https://counsel.example</a> <a href="mailto:a@b.example">a@b.example</a> <img src="cid:x.png" alt="Logo">`: "https://counsel.example a@b.example Logo",
	} {
		clean, err := sanitize(page)
		testkit.Must(t, err)
		if got := htmlToText(clean); got != want {
			t.Errorf("%s\n becomes %q\n want %q", page, got, want)
		}
	}
	if n := len(htmlToText(strings.Repeat("<blockquote>", 400) + strings.Repeat("x<br>", 1000))); n > 100_000 {
		t.Errorf("nested quotations have %d bytes", n)
	}
	if got := plainText("a\r\nb\rc\x1b[31m\x00d\te"); got != "a\nb\nc[31md\te" {
		t.Errorf("%q", got)
	}
}
