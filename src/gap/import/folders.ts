/** The folders of the gap, below one of the region's data folder. */
import { join } from 'node:path';

export interface GapFolders {
  /** Whoever owns the machine puts bundles in here; the region only reads it. */
  readonly inbox: string;
  /** What comes through the API, on its way. */
  readonly uploads: string;
  readonly quarantine: string;
  readonly content: string;
}

export const gapFolders = (gap: string): GapFolders => ({
  inbox: join(gap, 'inbox'),
  uploads: join(gap, 'uploads'),
  quarantine: join(gap, 'quarantine'),
  content: join(gap, 'content'),
});
