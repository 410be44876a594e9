/** Declares `casemate vulnerabilities` and `casemate advisories …`. What the commands do is in the files beside this one, loaded when they run. */
import { type Command, Option } from 'commander';
import { lazily, tableOutputOption } from '../declare.ts';
import { dataOption } from '../region/options.ts';
import { collect, parseCount, withConnection } from '../resources/options.ts';

/** Adds them to the program. */
export function registerAdvisoryCommands(program: Command): void {
  program.commandsGroup('What is vulnerable:');

  withConnection(program.command('vulnerabilities'))
    .description(
      'print what is vulnerable here, by the newest advisories; of the region with an operator’s kubeconfig',
    )
    .argument('[id]', 'all about this one: CVE-2026-1234')
    .option('--all', 'also what is settled by a VEX statement, negligible, or not determined')
    .option('--again', 'have everything read and scanned again first')
    .addOption(tableOutputOption())
    .action(lazily(async () => (await import('./vulnerabilities.ts')).vulnerabilities));

  const advisories = program
    .command('advisories')
    .description('the advisory data of the region on this machine');

  advisories
    .command('load')
    .description('make files of advisories the region’s newest data, all of it')
    .addOption(new Option('--debian-tracker <file>', 'Debian’s security tracker, as JSON').argParser(collect))
    .addOption(
      new Option(
        '--osv <file>',
        'OSV entries: a list, or one after the other; - is standard input',
      ).argParser(collect),
    )
    .addOption(new Option('--openvex <file>', 'OpenVEX 0.2.0 documents').argParser(collect))
    .option(
      '--as-of <time>',
      'when the files were current, such as 2026-01-31T12:00:00Z (default: the newest date in them)',
    )
    .addOption(
      new Option(
        '--skip <count>',
        'leave out up to this many entries that cannot be read, and say so in every report',
      )
        .argParser(parseCount)
        .default(0),
    )
    .addOption(dataOption())
    .action(lazily(async () => (await import('./load.ts')).load));

  advisories
    .command('scan')
    .description(
      'hold an SBOM (CycloneDX, JSON) or a package-lock.json against the region’s newest data; exits with 4 when the policy refuses it',
    )
    .argument('<file>')
    .option('--policy <file>', 'severities, licences and sources that are taken, as JSON or YAML')
    .addOption(tableOutputOption())
    .addOption(dataOption())
    .action(lazily(async () => (await import('./scan.ts')).scan));
}
