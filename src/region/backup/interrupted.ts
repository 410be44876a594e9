/** What must not stay when somebody presses Ctrl-C: folders in which keys lie as they were. */
import { rmSync } from 'node:fs';

const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const EXIT_INTERRUPTED = 130;

/** Removes the folder and ends this process when it is told to end. Returns what takes that back. */
export function removeWhenInterrupted(folder: string): () => void {
  const end = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of ENDINGS) process.once(signal, end);
  return () => {
    for (const signal of ENDINGS) process.off(signal, end);
  };
}
