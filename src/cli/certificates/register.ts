/** Declares the commands about the region's root: asking for an issuer, the offline ceremony, and taking its answer into force. */
import { type Command, Option } from 'commander';
import { lazily } from '../declare.ts';
import { collect, parseCount, withConnection, withProject } from '../resources/options.ts';

export interface RootCeremonyCommandOptions {
  readonly request: string;
  readonly folder: string;
  readonly earlier?: string;
  readonly out: string;
  readonly seal: 'shares' | 'passphrase';
  readonly threshold?: number;
  readonly custodian?: readonly string[];
  readonly sharesTo?: string;
  readonly present?: readonly string[];
}

/** Adds them to the program. */
export function registerCertificateCommands(program: Command): void {
  program.commandsGroup('Certificates:');
  withProject(program.command('acme-eab'))
    .description('print what an ACME client such as certbot registers with; secret')
    .argument('<account>', 'an AcmeAccount that no client has registered with')
    .action(lazily(async () => (await import('./acme-eab.ts')).acmeEab));

  const ca = program
    .command('ca')
    .description('a root of the region that is kept offline (docs/trust.md, “Certificates”)');

  withConnection(ca.command('request'))
    .description('make a key for an issuer of the region, and print what the ceremony is to sign')
    .argument('<name>', 'what to call the issuer')
    .action(lazily(async () => (await import('./issuer.ts')).request));

  ca.command('ceremony')
    .description('on a machine that is connected to nothing: make or open the root, and sign a request')
    .requiredOption('--request <file>', 'what casemate ca request printed')
    .requiredOption('--folder <dir>', 'where the sealed root is kept: on a medium that stays offline')
    .option(
      '--earlier <dir>',
      'where the root before it is kept, when that is offline too: it vouches for it',
    )
    .requiredOption('--out <file>', 'where to write the answer')
    .addOption(
      new Option('--seal <how>', 'how a root that is made now is sealed')
        .choices(['shares', 'passphrase'])
        .default('shares'),
    )
    .option('--custodian <name>', 'who gets a share; once for each', collect)
    .option('--threshold <k>', 'how many of them it takes', parseCount)
    .option('--shares-to <dir>', 'write each share to a file there instead of showing it')
    .option('--present <name>', 'who is there, for the transcript; once for each', collect)
    .action(lazily(async () => (await import('./root-ceremony.ts')).ceremony));

  withConnection(ca.command('import'))
    .description('take in what the ceremony answered: clients are given the new root beside the old one')
    .argument('<name>', 'the issuer')
    .argument('<file>', 'the answer')
    .action(lazily(async () => (await import('./issuer.ts')).take));
  withConnection(ca.command('activate'))
    .description('sign with the issuer from now on')
    .argument('<name>', 'the issuer')
    .action(lazily(async () => (await import('./issuer.ts')).activate));
  withConnection(ca.command('retire-old-root'))
    .description('give clients the issuer’s root alone, once all of them know it')
    .argument('<name>', 'the issuer')
    .action(lazily(async () => (await import('./issuer.ts')).retire));
}
