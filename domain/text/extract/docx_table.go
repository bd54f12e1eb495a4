package extract

import (
	"encoding/xml"
)

// row is the state of a table row being read.
type row struct{ cells int }

func (s *story) readTableRow() {
	outer := s.row
	s.row = &row{}
	deleted := s.deletedDepth
	s.forEachChild(func(e xml.StartElement) {
		if e.Name.Local != "trPr" {
			s.readBlock(e)
			return
		}
		s.forEachChild(func(e xml.StartElement) {
			switch e.Name.Local {
			case "del":
				s.doc.changes.Deletions++
				s.deletedDepth++
			case "ins":
				s.doc.changes.Insertions++
			case "hidden":
				if (&val{attr(&e, "val")}).on() {
					s.deletedDepth++
				}
			}
			s.skip()
		})
	})
	if s.deletedDepth == deleted && s.visible() {
		s.out.pendingNewlines = 0
		s.out.endLine()
	}
	s.deletedDepth = deleted
	s.row = outer
}

func (s *story) readCell() {
	deleted := s.deletedDepth
	started := false
	start := func() {
		if started = true; s.row == nil || s.deletedDepth > 0 {
			return
		}
		if s.row.cells++; s.row.cells > 1 {
			s.out.pendingNewlines = 0
			s.out.write("\t")
		}
	}
	s.forEachChild(func(e xml.StartElement) {
		if e.Name.Local == "tcPr" {
			s.forEachChild(func(e xml.StartElement) {
				switch e.Name.Local {
				case "cellDel":
					s.doc.changes.Deletions++
					s.deletedDepth++
				case "cellIns":
					s.doc.changes.Insertions++
				}
				s.skip()
			})
			return
		}
		if !started {
			start()
		}
		s.readBlock(e)
	})
	if !started {
		start()
	}
	s.deletedDepth = deleted
}
