/** The process at a repository: it speaks to the region over its standard input and output, and ends with it. Its folder for restic is in memory, where nobody else looks. */
import { answerAll } from './answering.ts';
import { FrameError, readFrames } from './frames.ts';

try {
  await answerAll({
    frames: readFrames(process.stdin),
    output: process.stdout,
    folder: process.env.CASEMATE_BACKUP_FOLDER ?? '/dev/shm',
  });
} catch (error) {
  // The region has nothing more to ask.
  if (!(error instanceof FrameError))
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
}
process.exit(0);
