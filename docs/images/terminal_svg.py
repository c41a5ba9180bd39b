#!/usr/bin/env python3
"""Draws what a command wrote to a terminal as an SVG.

    script --quiet --return --command COMMAND /dev/null | python3 terminal_svg.py --title COMMAND > picture.svg

Text and colours only: no cursor movement. Its own dark background makes it readable on a dark and on a light page.
"""

import argparse
import re
import sys
from html import escape

CHAR, LINE, PADDING, BAR = 7.8, 17, 14, 30
# By SGR code; the bright ones (90 to 97) look the same.
COLOURS = ["#8b949e", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#e6edf3"]
STYLE = re.compile(r"\x1b\[([\d;]*)m")
OTHER = re.compile(r"\x1b\[[?\d;]*[A-Za-ln-z]|\r")


def runs(line, width):
    """A line's pieces of one style: the column where each begins, its text, and the attributes of its `tspan`."""
    column, style = 0, {}
    for index, part in enumerate(STYLE.split(OTHER.sub("", line))):
        if index % 2 == 0:
            text = part[: width - column]
            if text.strip():
                yield column, text, "".join(f' {name}="{value}"' for name, value in style.items())
            column += len(text)
            continue
        codes = [int(code or 0) for code in part.split(";")]
        if codes[:2] == [38, 5]:
            codes = [30 + codes[2] % 8]
        for code in codes:
            if code == 0:
                style = {}
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["fill"] = COLOURS[0]
            elif 30 <= code <= 37 or 90 <= code <= 97:
                style["fill"] = COLOURS[code % 10]
            elif code == 39:
                style.pop("fill", None)


def draw(lines, width, title):
    full_width = 2 * PADDING + width * CHAR
    full_height = BAR + 2 * PADDING + len(lines) * LINE
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width:.0f} {full_height}" role="img" aria-label="{escape(title)}">'
    yield '<rect width="100%" height="100%" rx="8" fill="#161b22"/>'
    yield '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="13" fill="#c9d1d9" xml:space="preserve">'
    yield f'<text x="{PADDING}" y="20" fill="#8b949e">$ {escape(title)}</text>'
    for row, line in enumerate(lines):
        y = BAR + PADDING + row * LINE + 12
        spans = "".join(
            f'<tspan x="{PADDING + column * CHAR:.1f}" textLength="{len(text) * CHAR:.1f}"{style}>{escape(text)}</tspan>'
            for column, text, style in runs(line, width)
        )
        if spans:
            yield f'<text y="{y}">{spans}</text>'
    yield "</g>"
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--title", required=True, help="the command, shown above its output")
    parser.add_argument("--width", type=int, default=120, help="columns; what is longer is cut off")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first N lines, then an ellipsis")
    parser.add_argument("--last", type=int, default=40, metavar="N", help="the last N lines")
    options = parser.parse_args()
    lines = sys.stdin.read().rstrip("\n").split("\n")
    if len(lines) > options.first + options.last:
        head = lines[: options.first] + ["…"] if options.first else []
        lines = head + lines[-options.last :]
    print("\n".join(draw(lines, options.width, options.title)))


main()
