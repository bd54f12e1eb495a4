package pdf

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/boombuler/barcode/qr"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/consts/orientation"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain"
)

// The methods of core.Provider, which maroto's pages call to draw themselves.

// CreateRow moves to the next row.
func (c *canvas) CreateRow(height float64) {
	c.y += height
	c.x = 0
}

// CreateCol draws the background and borders of a cell and moves to the next column.
func (c *canvas) CreateCol(width, height float64, _ *entity.Config, prop *props.Cell) {
	x, y := c.left+c.x, c.height-c.top-c.y
	c.x += width
	if prop == nil {
		return
	}
	if fill := prop.BackgroundColor; fill != nil {
		c.content.WriteString("q ")
		c.setColor(*fill, "rg")
		c.writeOperator("re f Q", x, y-height, width, height)
	}
	if prop.BorderType == border.None {
		return
	}
	c.content.WriteString("q ")
	if prop.BorderColor != nil {
		c.setColor(*prop.BorderColor, "RG")
	}
	c.writeOperator("w", prop.BorderThickness)
	edge := func(on bool, x1, y1, x2, y2 float64) {
		if on {
			c.writeNumbers(x1, y1)
			c.content.WriteString("m ")
			c.writeOperator("l S", x2, y2)
		}
	}
	edge(prop.BorderType.HasTop(), x, y, x+width, y)
	edge(prop.BorderType.HasBottom(), x, y-height, x+width, y-height)
	edge(prop.BorderType.HasLeft(), x, y, x, y-height)
	edge(prop.BorderType.HasRight(), x+width, y, x+width, y-height)
	c.content.WriteString("Q\n")
}

// AddLine draws a horizontal or vertical line in a cell.
func (c *canvas) AddLine(cell *entity.Cell, prop *props.Line) {
	x, y := c.left+cell.X, c.height-c.top-cell.Y
	size, offset := prop.SizePercent/100, prop.OffsetPercent/100
	c.content.WriteString("q ")
	if prop.Color != nil {
		c.setColor(*prop.Color, "RG")
	}
	c.writeOperator("w", prop.Thickness)
	if prop.Orientation == orientation.Vertical {
		x, y = x+cell.Width*offset, y-cell.Height*(1-size)/2
		c.writeNumbers(x, y)
		c.content.WriteString("m ")
		c.writeOperator("l S Q", x, y-cell.Height*size)
		return
	}
	x, y = x+cell.Width*(1-size)/2, y-cell.Height*offset
	c.writeNumbers(x, y)
	c.content.WriteString("m ")
	c.writeOperator("l S Q", x+cell.Width*size, y)
}

// AddText draws text in a cell, wrapped at the cell's width.
func (c *canvas) AddText(text string, cell *entity.Cell, prop *props.Text) {
	t := c.shaper.shapeString(text, "", fontStyle(prop.Style))
	width := cell.Width - prop.Left - prop.Right
	limit := toFontUnits(width, prop.Size)
	color := black
	if prop.Color != nil {
		color = *prop.Color
	}
	if prop.Hyperlink != nil {
		t.attrs[0].uri = *prop.Hyperlink
	}
	y := cell.Y + prop.Top + baseline(prop.Size)
	for _, l := range t.breakLines(c.shaper.fonts, limit, limit) {
		x := cell.X + prop.Left
		switch prop.Align {
		case align.Center:
			x += (width - toPoints(l.width, prop.Size)) / 2
		case align.Right:
			x += width - toPoints(l.width, prop.Size)
		}
		for _, r := range t.runs(l, c.shaper, x, prop.Size, 0) {
			c.showRun(r, r.x, y, prop.Size, color)
		}
		y += leading(prop.Size) + prop.VerticalPadding
	}
}

// GetFontHeight returns the height of a line.
func (c *canvas) GetFontHeight(prop *props.Font) float64 { return leading(prop.Size) }

