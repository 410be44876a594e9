/**
 * Styles of xterm under this console's Content-Security-Policy, which takes styles from files alone. xterm writes its colours and sizes into
 * <style> elements and into `style` attributes, and the policy refuses both, rightly: whoever could smuggle in either could dress the page as
 * another. What a script sets through the CSSOM is no markup and is allowed, so that is what this makes of them, and the policy stays as strict
 * as it is: a <style> becomes a constructed style sheet of the page, and `setAttribute('style', …)` becomes `style.cssText`. Its own hooks do
 * not reach everything (`documentOverride` is asked neither by its scrollbar nor by its rows), hence this.
 */

/** Stands where a <style> would; the text that is put into it is in force until it is removed. */
function adoptedStyle(createElement: typeof document.createElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = createElement('span');
  element.hidden = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, 'textContent', { set: (css: string) => sheet.replaceSync(css) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

/** Every <style> of a terminal is made while it opens: for as long as `open` runs, the page makes such elements in their place. */
export function withStyledElements(open: () => void): void {
  const createElement = Document.prototype.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) =>
    name === 'style' ? adoptedStyle(createElement) : createElement(name, options)) as typeof createElement;
  try {
    open();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

/** Rows are made of spans at any time, and colours that have no name are written on them. Nobody else here sets that attribute of a span. */
HTMLSpanElement.prototype.setAttribute = function (name, value) {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
};
