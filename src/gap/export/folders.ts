/** The folders of exports, below the gap's. */
import { join } from 'node:path';

export interface ExportFolders {
  /** Content that waits, sealed under the keys of its realm. */
  readonly held: string;
  /** Packages, encrypted for their recipients: whoever owns the machine may carry them away, and can open none. */
  readonly outbox: string;
}

export const exportFolders = (gap: string): ExportFolders => ({
  held: join(gap, 'exports'),
  outbox: join(gap, 'outbox'),
});
