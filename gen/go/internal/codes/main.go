// Command codes reads the contract and writes the constants of its problem codes.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
)

func main() {
	contract, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	list := regexp.MustCompile(`Stable and for programs: ([a-z_, ]+)\.`).FindSubmatch(contract)
	if list == nil {
		log.Fatal("the description of Problem.code lists no codes")
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, "// Code generated from openapi.yaml by internal/codes. DO NOT EDIT.\n\npackage counsel\n\n// The codes of problems in this version of the contract.\nconst (")
	for _, code := range strings.Split(string(list[1]), ", ") {
		fmt.Fprintf(&out, "Code%s ProblemCode = %q\n", identifier(code), code)
	}
	fmt.Fprintln(&out, ")")
	source, err := format.Source(out.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(source); err != nil {
		log.Fatal(err)
	}
}

func identifier(code string) string {
	var name string
	for _, word := range strings.Split(code, "_") {
		switch word {
		case "ai", "id", "url", "pdf":
			name += strings.ToUpper(word)
		default:
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}
