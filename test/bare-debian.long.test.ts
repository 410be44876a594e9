/**
 * The README, word for word, on a Debian with nothing installed: `./casemate up`, then every command of its five minutes, and each
 * answer as it stands there. With a kubectl and without Node, as on a machine just delivered. Prints how long things took.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, before, suite, type TestContext, test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type BareDebian, makeBareDebian, type Release } from './support/bare-debian.ts';
import { output } from './support/command.ts';
import { consoleSession, missingFrom } from './support/console-session.ts';
import { kubectl } from './support/kubectl.ts';

const CLONE = '/root/casemate';
/** What the README shows to be refused, and is right when it is. */
const REFUSED = /^error:|100% packet loss/m;

/** `with Node` is Debian's own: any npm can fetch the pinned one. */
const MACHINES: readonly { readonly release: Release; readonly packages: readonly string[] }[] = [
  { release: 'trixie', packages: ['kubernetes-client'] },
  { release: 'bookworm', packages: ['nodejs', 'npm', 'ca-certificates'] },
];

for (const { release, packages } of MACHINES) {
  suite(`on a bare ${release} with ${packages.join(', ')}`, { timeout: 25 * 60_000 }, () => {
    let machine: BareDebian;

    before(async () => {
      machine = await makeBareDebian(release, '/var/tmp');
      execFileSync('git', ['clone', '--quiet', '--no-hardlinks', PROGRAM_FOLDER, join(machine.root, CLONE)]);
      const install = 'apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"';
      await output(machine.run('bash', ['-c', install, 'bash', ...packages]), 'apt-get');
      // Debian 12's own kubectl is older than what we promise.
      const own = join(machine.root, 'usr/bin/kubectl');
      if (!existsSync(own)) copyFileSync(kubectl().path, own);
    });
    after(async () => {
      await machine?.run(`${CLONE}/casemate`, ['destroy', '--yes']);
      await machine?.close();
    });

    test('the README’s first command makes a region of it', async (t) => {
      const took = await timed(t, './casemate up, the first time', () =>
        output(machine.run('./casemate', ['up'], { cwd: CLONE, limit_ms: 15 * 60_000 }), 'casemate up'),
      );
      assert.match(took, /^Region casemate is ready/m);
      // The session starts it again, and so warm.
      await output(machine.run('./casemate', ['down'], { cwd: CLONE }), 'casemate down');
    });

    test('every command of its five minutes answers as the README says', {
      timeout: 10 * 60_000,
    }, async (t) => {
      const exports: string[] = [];
      const session = consoleSession(readFileSync(join(machine.root, CLONE, 'README.md'), 'utf8'));
      assert.ok(session.length > 15, `the README has ${session.length} commands`);
      await timed(t, 'the five minutes', async () => {
        for (const { command, input, answer } of session) {
          const script = ['exec 2>&1', ...exports, command].join('\n');
          const { code, stdout } = await machine.run('bash', ['-c', script], { cwd: CLONE, input });
          assert.deepEqual(missingFrom(stdout, answer), [], `${command}\nanswered\n${stdout}`);
          assert.equal(
            code === 0,
            !REFUSED.test(answer.join('\n')),
            `${command} ended with ${code}: ${stdout}`,
          );
          if (command.startsWith('export ')) exports.push(command);
        }
      });
    });

    test('in the end it leaves nothing', async () => {
      await output(machine.run('casemate', ['destroy', '--yes']), 'casemate destroy');
      assert.ok(!existsSync(join(machine.root, 'var/lib/casemate')));
      const left = await output(machine.run('sh', ['-c', 'cat /proc/[0-9]*/cmdline']), 'the processes');
      assert.doesNotMatch(left, /postgres|incusd|dnsmasq|casemate/);
    });
  });
}

async function timed<T>(t: TestContext, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  t.diagnostic(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
