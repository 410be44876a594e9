/** All that the page shows. */
import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { place } from '../session/place.ts';

let root: Root | undefined;

export function showPage(content: ReactNode): void {
  root ??= createRoot(document.getElementById('root') as HTMLElement);
  root.render(content);
}

/** For somebody else than whose page it was: nothing of it stays, nobody is asked whether they want to leave it, and there is no way back to it. */
export function startAnew(): void {
  root?.unmount();
  location.replace(place.base);
}
