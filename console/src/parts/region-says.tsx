/** What the region says in full, of conditions and of what it refused: its own words, in English, which is said to who reads aloud. */
import type { ReactNode } from 'react';

export const RegionSays = ({ children }: { readonly children: ReactNode }) => (
  <span lang="en">{children}</span>
);
