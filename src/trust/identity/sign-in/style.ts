/**
 * The one style sheet, written into each page and allowed there by its digest. System fonts only; colours keep a contrast of 4.5:1 for
 * text and 3:1 for borders and focus (WCAG 2.2, 1.4.3 and 1.4.11) in light and dark; targets are at least 44 px high.
 */
export const STYLE = `
:root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --text: #1a1d21; --soft: #4d5661; --line: #79828d; --main: #0b4f8a; --on: #fff; --bad: #a4161a; --good: #17632f; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --card: #1e2226; --text: #eceff2; --soft: #b3bcc6; --line: #8d97a3; --main: #8cc4f5; --on: #0c1a27; --bad: #ff9d9d; --good: #8fdca8; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
body > * { max-width: 28rem; margin: 0 auto; padding: 1rem; }
header { padding-top: 2rem; font-weight: 600; color: var(--soft); }
main { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.125rem; }
p { margin: .5rem 0; }
a { color: var(--main); }
form { margin: 0; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { display: block; width: 100%; min-height: 2.75rem; margin-top: .25rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .375rem; }
input[aria-invalid] { border: 2px solid var(--bad); }
button { min-height: 2.75rem; margin-top: 1.25rem; padding: .5rem 1.25rem; font: inherit; font-weight: 600; color: var(--on); background: var(--main); border: 1px solid var(--main); border-radius: .375rem; cursor: pointer; }
button.wide { width: 100%; }
button.plain { color: var(--main); background: transparent; }
button.small { margin: 0; padding: .25rem .75rem; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.hint, .soft { color: var(--soft); font-size: .9375rem; }
.hint { margin: .125rem 0 0; }
.wrong { color: var(--bad); font-weight: 600; }
.done { color: var(--good); font-weight: 600; }
.or { display: flex; gap: .75rem; align-items: center; margin: 1.5rem 0 0; color: var(--soft); }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.secret, .codes li { font: 1.0625rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere; user-select: all; }
.rows { margin: 0; padding: 0; list-style: none; }
.rows li { display: flex; gap: 1rem; justify-content: space-between; align-items: center; padding: .5rem 0; border-bottom: 1px solid var(--line); }
.rows p { margin: 0; }
footer ul { display: flex; gap: 1.25rem; margin: 0; padding: 0; list-style: none; }
footer a { display: inline-block; padding: .5rem 0; }
`;
