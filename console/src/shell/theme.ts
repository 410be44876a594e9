/** Light, dark, or as the system has it. */
import { printing } from './printing.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const CHOSEN = 'casemate theme';
const DARK = 'pf-v6-theme-dark';
const system = matchMedia('(prefers-color-scheme: dark)');

export function chosenTheme(): Theme {
  const chosen = localStorage.getItem(CHOSEN);
  return THEMES.find((theme) => theme === chosen) ?? 'auto';
}

function apply(): void {
  const theme = chosenTheme();
  const isDark = theme === 'dark' || (theme === 'auto' && system.matches);
  // Paper is white.
  document.documentElement.classList.toggle(DARK, isDark && !printing.matches);
}

export function startTheme(): void {
  apply();
  system.addEventListener('change', apply);
  printing.addEventListener('change', apply);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(CHOSEN, theme);
  apply();
}
