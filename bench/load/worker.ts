/**
 * Generates load in a process of its own, so that client and server share no event loop. Takes one job over the IPC channel,
 * answers with what it measured, and ends.
 */
import { Connection, requestText } from '../lib/connection.ts';
import type { Job, JobResult } from './job.ts';

process.once('message', async (job: Job) => {
  try {
    process.send?.({ result: await run(job) }, () => process.exit(0));
  } catch (error) {
    process.send?.({ error: String(error instanceof Error ? error.stack : error) }, () => process.exit(1));
  }
});

/** Connections open at once when clients come in turn. */
const IN_TURN = 16;

/** Many clients with a connection and a request each. */
async function runInTurn({ targets, requests, method, path }: Job): Promise<JobResult> {
  const latencies_ms: number[] = [];
  const codes: Record<string, number> = {};
  let bytes = 0;
  let next = 0;
  const started = performance.now();
  const one = async () => {
    while (next < requests) {
      const target = targets[next++ % targets.length] as Job['targets'][0];
      const connection = await Connection.open(target);
      const sent = performance.now();
      const { code, body } = await connection.send(requestText(target, method, path));
      latencies_ms.push(performance.now() - sent);
      connection.close();
      codes[code] = (codes[code] ?? 0) + 1;
      bytes += body.length;
    }
  };
  await Promise.all(Array.from({ length: IN_TURN }, one));
  return { elapsed_ms: performance.now() - started, latencies_ms, codes, bytes, next };
}

async function run(job: Job): Promise<JobResult> {
  if (job.inTurn) return runInTurn(job);
  const connections: Connection[] = [];
  const { targets, clients, requests, duration_ms, method, path, body } = job;
  for (let i = 0; i < clients; i++) {
    connections.push(await Connection.open(targets[i % targets.length] as Job['targets'][0], false));
  }
  const latencies_ms: number[] = [];
  const codes: Record<string, number> = {};
  let next = job.first ?? 0;
  const end = next + requests;
  let bytes = 0;
  let measuring = job.warmup_ms === undefined;
  let started = performance.now();
  let deadline = started + duration_ms;
  const client = async (connection: Connection, at: number): Promise<void> => {
    const target = targets[at % targets.length] as Job['targets'][0];
    while (next < end && performance.now() < deadline) {
      const number = String(next++);
      const text = requestText(target, method, path.replaceAll('%', number), body?.replaceAll('%', number));
      const sent = performance.now();
      const answer = await connection.send(text);
      const took_ms = performance.now() - sent;
      if (job.pause_ms !== undefined) await new Promise((resolve) => setTimeout(resolve, job.pause_ms));
      if (!measuring) continue;
      latencies_ms.push(took_ms);
      codes[answer.code] = (codes[answer.code] ?? 0) + 1;
      bytes += answer.size;
    }
  };
  if (job.warmup_ms !== undefined) {
    deadline = started + job.warmup_ms + duration_ms;
    setTimeout(() => {
      measuring = true;
      started = performance.now();
      process.send?.({ measuring: true });
    }, job.warmup_ms);
  } else {
    process.send?.({ measuring: true });
  }
  await Promise.all(connections.map(client));
  const elapsed_ms = performance.now() - started;
  process.send?.({ measured: true });
  for (const connection of connections) connection.close();
  return { elapsed_ms, latencies_ms, codes, bytes, next };
}
