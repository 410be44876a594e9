/**
 * Reads what an instance asks at its gateway. Pure. It answers a program that root of the instance runs, and nobody whom another program
 * passes requests on for: the header, the method, the exact Host and the port it comes from each keep out a forged request of some sort.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { AUDIENCE_LENGTH_MAX, AUDIENCES_MAX, FIRST_UNPRIVILEGED_PORT, PATH_LENGTH_MAX } from './limits.ts';

/** The header that says the request is meant. Its value is `1`. */
export const HEADER = 'casemate-identity';

export type Question =
  | { readonly type: 'token'; readonly audiences: readonly string[] }
  | { readonly type: 'credential' }
  | { readonly type: 'kubeconfig' };

export interface Refusal {
  readonly type: 'refusal';
  readonly code: number;
  readonly message: string;
}

export interface Received {
  readonly method: string;
  /** The request's target, as it was sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly remotePort: number;
  /** `address:port` that it listens on. */
  readonly host: string;
}

/** A browser, or something that passes requests on, says so in one of these. */
const PASSED_ON: readonly string[] = [
  'origin',
  'referer',
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-real-ip',
  'sec-fetch-site',
];

const QUESTIONS: Readonly<Record<string, Question['type']>> = {
  '/v1/token': 'token',
  '/v1/credential': 'credential',
  '/v1/kubeconfig': 'kubeconfig',
};

const refuse = (code: number, message: string): Refusal => ({ type: 'refusal', code, message });

export function readRequest({ method, target, headers, remotePort, host }: Received): Question | Refusal {
  if (remotePort >= FIRST_UNPRIVILEGED_PORT) {
    return refuse(
      403,
      'only root of the instance may ask: use a source port below 1024 (curl --local-port 600-1023)',
    );
  }
  if (headers[HEADER] !== '1') return refuse(403, 'the header Casemate-Identity: 1 is missing');
  const passedOn = PASSED_ON.find((name) => headers[name] !== undefined);
  if (passedOn) return refuse(403, `the header ${passedOn} says that it was passed on for somebody else`);
  if (headers.host !== host) return refuse(403, `the Host must be ${host}`);
  if (method !== 'POST') return refuse(405, 'ask with POST');
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') {
    return refuse(400, 'send no body');
  }
  if (target.length > PATH_LENGTH_MAX || !target.startsWith('/')) return refuse(404, 'no such path');
  const [path = '', query] = target.split('?', 2);
  const type = Object.hasOwn(QUESTIONS, path) ? QUESTIONS[path] : undefined;
  if (type === undefined) {
    return refuse(404, `no such path; there are ${Object.keys(QUESTIONS).join(', ')}`);
  }
  const asked = new URLSearchParams(query);
  const unknown = [...asked.keys()].find((name) => type !== 'token' || name !== 'audience');
  if (unknown !== undefined) return refuse(400, 'the only parameter is audience, of /v1/token');
  if (type !== 'token') return { type };
  const audiences = asked.getAll('audience');
  if (audiences.length > AUDIENCES_MAX) return refuse(400, `at most ${AUDIENCES_MAX} audiences`);
  if (audiences.some((audience) => audience.length === 0 || audience.length > AUDIENCE_LENGTH_MAX)) {
    return refuse(400, `an audience has 1 to ${AUDIENCE_LENGTH_MAX} characters`);
  }
  return { type, audiences };
}
