/**
 * Why an object is not as it should be, in words for the person who made it: it becomes the object's Ready condition.
 * An engine's own message never does: it goes to the operator's log.
 */
import { IncusError } from '#engines/incus/errors.ts';

const RETRY_MS = 5_000;
/** What would change it is a restart of the region. */
const ABSENT_RETRY_MS = 10 * 60_000;

export class Obstacle extends Error {
  override readonly name = 'Obstacle';
  /** CamelCase, for programs. */
  readonly reason: string;
  readonly retryAfter_ms: number;
  /** The engine's own words, for the operator. */
  readonly detail: string | undefined;

  constructor(
    reason: string,
    message: string,
    options: { readonly retryAfter_ms?: number; readonly detail?: string } = {},
  ) {
    super(message);
    this.reason = reason;
    this.retryAfter_ms = options.retryAfter_ms ?? RETRY_MS;
    this.detail = options.detail;
  }
}

/** Turns what an engine threw while `doing` into an obstacle; anything else is thrown on. */
export function obstacleOf(error: unknown, doing: string): Obstacle {
  if (error instanceof Obstacle) return error;
  if (!(error instanceof IncusError)) throw error;
  const options = { detail: error.message };
  if (/no space left|disk quota|not enough space/i.test(error.message)) {
    return new Obstacle(
      'StorageFull',
      `could not be ${doing}: there is no room left; delete what is not needed, or ask the region’s operator for storage`,
      { ...options, retryAfter_ms: 60_000 },
    );
  }
  // Incus says so of a virtual machine, whose processors are its host's.
  if (/cannot allocate more CPUs|not enough hotpluggable CPUs/i.test(error.message)) {
    return new Obstacle(
      'TooFewProcessors',
      `could not be ${doing}: spec.cpu asks for more processors than the host has; lower it, or ask the region’s operator for a larger host`,
      { ...options, retryAfter_ms: 60_000 },
    );
  }
  switch (error.code) {
    case 'Unavailable':
    case 'Timeout':
      return new Obstacle(
        'EngineUnavailable',
        `could not be ${doing}: the region’s compute engine does not answer; it is tried again, and what runs goes on`,
        options,
      );
    case 'Absent':
      return new Obstacle('NoComputeEngine', `could not be ${doing}: ${error.message}`, {
        retryAfter_ms: ABSENT_RETRY_MS,
      });
    case 'Conflict':
      return new Obstacle('EngineBusy', `could not be ${doing} yet: another step is still running`, {
        ...options,
        retryAfter_ms: 1_000,
      });
    case 'Unsupported':
      return new Obstacle('EngineTooOld', `could not be ${doing}: ${error.message}`, {
        ...options,
        retryAfter_ms: 60_000,
      });
    default:
      return new Obstacle(
        'EngineRefused',
        `could not be ${doing}: the compute engine refused; it is tried again, and the region’s operator finds why in the region’s log`,
        { ...options, retryAfter_ms: 15_000 },
      );
  }
}
