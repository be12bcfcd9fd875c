"""Bars as an SVG file, with nothing but the standard library."""

import html

BAR, GAP, LEFT, RIGHT, WIDTH = 22, 10, 150, 90, 720
COLOURS = {"rtstream": "#c2410c", "hand": "#1d4ed8", "hand_columns": "#1d4ed8"}


def text(x, y, words, anchor="start", size=13):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
            f"{html.escape(words)}</text>")


def bars(path, title, unit, values):
    """Writes `values`, pairs of a name and a number, as horizontal bars; the longest fills the width."""
    top = 44
    height = top + len(values) * (BAR + GAP) + GAP
    most = max(value for _, value in values)
    scale = (WIDTH - LEFT - RIGHT) / most
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" fill="#111">',
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             text(GAP, 24, f"{title}, {unit}", size=15)]
    for i, (name, value) in enumerate(values):
        y = top + i * (BAR + GAP)
        colour = COLOURS.get(name.split(",")[0], "#6b7280")
        parts.append(text(LEFT - 8, y + BAR - 6, name, "end"))
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{max(value * scale, 1):.1f}" height="{BAR}" '
                     f'fill="{colour}"/>')
        parts.append(text(LEFT + value * scale + 6, y + BAR - 6, f"{value:.3g}"))
    parts.append("</svg>\n")
    path.write_text("\n".join(parts), encoding="utf-8")
