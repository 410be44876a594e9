/**
 * `try-networks.ts --ping PATH`: tries to leave from networks, as an instance there would. Started by the supervisor in a network namespace of its own, into which the
 * packet filter's agent puts a port of each network; it gives each its address and a way to the gateway, and tries. CAP_NET_ADMIN there is all it has, and what it
 * made goes with it: it ends with its job, with whoever asked, and when its time is over.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { parseArgs, promisify } from 'node:util';
import { sleep, systemClock } from '#kernel/clock.ts';
import { valueChecker } from '../../bundle/json.ts';
import { lines } from '../../confined/lines.ts';
import { tryToLeave } from '../probe.ts';
import { LINE_BYTES_MAX, ZonesJob, type ZonesSaid } from './protocol.ts';

const run = promisify(execFile);

const JOB_MS_MAX = 45_000;
const ZONES_AT_ONCE = 16;
/** How long a gateway may take to answer who it is. */
const GATEWAY_TRIES = 30;
const GATEWAY_TRY_MS = 100;
const DISCARD_PORT = 9;
const TABLE_FIRST = 100;

type Zone = ZonesJob['zones'][number];

const say = (said: ZonesSaid): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

async function ipBatch(commands: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin?.end(`${commands.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ip could not set up this network namespace (${code})`);
}

/** Each network by a routing table of its own: what is sent from its address goes by its port. */
async function setUp(zones: readonly Zone[]): Promise<void> {
  // Whoever has this group may open ICMP sockets here, which only this process does.
  const gid = process.getgid?.() ?? 0;
  await writeFile('/proc/sys/net/ipv4/ping_group_range', `${gid} ${gid}`);
  await ipBatch(
    zones.flatMap(({ inner, address, prefix, gateway }, at) => [
      `link set ${inner} up`,
      `address add ${address}/${prefix} dev ${inner}`,
      `rule add from ${address} table ${TABLE_FIRST + at}`,
      `route add default via ${gateway} dev ${inner} table ${TABLE_FIRST + at}`,
    ]),
  );
}

/** Whether the gateway says who it is: else nothing can be sent from there, by anybody. */
async function reachesGateway({ inner, address, gateway }: Zone): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve) => socket.bind({ address, port: 0 }, () => resolve()));
    for (let tries = 0; tries < GATEWAY_TRIES; tries++) {
      socket.send('casemate seal probe', DISCARD_PORT, gateway, () => {});
      await sleep(systemClock, GATEWAY_TRY_MS);
      const { stdout } = await run('ip', ['-j', 'neigh', 'show', 'to', gateway, 'dev', inner]);
      const [found] = JSON.parse(stdout.trim() || '[]') as readonly { readonly lladdr?: string }[];
      if (found?.lladdr !== undefined) return true;
    }
    return false;
  } finally {
    socket.close();
  }
}

async function perform(job: ZonesJob, ping: string): Promise<ZonesSaid> {
  for (const { address, gateway } of job.zones)
    if (!isIPv4(address) || !isIPv4(gateway)) throw new Error('zones: addresses must be IPv4');
  await setUp(job.zones);
  const found: { hasGateway: boolean; met: string[] }[] = [];
  for (let at = 0; at < job.zones.length; at += ZONES_AT_ONCE) {
    const some = job.zones.slice(at, at + ZONES_AT_ONCE);
    const tried = await Promise.all(
      some.map(async (zone) => {
        const hasGateway = await reachesGateway(zone);
        const met = hasGateway
          ? await tryToLeave(job.targets, systemClock, ping, zone.address)
          : job.targets.map(() => 'Unable');
        return { hasGateway, met: [...met] };
      }),
    );
    found.push(...tried);
  }
  return { type: 'met', zones: found };
}

const { values } = parseArgs({ options: { ping: { type: 'string' } } });
const input = lines(process.stdin, LINE_BYTES_MAX);
systemClock.after(JOB_MS_MAX, () => process.exit(1));
say({ type: 'ready', pid: process.pid });
const first = await input.next();
if (first.done === true) process.exit(0);
// Whoever asked has gone.
void input.next().finally(() => process.exit(1));
const failed = (error: unknown): ZonesSaid => ({ type: 'failed', message: String(error).slice(0, 4_096) });
let last: ZonesSaid;
try {
  last = await perform(valueChecker(ZonesJob)(JSON.parse(first.value), 'the job'), values.ping ?? 'ping');
} catch (error) {
  last = failed(error);
}
process.stdout.write(`${JSON.stringify(last)}\n`, () => process.exit(0));
