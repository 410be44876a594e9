/* Runs in a page: the elements whose text stands out from its ground by less than 4.5 to 1 (WCAG 2.2, 1.4.3), with their ratio. */
(() => {
  const parts = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => {
      const one = part / 255;
      return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    if (element === null) return [255, 255, 255];
    const own = parts(getComputedStyle(element).backgroundColor);
    return own.length === 4 && own[3] === 0 ? ground(element.parentElement) : own;
  };
  return [...document.querySelectorAll('main *, header, footer a')]
    .filter((element) => element.innerText?.trim())
    .map((element) => {
      const text = luminance(parts(getComputedStyle(element).color));
      const behind = luminance(ground(element));
      const ratio = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
      return { element: element.outerHTML.slice(0, 80), ratio };
    })
    .filter(({ ratio }) => ratio < 4.5);
})();
