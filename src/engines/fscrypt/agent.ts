/**
 * The root agent of encrypted pools: `node agent.ts --folder PATH`, started for each request (`command.ts`), which it reads as one line and answers with one.
 * It holds CAP_SYS_ADMIN (mounting, the kernel's encryption) and nothing else of root's, so that the region process needs not even that. Who asks gives an
 * organization's key, and says whose it is; paths, options and commands are its own. Who may ask is decided by the mode of the supervisor's socket.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { markOpened, unmarkOpened } from './opened.ts';
import { type Answer, LINE_BYTES_MAX, parseRequest, type Request, VaultError } from './protocol.ts';
import { lockAll, openVault, removeVault } from './vaults.ts';

/** Does what is asked. Throws. */
function perform(folder: string, request: Request): Answer {
  switch (request.operation) {
    case 'open': {
      const { realm, size_bytes } = request;
      return {
        type: 'done',
        pool: withKey(request.key, (key) => openVault(folder, { key, make: { realm, size_bytes } })),
      };
    }
    case 'open-all': {
      const problems = request.keys.flatMap((key) => {
        try {
          withKey(key, (bytes) => openVault(folder, { key: bytes }));
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      });
      markOpened(folder);
      return { type: 'done', problems };
    }
    case 'remove':
      removeVault(folder, request.id);
      return { type: 'done' };
    case 'lock': {
      unmarkOpened(folder);
      const [open] = lockAll(folder);
      if (open !== undefined) throw new VaultError('InUse', open);
      return { type: 'done' };
    }
  }
}

function withKey<T>(text: string, use: (key: Uint8Array) => T): T {
  const key = Buffer.from(text, 'base64');
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

export function answer(folder: string, line: string): Answer {
  try {
    return perform(folder, parseRequest(line));
  } catch (error) {
    const reason = error instanceof VaultError && isOwn(error.reason) ? error.reason : 'Failed';
    return { type: 'failed', reason, message: (error as Error).message };
  }
}

const isOwn = (reason: VaultError['reason']) => reason === 'NotFound' || reason === 'InUse';

if (import.meta.main) {
  const { folder } = parseArgs({ options: { folder: { type: 'string' } } }).values;
  if (folder === undefined) throw new TypeError('usage: agent.ts --folder PATH');
  let length = 0;
  process.stdin.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LINE_BYTES_MAX) process.exit(1);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(answer(folder, line))}\n`, () => process.exit(0));
    break;
  }
}
