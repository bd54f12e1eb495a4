package pdfobject

import (
	"errors"
	"fmt"
	"maps"
)

// Page is a page of the page tree.
type Page struct {
	Reference Reference
	Dict      Dict // with the attributes that it inherits
}

// maxPageDepth is how deep the page tree may be.
const maxPageDepth = 100

// inheritable are a page's attributes that it may inherit (7.7.3.4).
var inheritable = []Name{"Resources", "MediaBox", "CropBox", "Rotate"}

// Pages returns the pages in order. It fails unless the tree's root states how many there are.
func (f *File) Pages() ([]Page, error) {
	catalog, err := f.DereferenceDict(f.Root)
	if err != nil {
		return nil, err
	}
	root, ok := catalog["Pages"].(Reference)
	if !ok {
		return nil, errors.New("pdfobject: the catalog names no page tree")
	}
	tree, err := f.DereferenceDict(root)
	if err != nil {
		return nil, err
	}
	var pages []Page
	if err := f.addPages(&pages, root, Dict{}, map[Reference]bool{}, 0); err != nil {
		return nil, err
	}
	if count, err := f.Dereference(tree["Count"]); err != nil || count != Integer(len(pages)) || len(pages) == 0 {
		return nil, errors.Join(fmt.Errorf("pdfobject: %d pages instead of %v", len(pages), count), err)
	}
	return pages, nil
}

func (f *File) addPages(pages *[]Page, at Reference, inherited Dict, seen map[Reference]bool, depth int) error {
	if depth > maxPageDepth || seen[at] {
		return errors.New("pdfobject: the page tree is no tree")
	}
	seen[at] = true
	node, err := f.DereferenceDict(at)
	if err != nil {
		return err
	}
	if node == nil {
		return errors.New("pdfobject: a page is missing")
	}
	inherited = maps.Clone(inherited)
	for _, key := range inheritable {
		if node[key] != nil {
			inherited[key] = node[key]
		}
	}
	if node["Kids"] == nil {
		page := maps.Clone(node)
		maps.Copy(page, inherited)
		*pages = append(*pages, Page{at, page})
		return nil
	}
	kids, err := f.DereferenceArray(node["Kids"])
	if err != nil {
		return err
	}
	for _, kid := range kids {
		ref, ok := kid.(Reference)
		if !ok {
			return errors.New("pdfobject: a page is no indirect object")
		}
		if err := f.addPages(pages, ref, inherited, seen, depth+1); err != nil {
			return err
		}
	}
	return nil
}
