/**
 * The `casemate` command: registers every group of commands and reports errors in one way. Command implementations are loaded
 * when they run, so that `--help` and completion stay quick.
 */
import { Command, CommanderError } from 'commander';
import { programVersion } from '#region/program.ts';
import { registerAccessCommands } from './access/register.ts';
import { registerAdvisoryCommands } from './advisories/register.ts';
import { registerApprovalCommands } from './approvals/register.ts';
import { registerBackupCommands } from './backup/register.ts';
import { registerBackupPlanCommands } from './backup-plans/register.ts';
import { registerBundleCommands } from './bundle/register.ts';
import { registerCertificateCommands } from './certificates/register.ts';
import { registerExportCommands } from './export/register.ts';
import { registerGapCommands } from './gap/register.ts';
import { registerIdentityCommands } from './identity/register.ts';
import { registerKeyCommands } from './keys/register.ts';
import { registerLedgerCommands } from './ledger/register.ts';
import { registerObjectCommands } from './objects/register.ts';
import { registerOperatorCommands } from './operators/register.ts';
import { registerDeveloperCommands, registerRegionCommands } from './region/commands.ts';
import { registerReleaseCommands } from './release/register.ts';
import { registerResourceCommands } from './resources/register.ts';
import { registerSealCommands } from './seal/register.ts';
import { registerWitnessCommands } from './witness/register.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const program = new Command('casemate')
  .description('A sovereign cloud region that never needs the Internet.')
  .version(programVersion(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'show help for a command')
  .helpCommand('help [command]', 'show help for a command')
  .showSuggestionAfterError()
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride();

registerRegionCommands(program);
registerResourceCommands(program);
registerIdentityCommands(program);
registerAccessCommands(program);
registerApprovalCommands(program);
registerOperatorCommands(program);
registerBackupCommands(program);
registerKeyCommands(program);
registerObjectCommands(program);
registerBackupPlanCommands(program);
registerCertificateCommands(program);
registerLedgerCommands(program);
registerWitnessCommands(program);
registerAdvisoryCommands(program);
registerSealCommands(program);
registerBundleCommands(program);
registerGapCommands(program);
registerExportCommands(program);
registerReleaseCommands(program);
registerDeveloperCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    process.stderr.write(`casemate: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.CASEMATE_DEBUG !== undefined && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    process.exitCode = EXIT_FAILURE;
  }
}
