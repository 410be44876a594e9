/**
 * http-01 (RFC 8555 §8.3), held to what is safe from inside a region: the region knocks only at a door that the tenant opened (a Forward to
 * the instance's port 80, whose address the region itself gave out). The name is never looked up, redirects are not followed, little is read
 * and not for long: so nobody can make the region ask anything of anybody else.
 */
import { request } from 'node:http';
import type { Clock } from '#kernel/clock.ts';
import { CHALLENGE_BYTES_MAX, CHALLENGE_MS, CHALLENGES_MAX } from './limits.ts';
import type { Door } from './names.ts';
import { Problem } from './problem.ts';

export interface Knock {
  readonly door: Door;
  readonly name: string;
  readonly token: string;
  readonly thumbprint: string;
}

export interface HttpChallenge {
  /** Resolves when the instance answered as it should. Throws connection, incorrectResponse, rateLimited. */
  check(knock: Knock): Promise<void>;
}

export function httpChallenge(clock: Clock): HttpChallenge {
  let open = 0;
  return {
    async check({ door, name, token, thumbprint }) {
      if (open >= CHALLENGES_MAX) {
        throw new Problem('rateLimited', 'too many challenges are being checked', { retryAfter_s: 1 });
      }
      open += 1;
      try {
        const text = await read(clock, door, name, token);
        if (text.trimEnd() === `${token}.${thumbprint}`) return;
      } finally {
        open -= 1;
      }
      throw new Problem(
        'incorrectResponse',
        `${name} answered /.well-known/acme-challenge/ with something else than the key authorization`,
      );
    },
  };
}

function read(clock: Clock, { host, port }: Door, name: string, token: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const controller = new AbortController();
  const cancel = clock.after(CHALLENGE_MS, () => controller.abort());
  const asked = request(
    {
      host,
      port,
      path: `/.well-known/acme-challenge/${token}`,
      headers: { Host: name, 'User-Agent': 'casemate-acme', Connection: 'close' },
      agent: false,
      signal: controller.signal,
    },
    (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      if (response.statusCode !== 200) {
        reject(
          new Problem(
            'incorrectResponse',
            `${name} answered with ${response.statusCode}, not 200; redirects are not followed`,
          ),
        );
        controller.abort();
        return;
      }
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= CHALLENGE_BYTES_MAX) return;
        reject(
          new Problem('incorrectResponse', `${name} answered with more than ${CHALLENGE_BYTES_MAX} bytes`),
        );
        controller.abort();
      });
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.on('error', fail);
    },
  );
  function fail(): void {
    reject(
      new Problem(
        'connection',
        `nothing answered for ${name} at ${host}:${port}, its Forward to port 80, within ${CHALLENGE_MS / 1000} seconds`,
      ),
    );
  }
  asked.on('error', fail);
  asked.end();
  return promise.finally(cancel);
}
