/** `casemate unseal`: opens a sealed region on this machine. One passphrase, or one custodian's share at a time. */
import { unsealSocket } from '#region/sealed.ts';
import { askUnsealing, type UnsealAnswer } from '#trust/keys/seal/unseal-socket.ts';
import type { DataOption } from '../region/commands.ts';
import { checkAccess, chosenRegion, ownCommandFor } from '../region/where.ts';
import { CliError, reporting } from '../resources/errors.ts';
import { readSecret } from './secret-input.ts';

export const unseal = reporting(async (options: DataOption): Promise<void> => {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  const socket = unsealSocket(layout);
  const state = await askUnsealing(socket, '');
  if (!state) {
    throw new CliError(`no sealed region runs in ${layout.data}`, {
      hint: ownCommandFor(layout, 'status'),
    });
  }
  const secret = await readSecret(state.seal === 'shares' ? 'Your share: ' : 'Passphrase: ');
  const answer = await askUnsealing(socket, secret.trim());
  if (!answer) throw new CliError('the region stopped before it answered; see its status');
  if (answer.problem !== undefined) throw new CliError(answer.problem);
  process.stdout.write(`${told(answer)}\n`);
});

function told({ open, given, needed }: UnsealAnswer): string {
  if (open) return 'The region is unsealed and goes on starting.';
  return `Taken: ${given.length} of ${needed} shares. ${needed - given.length} more to go.`;
}
