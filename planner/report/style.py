"""The look of the page: light and dark, wide and narrow, on screen and on paper.

Stages are told apart by the colours that they have in pictures and by their numbers, hops by
hatching, and by dots where they stay on a node.
"""

from __future__ import annotations

from planner.plotting.palette import BLUE, GREY, STYLES


def _ink_on(colour: str) -> str:
    """What reads on a colour of the palette."""
    return "#ffffff" if colour in (BLUE, GREY) else "#000000"


N_STAGE_COLOURS = len(STYLES)

_STAGES = "\n".join(
    f".stage-{index} {{ --stage: {style.colour}; --on-stage: {_ink_on(style.colour)}; }}"
    for index, style in enumerate(STYLES)
)

STYLE = (
    """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1c1f; --faint: #5b6169; --line: #d9dce0; --panel: #f5f6f8;
  --accent: #0060a0; --warn: #a33b00; --hop: #8b9199;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e8eaed; --faint: #a5abb3; --line: #3a3f45; --panel: #202327;
    --accent: #7cc4f5; --warn: #ffab70; --hop: #7d848c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(0.9rem, 3vw, 2.5rem) 3rem; max-width: 75rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1 { font-size: clamp(1.3rem, 4vw, 1.9rem); line-height: 1.25; margin: 0; }
h2 { font-size: 1.25rem; margin: 0 0 0.6rem; }
h1, li, p, figcaption, caption { overflow-wrap: anywhere; }
td { overflow-wrap: break-word; }
.table { overflow-x: auto; }
p { margin: 0.5rem 0; max-width: 70ch; }
section { margin-top: 2.4rem; }
ul { margin: 0.5rem 0; padding-left: 1.2rem; max-width: 75ch; }
.faint, figcaption, caption { color: var(--faint); }
.bad { color: var(--warn); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); gap: 0.7rem;
  margin: 1.2rem 0; padding: 0; }
.facts div { background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem;
  padding: 0.6rem 0.8rem; }
.facts dt { color: var(--faint); font-size: 0.85rem; }
.facts dd { margin: 0; font-size: 1.3rem; font-weight: 600; }
.facts small { display: block; font-size: 0.8rem; font-weight: 400; color: var(--faint); }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 0.92rem; }
caption { text-align: left; padding-bottom: 0.3rem; }
th, td { padding: 0.35rem 0.5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 600; font-size: 0.85rem; text-align: left;
  vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
td.text { text-align: left; }
.badge { display: inline-block; min-width: 1.5em; padding: 0 0.35em; border-radius: 0.3em;
  text-align: center; font-weight: 700; background: var(--stage); color: var(--on-stage); }
.hop-mark { display: inline-block; width: 1.5em; text-align: center; color: var(--faint); }
figure { margin: 1rem 0; }
.bar { display: flex; height: 2rem; margin: 0.15rem 0 0.6rem; background: var(--panel);
  border-radius: 0.3rem; overflow: hidden; }
.bar span { flex: none; height: 100%; overflow: hidden; white-space: nowrap; line-height: 2rem;
  text-overflow: ellipsis; text-align: center; font-size: 0.85rem;
  border-right: 1px solid var(--paper); }
.bar .stage { background: var(--stage); color: var(--on-stage); font-weight: 600; }
.bar .hop { background: repeating-linear-gradient(135deg, var(--hop) 0 3px, transparent 3px 7px); }
.bar .within { background: 0 0 / 6px 6px radial-gradient(var(--hop) 1.5px, transparent 2px); }
.use { display: block; position: relative; width: 100%; min-width: 6rem; height: 0.7rem;
  margin-top: 0.45rem; background: var(--panel); border: 1px solid var(--line); }
.use i { position: absolute; inset: 0 auto 0 0; background: var(--accent); }
.use.full i { background: var(--warn); }
.strip { display: block; width: 100%; height: 7rem; }
.strip .stage { fill: var(--stage); }
.strip .cut { fill: var(--hop); }
.strip .sent { fill: var(--warn); }
.names { display: flex; margin-top: 0.3rem; font-size: 0.75rem; color: var(--faint); }
.names span { flex: 1 1 0; display: flex; justify-content: center; min-width: 0; }
.names i { writing-mode: vertical-rl; font-style: normal; max-height: 10rem; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; }
.key { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; margin: 0.5rem 0; font-size: 0.9rem; }
.key i { display: inline-block; width: 0.9em; height: 0.9em; background: var(--hop); }
.key .sent { background: var(--warn); }
.picture svg { display: block; width: 100%; max-width: 34rem; height: auto; }
.light svg { --paper: #ffffff; --panel: #f0f1f3; --line: #999999; color: #000000;
  background: #ffffff; border-radius: 0.5rem; min-width: 32rem; max-width: 44rem; }
.light { overflow-x: auto; }
.picture text { fill: currentColor; }
details { margin: 0.6rem 0; }
summary { cursor: pointer; color: var(--accent); }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 0.8rem;
  font-size: 0.85rem; color: var(--faint); overflow-wrap: anywhere; }
@media (max-width: 44rem) {
  table, tbody, tr, td, caption { display: block; }
  thead { display: none; }
  tr { border: 1px solid var(--line); border-radius: 0.5rem; margin-bottom: 0.6rem;
    padding: 0.3rem 0; background: var(--panel); }
  td, td.number, td.text { display: flex; justify-content: space-between; gap: 1rem; border: 0;
    text-align: right; white-space: normal; padding: 0.2rem 0.7rem; overflow-wrap: anywhere; }
  td::before { content: attr(data-column); color: var(--faint); text-align: left; flex: none; }
  td:empty { display: none; }
  .use { width: 50%; background: var(--paper); }
}
@media print {
  body { max-width: none; padding: 0; }
  * { print-color-adjust: exact; }
  section, tr, figure { break-inside: avoid; }
}
"""
    + _STAGES
    + "\n"
)
