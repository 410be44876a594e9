/** The program of this release that supervises a region, as a command: whoever starts it gives it the run folder. */
import { fileURLToPath } from 'node:url';
import { SELDOM_BUSY } from '../node-flags.ts';
import type { SupervisorCommand } from './definition.ts';

// The supervisor moves log lines and little else.
const NODE_FLAGS = [...SELDOM_BUSY, '--max-old-space-size=48'];

export const supervisorCommand = (): SupervisorCommand => ({
  command: process.execPath,
  args: [...NODE_FLAGS, fileURLToPath(new URL('main.ts', import.meta.url))],
});
