/** What the region says of itself and of the machine that it runs on, for those who run it: the shape of `GET /about`. */

/** How much there is, and how much of it is taken, in bytes. */
export interface Room {
  readonly total: number;
  readonly used: number;
}

export interface MachineNow {
  /** Processors. */
  readonly processors: number;
  /** How many of them were wanted on average in the last minute. */
  readonly load: number;
  readonly memory: Room;
  /** Of the region's data folder. */
  readonly disk: Room;
}

/** So often a sample is taken. */
export const SAMPLE_INTERVAL_MS = 5 * 60_000;

export interface Sample extends Pick<MachineNow, 'load'> {
  /** RFC 3339. */
  readonly at: string;
  /** Bytes. */
  readonly memory: number;
  /** Bytes. */
  readonly disk: number;
}

/** One of the region's own processes. */
export interface AboutProcess {
  readonly name: string;
  readonly state: 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'stopped';
  /** The region works without it. */
  readonly optional: boolean;
  /** How often it was started again since the supervisor started. */
  readonly restarts: number;
  /** RFC 3339, since when it is in this state. */
  readonly since: string;
  /** RFC 3339, since when it does not do its work, however often it is tried again. Absent: it does. */
  readonly wrongSince?: string;
  /** Why it does not do its work, although it runs. */
  readonly failing?: string;
  /** Why it last ended or did not become ready. */
  readonly lastFailure?: string;
  /** What it says of itself: things that do not work, in words for a person. */
  readonly notes: readonly string[];
}

export interface RegionAbout {
  /** Of Casemate. */
  readonly version: string;
  readonly name: string;
  /** The certificate authority that its servers are known by, in PEM. */
  readonly authority: string;
  readonly machine: MachineNow;
  /** Empty where nobody says how they are. */
  readonly processes: readonly AboutProcess[];
  /** The oldest first; since this process was started, and no longer than a day. */
  readonly samples: readonly Sample[];
}
