/** The program of this release that supervises a region, as a command: whoever starts it gives it the run folder. */
import { fileURLToPath } from 'node:url';
import type { SupervisorCommand } from './definition.ts';

// The supervisor moves log lines and little else.
const NODE_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1', '--v8-pool-size=0'];

export const supervisorCommand = (): SupervisorCommand => ({
  command: process.execPath,
  args: [...NODE_FLAGS, fileURLToPath(new URL('main.ts', import.meta.url))],
});
