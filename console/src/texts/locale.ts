/** How numbers and times are written: as the browser's owner writes them, where they read the page's language in some country's way. Pure. */

/** `browser`: `navigator.languages`. `en-GB` for a page in English, where the browser says so; else the language as it is. */
export const localeOf = (language: string, browser: readonly string[]): string =>
  browser.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