// GetLinesQuantity returns the number of lines that AddText draws.
func (c *canvas) GetLinesQuantity(text string, prop *props.Text, width float64) int {
	limit := toFontUnits(width-prop.Left-prop.Right, prop.Size)
	return len(c.shaper.shapeString(text, "", fontStyle(prop.Style)).breakLines(c.shaper.fonts, limit, limit))
}

// AddQrCode draws a QR code as vector rectangles.
func (c *canvas) AddQrCode(content string, cell *entity.Cell, prop *props.Rect) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("pdf: QR code: %w", err))
		return
	}
	n := code.Bounds().Dx()
	side := min(cell.Width, cell.Height) * prop.Percent / 100
	x, y := c.left+cell.X+prop.Left, c.height-c.top-cell.Y-prop.Top
	if prop.Center {
		x, y = c.left+cell.X+(cell.Width-side)/2, c.height-c.top-cell.Y-(cell.Height-side)/2
	}
	c.content.WriteString("q ")
	c.setColor(white, "rg") // quiet zone, covers a watermark
	c.writeOperator("re f Q q", x-6, y-side-6, side+12, side+12)
	c.content.WriteString(strconv.FormatFloat(side/float64(n), 'f', 5, 64) + " 0 0 " + strconv.FormatFloat(-side/float64(n), 'f', 5, 64) + " ")
	c.writeNumbers(x, y)
	c.content.WriteString("cm\n")
	for row := range n {
		for from := 0; from < n; {
			to := from
			for to < n && isDark(code.At(to, row)) {
				to++
			}
			if to > from {
				c.writeOperator("re", float64(from), float64(row), float64(to-from), 1)
			}
			from = max(to, from+1)
		}
	}
	c.content.WriteString("f Q\n")
}

func isDark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

// GetDimensionsByQrCode returns a square.
func (c *canvas) GetDimensionsByQrCode(string) (*entity.Dimensions, error) {
	return &entity.Dimensions{Width: 1, Height: 1}, nil
}

var errNoImages = errors.New("pdf: this engine does not support images")

// AddMatrixCode is not supported.
func (c *canvas) AddMatrixCode(string, *entity.Cell, *props.Rect) { c.unsupported("a matrix code") }

// AddBarCode is not supported.
func (c *canvas) AddBarCode(string, *entity.Cell, *props.Barcode) { c.unsupported("a bar code") }

// AddImageFromFile is not supported.
func (c *canvas) AddImageFromFile(string, *entity.Cell, *props.Rect) { c.unsupported("an image") }

// AddImageFromBytes is not supported.
func (c *canvas) AddImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	c.unsupported("an image")
}

// AddBackgroundImageFromBytes is not supported.
func (c *canvas) AddBackgroundImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	c.unsupported("an image")
}

// GetDimensionsByMatrixCode is not supported.
func (c *canvas) GetDimensionsByMatrixCode(string) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImageByte is not supported.
func (c *canvas) GetDimensionsByImageByte([]byte, extension.Type) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImage is not supported.
func (c *canvas) GetDimensionsByImage(string) (*entity.Dimensions, error) { return nil, errNoImages }

// SetProtection is not supported, except with nil.
func (c *canvas) SetProtection(p *entity.Protection) {
	if p != nil {
		c.unsupported("protection")
	}
}

// SetCompression does nothing: streams are always compressed.
func (c *canvas) SetCompression(bool) {}

// SetMetadata sets the document information dictionary.
func (c *canvas) SetMetadata(m *entity.Metadata) {
	if m == nil {
		return
	}
	value := func(t *entity.Utf8Text) string {
		if t == nil {
			return ""
		}
		return t.Text
	}
	c.info.title, c.info.author, c.info.subject = value(m.Title), value(m.Author), value(m.Subject)
	c.info.keywords, c.info.creator = value(m.KeywordsStr), value(m.Creator)
	if m.CreationDate != nil {
		c.info.created = *m.CreationDate
	}
}

// GenerateBytes returns the finished file.
func (c *canvas) GenerateBytes() ([]byte, error) {
	if c.err != nil {
		return nil, &domain.Error{Code: domain.Internal, Message: "The document could not be rendered.", Err: c.err}
	}
	return c.writeFile(), nil
}
