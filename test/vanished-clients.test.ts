/**
 * Clients that vanish without a word, as when a machine loses power or a cable is pulled: real packets over a real link between two network
 * namespaces, and then the link is down, so that neither end hears anything more of the other.
 */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './crashes/until.ts';
import { type AirGap, openAirGap } from './support/air-gap.ts';

const SERVER_SIDE = '192.0.2.1';
const CLIENT_SIDE = '192.0.2.2';
/** What the kernel is told here takes three seconds; the bound is for a busy machine. */
const NOTICED_LIMIT_MS = 60_000;

/** A program of ours inside a namespace, spoken to line by line. */
class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(gap: AirGap, name: string) {
    const script = fileURLToPath(new URL(`./support/${name}.ts`, import.meta.url));
    const [command = '', ...enter] = gap.enter;
    this.#child = spawn(command, [...enter, process.execPath, script]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async hear(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the program ended');
    return value;
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async ask(line: string): Promise<string> {
    this.say(line);
    return this.hear();
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

describe('a client that vanishes without a word', () => {
  let here: AirGap;
  let there: AirGap;
  let server: Program;
  let vanishing: Program;
  let staying: Program;

  const must = async (gap: AirGap, ...command: string[]) => {
    const { code, stderr } = await gap.run(command[0] ?? '', command.slice(1));
    assert.equal(code, 0, stderr);
  };

  beforeEach(async () => {
    here = await openAirGap();
    there = await openAirGap();
    await must(here, ...'ip link add wire type veth peer name wire netns'.split(' '), String(there.pid));
    for (const [gap, address] of [
      [here, SERVER_SIDE],
      [there, CLIENT_SIDE],
    ] as const) {
      await must(gap, 'ip', 'address', 'add', `${address}/24`, 'dev', 'wire');
      await must(gap, 'ip', 'link', 'set', 'wire', 'up');
    }
    // How often data that nobody acknowledges is sent again, before the connection counts as dead: seconds instead of a quarter of an hour.
    await must(here, 'sysctl', '-q', '-w', 'net.ipv4.tcp_retries2=3');
    server = new Program(here, 'vanishing-server');
    const where = JSON.parse(await server.hear());
    vanishing = new Program(there, 'watching-client');
    staying = new Program(here, 'watching-client');
    assert.equal(await vanishing.ask(JSON.stringify({ ...where, host: SERVER_SIDE })), 'open');
    assert.equal(await staying.ask(JSON.stringify({ ...where, host: '127.0.0.1' })), 'open');
    assert.equal(await server.ask('write before'), '201');
    assert.deepEqual([await vanishing.hear(), await staying.hear()], ['before', 'before']);
    assert.equal(await server.ask('place'), '429', 'two watches, two places');
    // Nothing is on its way any more, so that what happens next does not hang on an acknowledgement that was lost.
    await until('all is acknowledged', NOTICED_LIMIT_MS, async () => {
      const { stdout } = await here.run('ss', ['-Htn', 'state', 'established', 'dst', CLIENT_SIDE]);
      const [, sendQueue] = stdout.trim().split(/\s+/);
      return sendQueue === '0';
    });
    await must(there, 'ip', 'link', 'set', 'wire', 'down');
  });

  afterEach(async () => {
    for (const program of [vanishing, staying, server]) await program.end();
    await here.close();
    await there.close();
  });

  /** The place of the one that vanished is given to another, and the one that stayed has missed nothing. */
  const noticed = async () => {
    await until(
      'the place of the watch is free',
      NOTICED_LIMIT_MS,
      async () => (await server.ask('place')) === '200',
    );
    assert.equal(await server.ask('write after'), '201');
  };

  test('loses its watch while nothing happens, because the server asks whether it is there', async () => {
    await noticed();
    assert.equal(await staying.hear(), 'after');
  });

  test('loses its watch when changes cannot be delivered to it', async () => {
    assert.equal(await server.ask('write meanwhile'), '201');
    await noticed();
    assert.deepEqual([await staying.hear(), await staying.hear()], ['meanwhile', 'after']);
  });
});
