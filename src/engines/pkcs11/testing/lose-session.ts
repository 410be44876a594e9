/**
 * A process that uses a token, loses all its sessions behind the token's back, and uses it again: `node --experimental-ffi lose-session.ts
 * MODULE TOKEN PIN`. Prints what it got. Tests only; the PIN is one that a test made up.
 */
import { dlopen } from 'node:ffi';
import { Token } from '../token.ts';

const [module = '', label = '', pin = ''] = process.argv.slice(2);
const token = new Token(module, label, pin);
token.make({ label: 'k', group: 'g' }, 'AES-256-GCM');
const sealed = token.seal('k', Buffer.from('before'), Buffer.from('bound')) ?? Buffer.alloc(0);

// The same library is loaded once in a process, so these are the token's own sessions.
const signature = { arguments: ['u64'], return: 'u64' } as const;
const { functions } = dlopen(module, {
  C_CloseAllSessions: signature,
  C_Finalize: { arguments: ['pointer'], return: 'u64' },
});
functions.C_CloseAllSessions(BigInt(token.slot));
const opened = token.open('k', sealed, Buffer.from('bound'));
functions.C_Finalize(null);
const again = token.open('k', sealed, Buffer.from('bound'));
process.stdout.write(`${opened} ${again}\n`);
