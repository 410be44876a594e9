/**
 * The real API server over TLS with two places for watches, run inside a namespace of its own; it prints how to reach it, then does what each
 * line of its input says and answers with a line of JSON. For tests only.
 *
 * `write NAME` creates an object; `place` tells whether a watch finds a place: its code.
 */
import { createInterface } from 'node:readline';
import { TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { startTestServer } from '#kernel/wire/test-server.ts';
import { openWatch } from '#kernel/wire/test-watch.ts';

const PLACES = 2;
const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';

const server = await startTestServer({
  kinds: TEST_KINDS,
  host: '0.0.0.0',
  limits: { watches_max: PLACES },
  options: { peerProbing: { idle_ms: 1_000, interval_ms: 1_000, probes: 2 } },
});
const { url, clientCertificate } = server;
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ port: Number(new URL(url).port), path: `${MACHINES}?watch=true`, ...clientCertificate });

for await (const line of createInterface({ input: process.stdin })) {
  const [command, name] = line.split(' ');
  if (command === 'write') {
    const body = { metadata: { name }, spec: { image: 'debian' } };
    say((await server.send('POST', MACHINES, body)).code);
  } else {
    const watch = await openWatch(server, `${MACHINES}?watch=true`);
    watch.close();
    say(watch.response.statusCode);
  }
}
await server.close();
