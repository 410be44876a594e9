/** Ports for servers of tests and measurements. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the ports that Linux opens connections from, one of which may be taken at any moment, and above 10080, which browsers refuse to visit. */
const PORTS = { first: 11_000, count: 7_000, tries: 100 };
/** In the folder of a run of the tests, which many of them share; whoever is alone needs none. */
const GIVEN = process.env.CASEMATE_TEST_RUN === undefined ? undefined : join(tmpdir(), 'ports');

/** A port of 127.0.0.1 that nobody listens at, nor at the one `above` it; neither is given to another test of this run. */
export async function freePort(above?: number): Promise<number> {
  for (let tries = 0; tries < PORTS.tries; tries++) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const all = above === undefined ? [port] : [port, port + above];
    if (all.every(reserve) && (await Promise.all(all.map(isFree))).every(Boolean)) return port;
  }
  throw new Error(`no free port in ${PORTS.tries} tries from ${PORTS.first} on`);
}

/** Between a look at a port and the server there, another test would find it free as well. */
function reserve(port: number): boolean {
  if (GIVEN === undefined) return true;
  mkdirSync(GIVEN, { recursive: true });
  try {
    writeFileSync(join(GIVEN, `${port}`), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
