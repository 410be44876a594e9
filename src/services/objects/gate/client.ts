/** The gate as the process that serves objects has it: over its standard input and output. When it ends, so does the process: whoever answered is gone. */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '#kernel/clock.ts';
import { Channel, type Handlers } from './channel.ts';
import type { GateAsks, GateCalls, GateNews } from './protocol.ts';

export type GateClient = Channel<GateAsks, GateCalls, GateNews>;

export interface GateClientOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** What the region process asks of the buckets here. */
  readonly asks: Handlers<GateAsks>;
  readonly onNews: (news: GateNews) => void;
  readonly clock: Pick<Clock, 'after'>;
}

/** `gate.ask('holder', { accessKey })`; `gate.ended` resolves when the region process is gone. */
export const gateClient = ({ asks, ...rest }: GateClientOptions): GateClient =>
  new Channel({ ...rest, handlers: asks });
