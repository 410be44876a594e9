/**
 * The HSM agent: `node agent.ts --socket PATH --module PATH --token LABEL [--pin-file PATH]`. A process and an account of its own, which
 * alone holds the PIN; the region asks it over a unix socket. The vendor's module runs in a child of it (`host.ts`), so that a module which
 * crashes or hangs takes nothing down but itself.
 *
 * Who may ask is decided by the file system: the socket's folder lets only the region's group in. Prints `ready` once it serves. What the
 * module needs of the environment it gets from ours.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Clock, systemClock } from '#kernel/clock.ts';
import { listenLocally } from '#kernel/local-socket.ts';
import { HostProblem, ModuleHost } from './module-host.ts';
import { type HsmRequest, type HsmResponse, LINE_BYTES_MAX } from './protocol.ts';

const CONNECTIONS_MAX = 16;
const PIN_BYTES_MAX = 256;
/** Where systemd puts what LoadCredential= gives a unit: systemd.exec(5). */
const CREDENTIAL = 'hsm-pin';

export interface AgentOptions {
  readonly socket: string;
  readonly module: string;
  readonly token: string;
  /** Absent: whoever owns the HSM gives it by `login`. */
  readonly pin: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly operationLimit_ms?: number;
}

export interface Agent {
  readonly server: Server;
  readonly host: () => ModuleHost | undefined;
  /** Logs out, as a new process would be. */
  forget(): void;
  close(): Promise<void>;
}

/** Reads a PIN. Throws when others could read it too. */
export async function readPin(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, uid, size } = await file.stat();
    const own = process.geteuid?.();
    if (
      (mode & constants.S_IFMT) !== constants.S_IFREG ||
      (mode & 0o077) !== 0 ||
      (uid !== own && uid !== 0)
    ) {
      throw new Error(`the PIN file ${path} must be a plain file of mode 0600 that belongs to uid ${own}`);
    }
    if (size === 0 || size > PIN_BYTES_MAX) {
      throw new Error(`the PIN file ${path} has ${size} bytes; a PIN has 1 to ${PIN_BYTES_MAX}`);
    }
    return (await file.readFile('utf8')).replace(/\r?\n$/, '');
  } finally {
    await file.close();
  }
}

/** Starts serving; resolves once the socket accepts. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { socket: path, module, token, environment, clock, operationLimit_ms } = options;
  let host: ModuleHost | undefined;
  const login = (pin: string) => {
    host?.close();
    host = new ModuleHost({
      start: { module, token, pin },
      environment,
      clock,
      ...(operationLimit_ms === undefined ? {} : { operationLimit_ms }),
    });
  };
  if (options.pin !== undefined) login(options.pin);

  async function answer(request: HsmRequest): Promise<HsmResponse> {
    const { id } = request;
    try {
      if (request.operation === 'login') {
        login(request.pin);
        return { id, result: (await host?.perform({ operation: 'info' })) ?? {} };
      }
      if (!host) return { id, problem: 'nobody has given its PIN yet', needsPin: true };
      return { id, result: await host.perform(request) };
    } catch (error) {
      if (error instanceof HostProblem) return { id, problem: error.message };
      throw error;
    }
  }

  const server = createServer((socket) => serve(socket, answer));
  server.maxConnections = CONNECTIONS_MAX;
  await listenLocally(server, path, 0o660);
  return {
    server,
    host: () => host,
    forget() {
      host?.close();
      host = undefined;
    },
    close: () => {
      host?.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, answer: (request: HsmRequest) => Promise<HsmResponse>): void {
  socket.on('error', () => socket.destroy());
  let unread = 0;
  socket.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(10);
    unread = end < 0 ? unread + chunk.length : chunk.length - end;
    if (unread > LINE_BYTES_MAX) socket.destroy();
  });
  const lines = createInterface({ input: socket });
  lines.on('error', () => socket.destroy());
  lines.on('line', (line) => {
    let request: HsmRequest;
    try {
      request = JSON.parse(line) as HsmRequest;
    } catch {
      socket.destroy();
      return;
    }
    answer(request).then(
      (response) => socket.write(`${JSON.stringify(response)}\n`),
      () => socket.destroy(),
    );
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      socket: { type: 'string' },
      module: { type: 'string' },
      token: { type: 'string' },
      'pin-file': { type: 'string' },
    },
  });
  const { socket, module, token } = values;
  if (socket === undefined || module === undefined || token === undefined) {
    process.stderr.write('usage: agent.ts --socket PATH --module PATH --token LABEL [--pin-file PATH]\n');
    process.exit(2);
  }
  const credentials = process.env.CREDENTIALS_DIRECTORY;
  const pinFile =
    values['pin-file'] ?? (credentials === undefined ? undefined : join(credentials, CREDENTIAL));
  const environment = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const agent = await startAgent({
    socket,
    module,
    token,
    pin: pinFile === undefined ? undefined : await readPin(pinFile),
    environment,
    clock: systemClock,
  });
  process.stdout.write('ready\n');
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void agent.close().then(() => process.exit(0)));
}
