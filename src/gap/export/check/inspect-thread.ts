/** The thread's end of `thread-inspector.ts`. Does no I/O. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Finding } from './finding.ts';
import { type InspectorSettings, ownInspector } from './inspector.ts';
import { type FromThread, REPORTS_MAX, type ToThread } from './thread-inspector.ts';

const port = parentPort;
if (port === null) throw new Error('this is the thread’s end, and no program');

const inspector = ownInspector(workerData as InspectorSettings);
const send = (message: FromThread) => port.postMessage(message);
let answered: (message: ToThread) => void = () => {};

const found: Finding[] = [];
function flush(): void {
  if (found.length > 0) send({ type: 'findings', findings: found.splice(0) });
}

async function* content(): AsyncGenerator<Buffer> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<ToThread>();
    answered = resolve;
    flush();
    send({ type: 'more' });
    const message = await promise;
    if (message.type !== 'chunk') return;
    const { buffer, byteOffset, byteLength } = message.chunk;
    yield Buffer.from(buffer, byteOffset, byteLength);
  }
}

async function inspect(file: string): Promise<void> {
  await inspector.inspect(file, content(), (finding) => {
    found.push(finding);
    if (found.length >= REPORTS_MAX) flush();
  });
  flush();
  send({ type: 'done' });
}

port.on('message', (message: ToThread) => {
  if (message.type === 'file') void inspect(message.file);
  else answered(message);
});
