/**
 * The region process' side of the agent's socket. Each call is a connection of its own, so an agent that restarts is no
 * state to repair here.
 */
import { connect } from 'node:net';
import type { FilterModel } from './model.ts';
import {
  type AgentRequest,
  type AgentResponse,
  encodeFrame,
  type FilterState,
  readFrame,
} from './protocol.ts';
import type { SealState, ZonesPassed } from './seal/keeper.ts';
import type { SealModel } from './seal/model.ts';
import type { ZonePort } from './seal/zone-ports.ts';

const ANSWER_TIME_LIMIT_MS = 45_000;

/** What the network service needs of a packet filter. */
export interface FilterClient {
  /** Why there is no packet filter here at all; then nothing else may be called. */
  readonly absent?: string;
  /** Replaces what is in force, at once and as a whole. Resolves when it is. */
  apply(model: FilterModel): Promise<FilterState>;
  state(): Promise<FilterState>;
  /** Removes all the region's rules. */
  clear(): Promise<FilterState>;
}

export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly reason: 'Absent' | 'Unreachable' | 'BadRequest' | 'InvalidModel' | 'NftFailed';

  constructor(reason: FilterError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A client of the agent at a socket path. Its calls throw FilterError. */
export function filterClient(socketPath: string): FilterClient {
  const call = async (request: AgentRequest): Promise<FilterState> => {
    const response = await ask(socketPath, request);
    if (!response.ok) throw new FilterError(response.reason, response.message);
    if (!('state' in response)) throw new FilterError('BadRequest', 'the agent answered something else');
    return response.state;
  };
  return {
    apply: (model) => call({ operation: 'apply', model }),
    state: () => call({ operation: 'state' }),
    clear: () => call({ operation: 'clear' }),
  };
}

/** What the seal needs of the agent. Its calls throw FilterError. */
export interface SealClient {
  /** Why there is no agent here at all; then nothing else may be called. */
  readonly absent?: string;
  /** Puts a seal in force, and back in its place what was changed by hand. Resolves when it is. */
  apply(model: SealModel): Promise<SealState>;
  state(): Promise<SealState>;
  /** Gives the process that tries networks a port into each. */
  openZones(pid: number): Promise<readonly ZonePort[]>;
  /** Takes them away, and says how far what it sent came. */
  closeZones(): Promise<ZonesPassed>;
}

/** A client of the same agent, for the seal. */
export function sealClient(socketPath: string): SealClient {
  const call = async (request: AgentRequest) => {
    const response = await ask(socketPath, request);
    if (!response.ok) throw new FilterError(response.reason, response.message);
    return response;
  };
  const other = () => new FilterError('BadRequest', 'the agent answered something else');
  const state = async (request: AgentRequest): Promise<SealState> => {
    const response = await call(request);
    if (!('seal' in response)) throw other();
    return response.seal;
  };
  return {
    apply: (model) => state({ operation: 'seal', model }),
    state: () => state({ operation: 'seal-state' }),
    async openZones(pid) {
      const response = await call({ operation: 'zones-open', model: pid });
      if (!('zones' in response)) throw other();
      return response.zones;
    },
    async closeZones() {
      const response = await call({ operation: 'zones-close' });
      if (!('passed' in response)) throw other();
      return response.passed;
    },
  };
}

/** For a region without a packet filter, which says `why`. */
export function noSeal(why: string): SealClient {
  const refuse = () => Promise.reject(new FilterError('Absent', why));
  return { absent: why, apply: refuse, state: refuse, openZones: refuse, closeZones: refuse };
}

/** For a region without a packet filter, which says `why`. */
export function noFilter(why: string): FilterClient {
  const refuse = () => Promise.reject(new FilterError('Absent', why));
  return { absent: why, apply: refuse, state: refuse, clear: refuse };
}

async function ask(socketPath: string, request: AgentRequest): Promise<AgentResponse> {
  const socket = connect(socketPath);
  socket.setTimeout(ANSWER_TIME_LIMIT_MS, () =>
    socket.destroy(new Error('the agent did not answer in time')),
  );
  try {
    socket.end(encodeFrame(request));
    return (await readFrame(socket)) as AgentResponse;
  } catch (error) {
    throw new FilterError(
      'Unreachable',
      `the packet filter's agent at ${socketPath}: ${(error as Error).message}`,
    );
  } finally {
    socket.destroy();
  }
}
