"""The figures as bars in an SVG file: methods beside each other, whiskers for standard errors, a line at each bar."""

from collections.abc import Sequence
from html import escape

from tests.bench_correlate.figures import Row

LINE, WIDTH, LEFT, FIGURE = 18, 980, 520, 400
COLOURS = {"barwatch": "#1f6fb2", "ceiling": "#bbbbbb"}
OTHER = "#d9a441"


def drawn(rows: Sequence[Row]) -> str:
    """One bar for each figure between 0 and 1 that has an error; the text of the file."""
    shares = [row for row in rows if row.error is not None]
    height = LINE * (len(shares) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">',
        *(_axis(at / 4, height) for at in range(5)),
        *(_bar(row, LINE * (at + 1)) for at, row in enumerate(shares)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axis(share: float, height: int) -> str:
    x = LEFT + FIGURE * share
    return (f'<line x1="{x:g}" x2="{x:g}" y1="0" y2="{height - LINE}" stroke="#eeeeee"/>'
            f'<text font-size="12" x="{x:g}" y="{height - 4}" text-anchor="middle">{share:g}</text>')  # fmt: skip


def _bar(row: Row, y: int) -> str:
    said = escape(f"{row.task} · {row.method} · {row.metric}")
    end, half = LEFT + FIGURE * row.figure, FIGURE * (row.error or 0.0)
    target = LEFT + FIGURE * float(row.bar.split()[-1]) if row.bar else None
    line = "" if target is None else f'<line x1="{target:g}" x2="{target:g}" y1="{y - 13}" y2="{y + 3}" stroke="red"/>'
    return (f'<text font-size="12" x="{LEFT - 8}" y="{y}" text-anchor="end">{said}</text>'
            f'<rect x="{LEFT}" y="{y - 11}" width="{end - LEFT:g}" height="12"'
            f' fill="{COLOURS.get(row.method, OTHER)}"/>'
            f'<line x1="{end - half:g}" x2="{end + half:g}" y1="{y - 5}" y2="{y - 5}" stroke="black"/>{line}'
            f'<text font-size="12" x="{LEFT + FIGURE + 12}" y="{y}">{row.figure:.2f}</text>')  # fmt: skip
