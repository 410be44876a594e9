/**
 * Connections between clients and processes: bytes that arrive in order, late, in pieces, and sometimes only in part, because a connection
 * breaks in the midst of a request or an answer. Its two ends hear of that at different times, or never. What travels here is
 * what would travel inside of TLS.
 */
import { Duplex } from 'node:stream';
import type { FaultRates } from './faults.ts';
import type { World } from './world.ts';

/** Chunks in a hundred that come in two pieces, so that parsers meet what is not whole. */
const SPLIT_PERCENT = 5;
/** Ends in a hundred that hear only later that their connection is broken. */
const LATE_PERCENT = 30;
const HEARD_LATE_MS_MAX = 3_000;

class ConnectionReset extends Error {
  override readonly name = 'ConnectionReset';
  readonly code = 'ECONNRESET';
}

/** What both ends of a connection share. */
interface Line {
  readonly world: World;
  readonly rates: () => FaultRates;
  /** Nothing arrives any more. */
  isCut: boolean;
}

type Chunk = { readonly chunk: Buffer };

/** One end, as Node's HTTP takes it for a socket. */
export class End extends Duplex {
  readonly #line: Line;
  #peer: End | undefined;
  /** When what was sent last arrives: nothing overtakes. */
  #last_ms = 0;

  constructor(line: Line) {
    super();
    this.#line = line;
  }

  join(peer: End): void {
    this.#peer = peer;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: Chunk[], done: () => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#arrive(0, () => this.#peer?.push(null));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#arrive(0, () => this.#peer?.break());
    done(error);
  }

  /** The other side has gone, or the connection is broken. */
  break(): void {
    if (!this.destroyed) this.destroy(new ConnectionReset('the connection is broken'));
  }

  #send(chunk: Buffer, done: () => void): void {
    const { world, rates } = this.#line;
    const { failing, slow } = rates();
    const delay_ms = world.chance(slow) ? world.between(500, 3_000) : world.between(0, 4);
    // An exchange is a few chunks, and should fail about as often as a call of the database.
    if (world.chance(failing / 3)) {
      const part = chunk.subarray(0, world.between(0, chunk.length));
      this.#arrive(delay_ms, () => {
        if (part.length > 0) this.#peer?.push(part);
        this.#cut();
      });
      done();
      return;
    }
    if (chunk.length > 1 && world.chance(SPLIT_PERCENT)) {
      const at = world.between(1, chunk.length - 1);
      this.#arrive(delay_ms, () => this.#peer?.push(chunk.subarray(0, at)));
      this.#arrive(delay_ms + world.between(0, 20), () => {
        this.#peer?.push(chunk.subarray(at));
        done();
      });
      return;
    }
    this.#arrive(delay_ms, () => {
      this.#peer?.push(chunk);
      done();
    });
  }

  #arrive(delay_ms: number, run: () => void): void {
    const { world } = this.#line;
    this.#last_ms = Math.max(this.#last_ms, world.now + delay_ms);
    world.at(this.#last_ms - world.now, () => {
      if (!this.#line.isCut && this.#peer && !this.#peer.destroyed) run();
    });
  }

  #cut(): void {
    const { world } = this.#line;
    world.say(() => 'fault: the connection of a client breaks');
    world.count('connections that broke');
    this.#line.isCut = true;
    for (const end of [this, this.#peer]) {
      world.at(world.between(0, world.chance(LATE_PERCENT) ? HEARD_LATE_MS_MAX : 8), () => end?.break());
    }
  }

  // What Node's HTTP asks of a socket besides; none of it means anything here.
  setTimeout(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

export interface Connection {
  readonly client: End;
  readonly server: End;
  /** The process at the server's end has died: it hears nothing, and the client hears of it, or has to lose its patience. */
  sever(): void;
}

export function connect(world: World, rates: () => FaultRates): Connection {
  const line: Line = { world, rates, isCut: false };
  const [client, server] = [new End(line), new End(line)];
  client.join(server);
  server.join(client);
  return {
    client,
    server,
    sever() {
      line.isCut = true;
      if (!world.chance(LATE_PERCENT)) world.at(world.between(0, 8), () => client.break());
    },
  };
}
