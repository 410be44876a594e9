/**
 * What chronyd is told, as data and then in its own words: where time comes from, whom it is served to, and whether it may set this machine's clock. Pure. Values
 * come from the operator's settings; each is held against a pattern before it becomes part of a directive, which therefore never holds a line break or a second one.
 */
import { isIP } from 'node:net';

/** What one region's chronyd takes time from. */
export type TimeSource =
  | {
      /** An address, never a name: nobody outside is asked for one. */
      readonly server: string;
      /** Another port than 123. */
      readonly port?: number;
      /** Path of a PEM file with the authorities that its certificate must come from: then time is taken from it by NTS (RFC 8915) only. */
      readonly nts?: string;
    }
  /** A clock on this machine, as chrony.conf(5) writes it: `PPS /dev/pps0 lock NMEA`, `SHM 0 refid NMEA`, `PHC /dev/ptp0`. */
  | { readonly refclock: string };

export const REFCLOCK =
  /^(PPS|SHM|SOCK|PHC) [A-Za-z0-9/_.:-]{1,200}( (refid|lock|poll|dpoll|offset|delay|precision|stratum|rate|filter|maxdispersion|width|prefer|trust|require|noselect|tai|local|pps|[A-Za-z0-9_.+-]{1,40})){0,20}$/;
const PATH = /^\/[A-Za-z0-9/_.+-]{1,200}$/;
export const TIME_SOURCES_MAX = 16;
/** What it is served at when no source was ever reached: far enough from the truth that any real server is believed before it (RFC 5905, 1 to 15). */
const OWN_STRATUM = 10;
const NTP_PORT = 123;

export interface TimeSettings {
  readonly sources: readonly TimeSource[];
  /** IPv4 ranges that are answered. */
  readonly allow: readonly string[];
  /** UDP: where it is served. The packet filter leads port 123 of each gateway there. */
  readonly port: number;
  /** Where it keeps what it learnt of the clock. Its own, and nobody else's to write. */
  readonly folder: string;
  /** Whether it may set this machine's clock. */
  readonly setsClock: boolean;
}

/** Questions about it are answered at this port of loopback; none of them changes anything. */
export const questionsPort = (port: number): number => port + 1;

/** Directives of chrony.conf(5). Throws RangeError that names what is wrong. */
export function directives({ sources, allow, port, folder, setsClock }: TimeSettings): readonly string[] {
  if (sources.length > TIME_SOURCES_MAX)
    throw new RangeError(`${sources.length} sources of time; at most ${TIME_SOURCES_MAX}`);
  const authorities = [...new Set(sources.flatMap((one) => ('nts' in one && one.nts ? [one.nts] : [])))];
  for (const path of [folder, ...authorities])
    if (!PATH.test(path)) throw new RangeError(`"${path}" is no plain absolute path`);
  return [
    ...sources.map(sourceDirective),
    ...authorities.map((path, at) => `ntstrustedcerts ${at + 1} ${path}`),
    // Without a source it serves this machine's clock, and says by its stratum that this is all it is.
    `local stratum ${OWN_STRATUM}`,
    `port ${port}`,
    ...allow.map((range) => `allow ${range}`),
    'bindcmdaddress 127.0.0.1',
    // No socket at which it could be told anything.
    'bindcmdaddress /',
    `cmdport ${questionsPort(port)}`,
    'ratelimit interval 1 burst 16',
    `pidfile ${folder}/chronyd.pid`,
    `driftfile ${folder}/drift`,
    ...(authorities.length === 0 ? [] : [`ntsdumpdir ${folder}`]),
    ...(setsClock ? ['makestep 1 3', 'rtcsync'] : []),
  ];

  function sourceDirective(source: TimeSource): string {
    if ('refclock' in source) {
      if (!REFCLOCK.test(source.refclock))
        throw new RangeError(`"${source.refclock}" is no refclock such as PPS /dev/pps0`);
      return `refclock ${source.refclock}`;
    }
    const { server, nts } = source;
    if (isIP(server) === 0) throw new RangeError(`"${server}" is no address`);
    const more = nts === undefined ? '' : ` nts certset ${authorities.indexOf(nts) + 1}`;
    return `server ${server} port ${source.port ?? NTP_PORT} iburst minpoll 4 maxpoll 8${more}`;
  }
}
