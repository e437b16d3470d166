/** The style of the storage overview: light and dark by the reader's setting, plain on paper, forced colours obeyed. */
export const pageStyle = `
:root { color-scheme: light dark; --ground: #ffffff; --text: #1d2430; --quiet: #566072; --line: #d5dae3;
  --disk: #eef1f6; --edge: #7d899b; --used: #2f5f9e; --free: #6f9bd1; --declared: #a8470c;
  --error: #b3261e; --warning: #8a5300; --information: #1f5fa8; --hint: #566072; }
@media (prefers-color-scheme: dark) { :root { --ground: #15191f; --text: #e6e9ef; --quiet: #a5afbf; --line: #333b47;
  --disk: #202732; --edge: #768295; --used: #6ea3e6; --free: #45699a; --declared: #ffa766;
  --error: #ff8a80; --warning: #f2b24c; --information: #85b8f5; --hint: #a5afbf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground); color: var(--text);
  font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 0.25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 0.25rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.25rem; } p { margin: 0.25rem 0; }
.quiet { color: var(--quiet); } code, .number, .how, dd { font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
a { color: inherit; } :focus-visible { outline: 2px solid var(--information); outline-offset: 2px; }
section { scroll-margin-top: 0.5rem; } summary { cursor: pointer; }
.legend, .contents { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin: 0.75rem 0; }
.legend i { display: inline-block; width: 1.75rem; height: 0.8rem; margin-right: 0.4rem; vertical-align: baseline; }
.used { background: var(--used); } .disk { background: var(--disk); border: 1px solid var(--edge); border-radius: 3px; }
.free, .growth { background: repeating-linear-gradient(-45deg, var(--used) 0 2px, var(--disk) 2px 6px); }
.legend .declared { width: 3px; height: 1rem; background: var(--declared); vertical-align: middle; }
.bar { position: relative; height: 1.35rem; min-width: 0; } .bar i { position: absolute; top: 0; bottom: 0; left: 0; }
.bar .used, .bar .free, .bar .growth { top: 1px; bottom: 1px; } .bar .used { border-radius: 2px 0 0 2px; min-width: 1px; }
.bar .declared { width: 3px; margin-left: -3px; top: -3px; bottom: -3px; background: var(--declared); }
.bar.none { border: 1px dashed var(--line); border-radius: 3px; } .bar.host { height: 1.75rem; margin: 0.5rem 0; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; margin: 0.75rem 0 0; }
fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 0.9rem; min-width: 0; }
legend { float: left; padding: 0; margin-right: 0.9rem; color: var(--quiet); } fieldset label { white-space: nowrap; }
.volumes { display: flex; flex-direction: column; list-style: none; padding: 0; margin: 0.75rem 0; }
.volume { display: grid; grid-template-columns: minmax(12rem, 2fr) minmax(10rem, 4fr) minmax(8rem, 1.3fr); gap: 0.1rem 1rem;
  align-items: center; padding: 0.5rem 0.25rem; border-top: 1px solid var(--line); }
.volume > * { margin: 0; min-width: 0; } .what { overflow-wrap: anywhere; }
.how { text-align: right; } .how strong { font-size: 1.15rem; } .days { white-space: nowrap; }
.tight .how strong { color: var(--warning); }
.more { grid-column: 2 / 4; color: var(--quiet); font-size: 0.9em; } .more span:not(:last-child)::after { content: " \\00b7"; }
.volume details { grid-column: 1; grid-row: 2; font-size: 0.9em; } .volume summary { color: var(--quiet); width: max-content; }
.volume details[open] { grid-column: 1 / 4; grid-row: 3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.4rem 0; } dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; } .words dl { max-width: 60rem; }
.spark { width: 3.2rem; height: 0.8rem; margin-right: 0.4rem; vertical-align: baseline; overflow: visible; }
.spark polyline { fill: none; stroke: var(--used); stroke-width: 1.5; }
body:has(#show-urgent:checked) .volume:not(.urgent), body:has(#show-running:checked) .volume:not(.running) { display: none; }
body:has(#sort-name:checked) .volume { order: var(--name); } body:has(#sort-fullness:checked) .volume { order: var(--full); }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 600; } td.number, th.number { text-align: right; white-space: nowrap; }
.error { color: var(--error); } .warning { color: var(--warning); } .information { color: var(--information); }
.hint { color: var(--hint); } .severity { font-weight: 600; } ul.findings { padding-left: 1.25rem; }
ul.findings li { margin: 0.6rem 0; overflow-wrap: anywhere; }
@media (max-width: 50rem) { body { padding: 1rem; } .wide { overflow-x: auto; } dl { grid-template-columns: 1fr; }
  dt { margin-top: 0.3rem; } .volume { grid-template-columns: 1fr auto; } .bar { grid-column: 1 / 3; grid-row: 2; }
  .more { grid-column: 1 / 3; } .volume details, .volume details[open] { grid-column: 1 / 3; grid-row: auto; } }
@media (forced-colors: active) { .bar i, .legend i { forced-color-adjust: none; border-color: CanvasText; }
  .used { background: CanvasText; } .disk { background: Canvas; } .declared, .bar .declared { background: Highlight; }
  .free, .growth { background: repeating-linear-gradient(-45deg, CanvasText 0 2px, Canvas 2px 6px); }
  .spark polyline { stroke: CanvasText; } }
@media print { body { max-width: none; padding: 0; font-size: 9pt; } .contents, .controls, details:not([open]) { display: none; }
  .volume, tr, li { break-inside: avoid; } .wide { overflow: visible; } * { print-color-adjust: exact; } }
`;
