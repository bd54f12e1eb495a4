package pades

import "counsel/domain/esign/pades/pdfobject"

// checkLayers adds a finding for each layer (optional content group, ISO 32000-2, 8.11) that is hidden,
// on screen, in print or when exported.
func (i *inspection) checkLayers() {
	properties, err := i.DereferenceDict(i.root["OCProperties"])
	if err != nil || properties == nil {
		return
	}
	config, err := i.DereferenceDict(properties["D"])
	if err != nil || config == nil {
		config = pdfobject.Dict{}
	}
	objectNumbers := func(o pdfobject.Object) map[int]bool {
		set := map[int]bool{}
		list, _ := i.DereferenceArray(o)
		for _, e := range list {
			if ref, ok := e.(pdfobject.Reference); ok {
				set[ref.Number] = true
			}
		}
		return set
	}
	on, off := objectNumbers(config["ON"]), objectNumbers(config["OFF"])
	base := nameValue(i.resolve(config["BaseState"]))
	groups, _ := i.DereferenceArray(properties["OCGs"])
	for _, g := range groups {
		ref, ok := g.(pdfobject.Reference)
		if !ok {
			continue
		}
		group, err := i.DereferenceDict(ref)
		if err != nil || group == nil {
			continue
		}
		n := ref.Number
		hidden := off[n] || base == "OFF" && !on[n]
		usage, _ := i.DereferenceDict(group["Usage"])
		for event, state := range map[pdfobject.Name]pdfobject.Name{"View": "ViewState", "Print": "PrintState", "Export": "ExportState"} {
			if u, err := i.DereferenceDict(usage[event]); err == nil && u != nil && nameValue(i.resolve(u[state])) == "OFF" {
				hidden = true
			}
		}
		if zoom, err := i.DereferenceDict(usage["Zoom"]); err == nil && len(zoom) > 0 {
			hidden = true
		}
		if hidden {
			i.add(Layers, 0, i.stringValue(group["Name"]))
		}
	}
}
