// The style of the pages that the hub makes itself (/docs, the page without a dashboard). Served as a file: the policy allows none inline.

/** Text of /docs.css. */
export const DOCS_CSS = `
:root { color-scheme: dark light; --back: #0b0f17; --panel: #121826; --text: #e5e9f0; --muted: #9aa4b8; --line: #2b3448; --accent: #818cf8; }
@media (prefers-color-scheme: light) {
  :root { --back: #f7f8fb; --panel: #fff; --text: #161b26; --muted: #515c70; --line: #d5dae4; --accent: #4338ca; }
}
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: minmax(16rem, 22rem) minmax(0, 1fr); background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: 0.85rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav h2 { font-size: 0.8rem; color: var(--muted); margin: 1rem 0 0.25rem; }
nav a { display: block; padding: 0.25rem 0; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover, nav a:focus-visible { text-decoration: underline; }
.brand { font-weight: 700; margin: 0; }
main { padding: 1.5rem 2rem 4rem; max-width: 60rem; }
a { color: var(--accent); }
article { background: var(--panel); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.75rem 1.25rem; margin: 0 0 1rem; scroll-margin-top: 1rem; }
article:target { border-color: var(--accent); }
h3 { margin: 0.25rem 0; font-size: 1.05rem; overflow-wrap: anywhere; }
h4 { margin: 0.5rem 0 0; font-size: 0.85rem; color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.25rem 0; }
dd { margin: 0; color: var(--muted); }
.right { color: var(--muted); }
.method { font: 700 0.75rem ui-monospace, monospace; border: 1px solid var(--line); border-radius: 0.3rem; padding: 0.1rem 0.35rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { overflow: auto; max-height: 24rem; background: var(--back); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; }
summary { cursor: pointer; min-height: 1.5rem; overflow-wrap: anywhere; }
@media (max-width: 768px) { body { display: block; } nav { position: static; height: auto; border-right: 0; } main { padding: 1rem; } }
`;
