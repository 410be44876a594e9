/** Opens many watches of one collection, writes to it, and measures when each watcher hears of each write. */
import { Connection, requestText } from '../lib/connection.ts';
import { cpuSeconds } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import type { WatchJob, WatchResult } from '../measures/watches.ts';
import { WatchConnection } from './watch-connection.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const OPENED_AT_ONCE = 50;
const HEARD_LIMIT_MS = 30_000;

process.once('message', async (job: WatchJob) => {
  const result = await run(job);
  process.send?.(result, () => process.exit(0));
});

const pause = (delay_ms: number) => new Promise((resolve) => setTimeout(resolve, delay_ms));

async function run({ people, watchers, writes, interval_ms, serverPid }: WatchJob): Promise<WatchResult> {
  const [writerTarget] = people;
  if (!writerTarget) throw new Error('nobody to write');
  const writer = await Connection.open(writerTarget);
  const write = (name: string) => {
    const body = JSON.stringify({ metadata: { name }, data: { text: 'x'.repeat(256) } });
    return writer.send(requestText(writerTarget, 'POST', PATH, body));
  };
  // Heard times of the write in flight, in order of hearing; its name tells a late event of another apart.
  let awaited = '';
  let heard: number[] = [];
  let onAll = () => {};
  const onLine = (line: Buffer) => {
    if (!line.includes(awaited)) return;
    heard.push(performance.now());
    if (heard.length === watchers) onAll();
  };
  const measure = async (name: string) => {
    await pause(interval_ms);
    const sent = performance.now();
    const { code, body } = await write(name);
    if (code !== 201) throw new Error(`${code}: ${body}`);
    return { sent, answered: performance.now() };
  };
  const unwatched_ms: number[] = [];
  for (let i = 0; i < writes; i++) {
    const { sent, answered } = await measure(`unwatched-${i}`);
    unwatched_ms.push(answered - sent);
  }
  const connections: WatchConnection[] = [];
  const revision = await writer.send(requestText(writerTarget, 'GET', `${PATH}?limit=1`));
  const { resourceVersion } = JSON.parse(revision.body.toString()).metadata;
  for (let i = 0; i < watchers; i += OPENED_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, watchers - i) }, async (_, at) => {
      const target = people[(i + at) % people.length] as Target;
      const path = `${PATH}?watch=true&resourceVersion=${resourceVersion}`;
      connections.push(await WatchConnection.open(target, path, onLine));
    });
    await Promise.all(some);
  }
  const cpu_s = cpuSeconds(process.pid);
  const serverCpu_s = cpuSeconds(serverPid);
  const watched_ms: number[] = [];
  const spread_ms: number[] = [];
  const sentToHeard_ms: number[] = [];
  const answeredToHeard_ms: number[] = [];
  // The first is for warming up: it also shows that every watch is open.
  for (let i = 0; i <= writes; i++) {
    awaited = `"watched-${i}"`;
    heard = [];
    const all = new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`${heard.length} of ${watchers} watchers heard`)),
        HEARD_LIMIT_MS,
      );
      onAll = () => {
        clearTimeout(limit);
        resolve();
      };
    });
    const { sent, answered } = await measure(`watched-${i}`);
    await all;
    if (i === 0) continue;
    watched_ms.push(answered - sent);
    spread_ms.push((heard.at(-1) ?? 0) - (heard[0] ?? 0));
    for (const at of heard) {
      sentToHeard_ms.push(at - sent);
      answeredToHeard_ms.push(at - answered);
    }
  }
  const perDelivery_us = (used_s: number) => (used_s * 1e6) / ((writes + 1) * watchers);
  const clientCpu_us = perDelivery_us(cpuSeconds(process.pid) - cpu_s);
  const serverCpu_us = perDelivery_us(cpuSeconds(serverPid) - serverCpu_s);
  for (const connection of connections) connection.close();
  return {
    clientCpu_us,
    serverCpu_us,
    unwatched_ms,
    watched_ms,
    spread_ms,
    sentToHeard_ms: Float64Array.from(sentToHeard_ms),
    answeredToHeard_ms: Float64Array.from(answeredToHeard_ms),
  };
}
