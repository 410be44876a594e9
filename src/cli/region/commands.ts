/**
 * Declares the commands that run a region on this machine. What they do is in the files beside this one.
 */
import type { Command } from 'commander';
import { textOutputOption } from '../declare.ts';
import { registerLogs } from '../logs.ts';
import { dataOption } from './options.ts';

export interface DataOption {
  readonly data?: string;
}

export interface UpCommandOptions extends DataOption {
  readonly listen?: string;
  readonly name: string;
  readonly foreground?: boolean;
  readonly imageCache?: string;
  readonly timings?: boolean;
}

export function registerRegionCommands(program: Command): void {
  program.commandsGroup('Run a region on this machine:');

  program
    .command('up')
    .description('install what is missing, start the region and wait until it is ready; safe to repeat')
    .addOption(dataOption())
    .option('--listen <addr:port>', 'where the API answers (first start only; default: 127.0.0.1:6443)')
    .option('--name <name>', 'the region’s name (first start only)', 'casemate')
    .option('--foreground', 'stay, show the logs, and stop the region at Ctrl-C')
    .option('--image-cache <dir>', 'where base images are kept for all regions of this machine')
    .option('--timings', 'print how long each phase took')
    .action(async (options: UpCommandOptions) => (await import('./up.ts')).up(options));

  program
    .command('down')
    .description('stop the region and its instances; nothing is lost')
    .addOption(dataOption())
    .action(async (options: DataOption) => (await import('./down.ts')).down(options));

  program
    .command('status')
    .description('what runs, since when, and what does not work here')
    .addOption(dataOption())
    .addOption(textOutputOption())
    .action(async (options: DataOption & { output: 'text' | 'json' }) =>
      (await import('./status.ts')).status(options),
    );

  registerLogs(program);

  program
    .command('destroy')
    .description('remove the region and everything in it from this machine')
    .addOption(dataOption())
    .option('--yes', 'really do it: nothing can bring it back')
    .option('--keep-external', 'leave what it has in engines that region.yaml calls external')
    .action(async (options: DataOption & { yes?: boolean; keepExternal?: boolean }) =>
      (await import('./destroy.ts')).destroy(options),
    );
}

/** What only people who work on Casemate need: at the end of the help. */
export function registerDeveloperCommands(program: Command): void {
  program.commandsGroup('Develop Casemate:');

  program
    .command('test')
    .description('run everything: format, lint, types, unit, integration and end-to-end tests')
    .option('--only <pattern>', 'only test files whose path contains this')
    .option('--long', 'also those that take long')
    .action(async (options: { only?: string; long?: boolean }) =>
      (await import('../test/test.ts')).test(options),
    );
}
