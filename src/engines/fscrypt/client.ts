/** The region process' side of the agent: each call is a connection to the supervisor's socket, which starts one for it. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  type Answer,
  LINE_BYTES_MAX,
  type OpenPool,
  type Request,
  type Vault,
  VaultError,
} from './protocol.ts';
import { listVaults } from './vaults.ts';

/** Making file systems on a busy disk, and the turn of others before. */
const ANSWER_LIMIT_MS = 120_000;

/** What the storage service needs of encrypted pools. Its calls throw VaultError. */
export interface VaultClient {
  /** Why there are none here at all; then nothing else may be called. */
  readonly absent?: string;
  /** All that there are. */
  list(): readonly Vault[];
  /** The vault under that key, open; made where it is not there. */
  open(request: OpenVault): Promise<OpenPool>;
  /** Those that are there under these keys, open. Gives what stood in the way. Whoever waits for it need not wait any longer. */
  openAll(keys: readonly Uint8Array[]): Promise<readonly string[]>;
  /** With all that is in it, and taken from Incus. No instance may have anything of it any more. */
  remove(id: string): Promise<void>;
}

export interface OpenVault {
  /** Whose it is. */
  readonly realm: string;
  /** `KEY_BYTES` of them. */
  readonly key: Uint8Array;
  /** How large its pool may grow. */
  readonly size_bytes: number;
}

/** `folder`: where they lie, for looking. */
export function vaultClient(socketPath: string, folder: string): VaultClient {
  const ask = (request: Request) => askAt(socketPath, request);
  return {
    list: () => listVaults(folder),
    async open({ realm, key, size_bytes }) {
      const { pool } = await ask({ operation: 'open', realm, key: base64(key), size_bytes });
      if (pool === undefined) throw new VaultError('Unreachable', 'the agent answered something else');
      return pool;
    },
    async openAll(keys) {
      return (await ask({ operation: 'open-all', keys: keys.map(base64) })).problems ?? [];
    },
    async remove(id) {
      await ask({ operation: 'remove', id });
    },
  };
}

const base64 = (key: Uint8Array): string => Buffer.from(key).toString('base64');

/** For a host that cannot, which says `why`. */
export function noVaults(why: string): VaultClient {
  const refuse = () => Promise.reject(new VaultError('Absent', why));
  return { absent: why, list: () => [], open: refuse, openAll: refuse, remove: refuse };
}

async function askAt(socketPath: string, request: Request) {
  const socket = connect(socketPath);
  socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy(new Error('nothing within its time')));
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = await readAnswer(socket);
    if (answer.type === 'done') return answer;
    if (answer.type === 'failed') throw new VaultError(answer.reason ?? 'Failed', answer.message);
    throw new VaultError('Unreachable', `the agent of encrypted pools ended: ${answer.how}`);
  } catch (error) {
    if (error instanceof VaultError) throw error;
    const { message } = error as Error;
    throw new VaultError('Unreachable', `the agent of encrypted pools does not answer: ${message}`);
  } finally {
    socket.destroy();
  }
}

async function readAnswer(socket: Socket): Promise<Answer> {
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LINE_BYTES_MAX) socket.destroy(new Error(`more than ${LINE_BYTES_MAX} bytes`));
  });
  const failed = new Promise<never>((_, reject) => socket.once('error', reject));
  const read = async () => {
    for await (const line of createInterface({ input: socket })) {
      if (line.trim() !== '') return JSON.parse(line) as Answer;
    }
    throw new Error('it said nothing');
  };
  return Promise.race([read(), failed]);
}
