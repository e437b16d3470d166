/** The style of the storage overview: light and dark by the reader's setting, plain on paper. */
export const pageStyle = `
:root { color-scheme: light dark; --ground: #ffffff; --text: #1d2430; --quiet: #566072; --line: #d5dae3; --stripe: #f5f7fa;
  --virtual: #c3cede; --filesystem: #8ba3c4; --allocated: #4a6fa5; --used: #1c3a63; --declared: #a8470c;
  --error: #b3261e; --warning: #8a5300; --information: #1f5fa8; --hint: #566072; }
@media (prefers-color-scheme: dark) { :root { --ground: #15191f; --text: #e6e9ef; --quiet: #a5afbf; --line: #333b47;
  --stripe: #1b2129; --virtual: #38465a; --filesystem: #526a8c; --allocated: #7ea3d6; --used: #d3e3fb; --declared: #ffa766;
  --error: #ff8a80; --warning: #f2b24c; --information: #85b8f5; --hint: #a5afbf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--ground); color: var(--text);
  font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 0.25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 0.25rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.25rem; } p { margin: 0.25rem 0; }
.quiet { color: var(--quiet); } code, .number { font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin: 0.75rem 0; }
.legend span { display: inline-block; width: 1.5rem; height: 0.7rem; margin-right: 0.4rem; vertical-align: baseline; }
.contents { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin: 0.75rem 0; }
section { scroll-margin-top: 0.5rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); }
tbody th { overflow-wrap: anywhere; min-width: 6rem; } td:nth-last-child(8) { min-width: 8rem; }
thead th { color: var(--quiet); font-weight: 600; background: var(--ground); position: sticky; top: 0; z-index: 1; }
td.number, th.number { text-align: right; } td.number > span[title] { white-space: nowrap; } tbody:nth-of-type(even) { background: var(--stripe); }
.bar { position: relative; width: 12rem; height: 1.1rem; margin-top: 0.2rem; background: none; }
.bar i { position: absolute; left: 0; bottom: 0; min-width: 1px; }
.virtual { background: var(--virtual); height: 100%; } .filesystem { background: var(--filesystem); height: 75%; }
.allocated { background: var(--allocated); height: 50%; } .used { background: var(--used); height: 25%; }
.bar .declared { height: 100%; border-right: 3px solid var(--declared); }
.legend .declared { width: 3px; height: 1rem; background: var(--declared); vertical-align: middle; }
.error { color: var(--error); } .warning { color: var(--warning); } .information { color: var(--information); }
.hint { color: var(--hint); } .severity { font-weight: 600; } ul.findings { padding-left: 1.25rem; }
ul.findings li { margin: 0.6rem 0; } a { color: inherit; } a:focus-visible { outline: 2px solid var(--information); }
@media (max-width: 70rem) { .wide { overflow-x: auto; } .bar { width: 6rem; } th, td { padding: 0.3rem 0.35rem; } }
@media print { body { max-width: none; padding: 0; font-size: 8pt; } .wide { overflow: visible; } .bar { width: 5rem; }
  th, td { padding: 0.2rem 0.3rem; } tbody td { min-width: 0 !important; } tbody th { min-width: 4.5em; } .contents { display: none; } thead { display: table-header-group; } thead th { position: static; }
  tr, li { break-inside: avoid; } * { print-color-adjust: exact; } }
`;
