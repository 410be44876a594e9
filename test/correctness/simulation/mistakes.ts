/**
 * Mistakes that somebody could make in the wire, each as if a parameter of a request had been misread: to see that the simulation finds
 * them.
 */
import type { IncomingMessage } from 'node:http';
import { decodeContinue, encodeContinue } from '#kernel/wire/continue-token.ts';

export const WIRE_BUGS = [
  'conflicts of an apply ignored',
  'dry runs that run',
  'a page that skips one',
  'a watch that resumes one late',
  'selections ignored',
  'a list of another revision',
] as const;
export type WireBug = (typeof WIRE_BUGS)[number];

/** What the request's URL is to a server with that mistake in it. */
export function mistaken(bug: WireBug): (request: IncomingMessage) => string {
  return ({ url = '/', method, headers }) => {
    const [path = '/', text = ''] = url.split('?');
    const query = new URLSearchParams(text);
    switch (bug) {
      case 'conflicts of an apply ignored':
        if (headers['content-type'] === 'application/apply-patch+yaml') query.set('force', 'true');
        break;
      case 'dry runs that run':
        query.delete('dryRun');
        break;
      case 'a page that skips one': {
        const token = query.get('continue');
        if (method === 'GET' && token) query.set('continue', skipOne(token));
        break;
      }
      case 'a watch that resumes one late': {
        const revision = Number(query.get('resourceVersion') ?? 0);
        if (query.has('watch') && revision > 0) query.set('resourceVersion', String(revision + 1));
        break;
      }
      case 'selections ignored':
        query.delete('labelSelector');
        break;
      case 'a list of another revision':
        if (query.has('watch')) break;
        query.delete('resourceVersion');
        query.delete('resourceVersionMatch');
        break;
    }
    return `${path}?${query}`;
  };
}

/** The simulation's objects are called `w0`, `w1`, …: the page begins after the one that it should begin with. */
function skipOne(text: string): string {
  const token = decodeContinue(text);
  const letter = token.name.slice(0, 1);
  return encodeContinue({ ...token, name: `${letter}${Number(token.name.slice(1)) + 1}` });
}
