/**
 * Opens one watch and prints the name of each object it hears of; `open` first, and `closed` when the stream has ended. Takes where to
 * go as one line of JSON on its input. For tests only.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createInterface } from 'node:readline';

interface Where {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly cert: string;
  readonly key: string;
}

const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
const where = JSON.parse(line) as Where;
// Who the server is does not matter to what is tested here.
const [response] = (await once(get({ ...where, rejectUnauthorized: false }), 'response')) as [
  IncomingMessage,
];
response.on('error', () => {});
console.log(response.statusCode === 200 ? 'open' : `refused: ${response.statusCode}`);
for await (const event of createInterface({ input: response })) {
  console.log(JSON.parse(event).object.metadata.name);
}
console.log('closed');
