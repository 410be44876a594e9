/**
 * The region's side of the HSM agent's socket: one connection, many operations on it at once, each with a bound in time. A connection that
 * is lost is made again by the next operation.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Clock } from '#kernel/clock.ts';
import { unavailable } from '#kernel/errors.ts';
import type { Hsm, HsmInfo } from '#kernel/hsm.ts';
import type { HsmOperation, HsmResponse, HsmResult } from './protocol.ts';

/** Longer than the agent gives its module, so that its answer says what is wrong. */
const ANSWER_LIMIT_MS = 15_000;
const PENDING_MAX = 4_096;
const RETRY_S = 2;

export interface HsmClient extends Hsm {
  /** Gives the PIN, where no file has it. */
  login(pin: string): Promise<HsmInfo>;
  close(): void;
}

/** The agent was started anew, and no file has the PIN. */
class PinNeeded extends Error {}

interface Pending {
  resolve(result: HsmResult): void;
  reject(error: Error): void;
  cancel(): void;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytesOf = ({ data }: HsmResult) => (data === undefined ? undefined : Buffer.from(data, 'base64'));

export interface HsmClientOptions {
  /** The PIN that its owner gave before, for an agent that was started anew; undefined: nobody did. */
  readonly keptPin?: () => Promise<string | undefined>;
}

export function hsmClient(
  name: string,
  socketPath: string,
  clock: Clock,
  { keptPin }: HsmClientOptions = {},
): HsmClient {
  const pending = new Map<number, Pending>();
  let socket: Socket | undefined;
  let last = 0;

  const silent = (why: string) => unavailable(`the HSM "${name}" does not answer: ${why}`, RETRY_S);

  function drop(lost: Socket, why: string): void {
    lost.destroy();
    if (socket !== lost) return;
    socket = undefined;
    const waiting = [...pending.values()];
    pending.clear();
    for (const one of waiting) {
      one.cancel();
      one.reject(silent(why));
    }
  }

  function open(): Socket {
    if (socket) return socket;
    const made = connect(socketPath);
    socket = made;
    made.unref();
    made.on('error', (error) => drop(made, error.message));
    made.on('close', () => drop(made, 'its agent ended'));
    const lines = createInterface({ input: made });
    lines.on('error', (error: Error) => drop(made, error.message));
    lines.on('line', (line) => {
      const response = parseResponse(line);
      if (!response) return drop(made, 'its agent speaks another language');
      const waiting = pending.get(response.id);
      if (!waiting) return undefined;
      pending.delete(response.id);
      waiting.cancel();
      if (pending.size === 0) made.unref();
      if ('result' in response) waiting.resolve(response.result);
      else waiting.reject(response.needsPin ? new PinNeeded(response.problem) : silent(response.problem));
      return undefined;
    });
    return made;
  }

  async function ask(operation: HsmOperation): Promise<HsmResult> {
    try {
      return await send(operation);
    } catch (error) {
      if (!(error instanceof PinNeeded)) throw error;
      const pin = await keptPin?.();
      if (pin === undefined) throw silent(error.message);
      await send({ operation: 'login', pin });
    }
    return send(operation);
  }

  function send(operation: HsmOperation): Promise<HsmResult> {
    if (pending.size >= PENDING_MAX) {
      return Promise.reject(silent(`${PENDING_MAX} operations are waiting for it already`));
    }
    const to = open();
    const id = ++last;
    const { promise, resolve, reject } = Promise.withResolvers<HsmResult>();
    const cancel = clock.after(ANSWER_LIMIT_MS, () => drop(to, `nothing within ${ANSWER_LIMIT_MS} ms`));
    pending.set(id, { resolve, reject, cancel });
    to.ref();
    to.write(`${JSON.stringify({ ...operation, id })}\n`);
    return promise;
  }

  const infoOf = ({ info }: HsmResult): HsmInfo => {
    if (info) return info;
    throw silent('its agent said nothing of it');
  };

  return {
    name,
    info: async () => infoOf(await ask({ operation: 'info' })),
    login: async (pin) => infoOf(await ask({ operation: 'login', pin })),
    async make({ label, group }, algorithm) {
      const { point } = await ask({ operation: 'make', label, group, algorithm });
      return point && { x: Buffer.from(point.x, 'base64'), y: Buffer.from(point.y, 'base64') };
    },
    seal: async (label, plaintext, additionalData) =>
      bytesOf(
        await ask({
          operation: 'seal',
          label,
          data: base64(plaintext),
          additionalData: base64(additionalData),
        }),
      ),
    open: async (label, sealed, additionalData) =>
      bytesOf(
        await ask({
          operation: 'open',
          label,
          data: base64(sealed),
          additionalData: base64(additionalData),
        }),
      ),
    sign: async (label, digest) => bytesOf(await ask({ operation: 'sign', label, data: base64(digest) })),
    mac: async (label, message) => bytesOf(await ask({ operation: 'mac', label, data: base64(message) })),
    random: async (bytes) => bytesOf(await ask({ operation: 'random', bytes })) ?? Buffer.alloc(0),
    async destroy(label) {
      await ask({ operation: 'destroy', label });
    },
    async destroyGroup(group) {
      await ask({ operation: 'destroy-group', group });
    },
    close() {
      if (socket) drop(socket, 'the region is stopping');
    },
  };
}

function parseResponse(line: string): HsmResponse | undefined {
  try {
    return JSON.parse(line) as HsmResponse;
  } catch {
    return undefined;
  }
}
