"""What is looked at on a page: the rules that a program can check, and the layout.

axe comes with its Python package and is put into the page from there: nothing
is fetched. Colours are asked for by emulation and sizes by resizing, so that a
page is loaded once for all of them.
"""

import json
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

PHONE = ViewportSize(width=320, height=640)
DESK = ViewportSize(width=1280, height=900)

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
"""Every rule of WCAG 2.2 AA, and what is good practice beyond. No rule is left out."""

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules whose answer changes with the colours alone."""

SIZES = (*COLOURS, "target-size", "scrollable-region-focusable")
"""The rules whose answer changes with the size of the window."""

AXE = Axe().axe_script

LARGER = "html { font-size: 200% !important }"

SPACED = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important }
* { word-spacing: 0.16em !important }
p { margin-bottom: 2em !important }
"""
"""The text spacing of success criterion 1.4.12."""

STYLE = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
"""Our policy forbids styles in a page; this passes it as a person's own sheet does."""

LAYOUT = """touch => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) {
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} px`);
  }
  const unseen =
    '[hidden], .govuk-visually-hidden, .govuk-skip-link, details:not([open]) > :not(summary)';
  const hidden = node => node.closest(unseen);
  const words = node => `“${node.textContent.trim().slice(0, 40)}”`;
  const name = node => `${node.localName}.${node.className} ${words(node)}`;
  const controls = [...document.querySelectorAll('a, button, input, select, textarea, summary')]
    .filter(node => node.type !== 'hidden' && !hidden(node));
  for (const node of controls) {
    const box = node.getBoundingClientRect();
    const least = touch && node.matches('button, .govuk-button, input, select') ? 44 : 24;
    const enough = node.matches('a:not(.govuk-button)') ? 24 : least;
    if (box.width < 24 || box.height < enough - 0.1) {
      found.push(`too small: ${name(node)} ${box.width} x ${box.height}`);
    }
  }
  const boxes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || hidden(node) || node.closest('option, title, script, svg')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      if (box.width < 2) continue;
      boxes.push([text, box]);
      if (box.left < -1 || box.right > wide + 1) found.push(`sticks out: ${name(node)}`);
    }
    for (let up = node; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      const cuts = style.overflowX !== 'visible' || style.overflowY !== 'visible';
      if (cuts && (up.scrollWidth > up.clientWidth + 1 || up.scrollHeight > up.clientHeight + 1)) {
        found.push(`cut off: ${name(node)}`);
      }
    }
  }
  boxes.sort((one, other) => one[1].top - other[1].top);
  boxes.forEach(([text, box], at) => {
    for (const [other, below] of boxes.slice(at + 1)) {
      if (below.top >= box.bottom) break;
      const across = Math.min(box.right, below.right) - Math.max(box.left, below.left);
      const down = Math.min(box.bottom, below.bottom) - below.top;
      if (text !== other && across > 3 && down > 0.35 * Math.min(box.height, below.height)) {
        found.push(`overlap: ${words(text)} and ${words(other)}`);
      }
    }
  });
  return found;
}"""

Scheme = Literal["light", "dark"]


def faults(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds on a page as it is now, a line for each element."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "preload": False,
        "runOnly": {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS},
    }
    if not rules:
        options["rules"] = {"target-size": {"enabled": True}}
    broken = page.evaluate(f"axe.run({json.dumps(options)}).then(found => found.violations)")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']} {node['html'][:200]}"
        for one in broken
        for node in one["nodes"]
    ]


def layout(page: Page, *, touch: bool = True) -> list[str]:
    """Return what scrolls sideways, sticks out, is cut off, overlaps or is too small to hit."""
    found: list[str] = page.evaluate(LAYOUT, touch)
    return found


def everything(page: Page) -> list[str]:
    """Look at one page in both schemes and sizes, enlarged and spaced; return what is wrong."""
    wrong: list[str] = []

    def note(how: str, found: list[str]) -> None:
        wrong.extend(f"{how}: {one}" for one in found)

    look(page, DESK, "light")
    note("large", faults(page))
    note("large", layout(page, touch=False))
    page.emulate_media(color_scheme="dark")
    note("large and dark", faults(page, COLOURS))
    look(page, PHONE, "dark")
    note("small and dark", faults(page, COLOURS))
    page.emulate_media(color_scheme="light")
    note("small", faults(page, SIZES))
    note("small", layout(page))
    for how, css in (("spaced", SPACED), ("text at 200%", LARGER)):
        page.evaluate(STYLE, css)
        note(how, layout(page))
    page.evaluate(STYLE, "")
    return wrong


def look(page: Page, size: ViewportSize, scheme: Scheme) -> None:
    """Let a page be this large and in this scheme."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
