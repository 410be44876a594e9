/** Declares the commands for signing in. What they do is in the files beside this one, loaded when they run. */
import type { Command } from 'commander';
import { lazily } from '../declare.ts';
import { withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerIdentityCommands(program: Command): void {
  program.commandsGroup('Sign in:');

  withConnection(program.command('login'))
    .description('sign in with a browser, and point the kubeconfig at it')
    .option('--server <url>', 'the region, such as https://region.example:6443 (default: the kubeconfig’s)')
    .option('--org <name>', 'the organization (default: the kubeconfig’s, else the region itself)')
    .option('--ca <file>', 'who certifies the region (default: the kubeconfig’s)')
    .action(lazily(async () => (await import('./login.ts')).login));

  withConnection(program.command('logout'))
    .description('end the session, here and at the region')
    .action(lazily(async () => (await import('./logout.ts')).logout));

  program
    .command('credential', { hidden: true })
    .description('print a token for kubectl; kubeconfigs run it')
    .requiredOption('--sign-in <id>', 'which sign-in, as casemate login wrote it')
    .action(lazily(async () => (await import('./credential.ts')).credential));
}
