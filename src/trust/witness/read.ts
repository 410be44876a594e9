/** Reads what a witness saw last, over HTTP, as a monitor does. Nothing of it is believed before it is verified. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { NOTE_BYTES_MAX } from '#kernel/log/note.ts';

const LOGS_MAX = 1_000;
const LIMIT_MS = 30_000;

/** `ca`: PEM of who signed the witness's certificate. Follows no redirect. */
export function readWitness(url: string, ca?: string): Promise<string> {
  const target = new URL(`${url.replace(/\/+$/, '')}/checkpoints`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const options = { timeout: LIMIT_MS, ...(ca === undefined ? {} : { ca }) };
  const request = send(target, options, async (response) => {
    try {
      if (response.statusCode !== 200)
        throw new Error(`${target}: the witness answered ${response.statusCode}`);
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > LOGS_MAX * NOTE_BYTES_MAX) throw new Error(`${target}: the answer is too long`);
        chunks.push(chunk);
      }
      resolve(Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      request.destroy();
      reject(error);
    }
  });
  request.once('timeout', () => request.destroy(new Error(`${target}: no answer in ${LIMIT_MS / 1_000} s`)));
  request.once('error', reject);
  request.end();
  return promise;
}
