/** `node lock-encrypted.ts ENCRYPTED`: run as root once nothing of the region runs any more: no key of its volumes stays in the kernel. */
import { execFileSync } from 'node:child_process';
import { agentCommand } from '#engines/fscrypt/command.ts';
import type { Answer } from '#engines/fscrypt/protocol.ts';
import { listVaults } from '#engines/fscrypt/vaults.ts';

/** Less than its caller waits. */
const LIMIT_MS = 50_000;

const [, , encrypted] = process.argv;
if (encrypted === undefined) throw new TypeError('usage: lock-encrypted.ts ENCRYPTED');
if (listVaults(encrypted).length > 0) {
  const { command, args } = agentCommand(process.execPath, encrypted);
  const said = execFileSync(command, [...args], {
    input: '{"operation":"lock"}\n',
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  const answer = JSON.parse(said) as Answer;
  if (answer.type === 'failed') process.stdout.write(`an encrypted pool stays open: ${answer.message}\n`);
}
