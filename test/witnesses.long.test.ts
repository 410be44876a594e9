/**
 * Witnesses in a whole region: two `casemate witness` processes, one behind TLS, cosign what a running region's logs publish; receipts hold
 * their cosignatures and are checked where no region is; a witness that is stopped, killed, or shown a database put back is seen for what it is.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePort } from '#kernel/wire/test-port.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { until } from './crashes/until.ts';
import { output, untilFirstWord } from './support/command.ts';
import { createOrganization, type Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
/** A region that has just started asks its witnesses at once. */
const ASKED_MS_MAX = 60_000;
const READY = '.status.conditions[?(@.type=="Ready")]';

/** A witness of somebody who is not the region: a folder, and a process. */
interface Outsider {
  readonly name: string;
  readonly folder: string;
  /** Ed25519, then ML-DSA-44. */
  readonly keys: readonly string[];
  readonly spec: Readonly<Record<string, unknown>>;
  start(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
  /** What it saw last of a log: size and root. */
  saw(log: string): Promise<string>;
  /** What it complained of since it was made. */
  readonly complaints: () => string;
}

suite('a region and two witnesses', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let alice: Member;
  let one: Outsider;
  let two: Outsider;
  const file = (name: string) => join(region.scratch, name);

  before(async () => {
    const settings = 'incus:\n  mode: none\nledger:\n  witnessNetworks: [127.0.0.0/8]';
    region = await startRegion({ settings });
    alice = await createOrganization(region, 'ministry');
    await alice.casemate('project', 'create', 'shop');
    one = await outsider('one', false);
    two = await outsider('two', true);
    for (const witness of [one, two]) {
      for (const log of ['changes', 'access']) {
        const vkeys = file(`${log}.vkey`);
        writeFileSync(vkeys, await alice.casemate('ledger', 'key', '--log', log));
        await region.casemate('witness', 'follow', vkeys, '--folder', witness.folder);
      }
      writeFileSync(file('region.vkey'), await region.casemate('ledger', 'key'));
      await region.casemate('witness', 'follow', file('region.vkey'), '--folder', witness.folder);
      await witness.start();
    }
  });
  after(async () => {
    await one?.stop('SIGKILL');
    await two?.stop('SIGKILL');
    await region?.destroy();
  });

  async function outsider(name: string, withTls: boolean): Promise<Outsider> {
    const folder = file(`witness-${name}`);
    await region.casemate('witness', 'init', '--folder', folder, '--name', `${name}.example/w`);
    const keys = (await region.casemate('witness', 'key', '--folder', folder)).trim().split('\n');
    const listen = `127.0.0.1:${await freePort()}`;
    const [key, certificate] = [file(`${name}.key`), file(`${name}.crt`)];
    if (withTls) {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
      const made = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', ...subject];
      await output(region.run('openssl', [...made, '-keyout', key, '-out', certificate]), 'openssl req');
    }
    const tls = withTls ? ['--tls-key', key, '--tls-certificate', certificate] : [];
    let child: ChildProcess | undefined;
    let complaints = '';
    return {
      name,
      folder,
      keys,
      spec: {
        url: `${withTls ? 'https' : 'http'}://${listen}`,
        keys,
        ...(withTls ? { certificateAuthority: readFileSync(certificate, 'utf8') } : {}),
      },
      async start() {
        child = spawn(CASEMATE, ['witness', 'run', '--folder', folder, '--listen', listen, ...tls], {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        child.stderr?.on('data', (chunk: Buffer) => {
          complaints += chunk.toString();
        });
        await untilFirstWord(child, `witness ${name}`);
      },
      async stop(signal) {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      },
      async saw(log) {
        const rows = (await region.casemate('witness', 'show', '--folder', folder)).trim().split('\n');
        const [, size, root] = rows.map((row) => row.split(/\s+/)).find(([of]) => of === log) ?? [];
        return `${size} ${root}`;
      },
      complaints: () => complaints,
    };
  }

  const witnessManifest = ({ name, spec }: Outsider, logs: readonly string[]) =>
    JSON.stringify({
      apiVersion: 'ledger.casemate.internal/v1',
      kind: 'Witness',
      metadata: { name },
      spec: { ...spec, logs },
    });
  const askWitness = (witness: Outsider) => alice.apply(witnessManifest(witness, ['changes', 'access']));

  /** Waits until the organization's region says that of a witness; gives the words. */
  async function reason(witness: Outsider, wanted: string, who: Pick<Member, 'kubectl'> = alice) {
    await who.kubectl(
      'wait',
      `--for=jsonpath={${READY}.reason}=${wanted}`,
      `witness/${witness.name}`,
      '--timeout=90s',
    );
    return who.kubectl('get', 'witness', witness.name, '-o', `jsonpath={${READY}.message}`);
  }

  async function again(): Promise<void> {
    await region.casemate('down');
    await region.up();
  }

  /** A policy of both witnesses, of which `k` have to have cosigned. */
  async function policy(k: number): Promise<string> {
    const [log = ''] = (await alice.casemate('ledger', 'key')).split('\n');
    const lines = [one, two].map(({ name, keys }, at) => `witness ${name} ${keys[at]}`);
    const path = file(`${k}-of-2.policy`);
    writeFileSync(
      path,
      [`log ${log}`, ...lines, `group outsiders ${k} one two`, 'quorum outsiders', ''].join('\n'),
    );
    return path;
  }

  /** Where nothing is but the receipt and the policy: no region, no settings, no name to look up. */
  const offline = (...args: readonly string[]) =>
    region.run('unshare', ['--net', CASEMATE, 'ledger', 'check-receipt', ...args], {
      env: { KUBECONFIG: '/nonexistent', CASEMATE_DATA: '/nonexistent' },
    });

  const CHANGES = 'testing.casemate.internal/orgs/ministry/changes';

  test('both cosign the logs of an organization, and of the region, that name them; a receipt holds that and is proven offline', async () => {
    await Promise.all([askWitness(one), askWitness(two)]);
    await Promise.all([reason(one, 'Cosigning'), reason(two, 'Cosigning')]);
    await output(
      region.run(CASEMATE, ['apply', '-f', '-'], { input: witnessManifest(one, ['changes']) }),
      'casemate apply',
    );
    await region.kubectl(
      'wait',
      `--for=jsonpath={${READY}.reason}=Cosigning`,
      'witness/one',
      '--timeout=90s',
    );
    const both = await policy(2);
    await alice.casemate('ledger', 'prove', 'project', 'shop', '--policy', both, '-o', file('shop.receipt'));
    const proven = await offline(file('shop.receipt'), '--policy', both);
    assert.equal(proven.code, 0, proven.stderr);
    assert.match(proven.stdout, /proven.*cosigned by one on .*cosigned by two on /s);
    const stranger = await offline(file('shop.receipt'), '--key', file('region.vkey'));
    assert.equal(stranger.code, 1);
    assert.match(
      await alice.casemate('ledger', 'verify', '--log', 'changes', '--policy', both),
      /cosigned|witnessed/,
    );
  });

  test('one that is stopped: the region goes on and says so, and a policy of both says who is missing', async () => {
    await two.stop('SIGTERM');
    await again();
    assert.match(await reason(two, 'Unreachable'), /ECONNREFUSED/);
    await alice.casemate('project', 'create', 'lab');
    await again();
    const [both, any] = [await policy(2), await policy(1)];
    const prove = (path: string) =>
      alice.tryCasemate('ledger', 'prove', 'project', 'lab', '--policy', path, '-o', file('lab.receipt'));
    // The restarted region asks at once; this is for the answer.
    await until(
      'a receipt that one witness cosigned',
      ASKED_MS_MAX,
      async () => (await prove(any)).code === 0,
    );
    const missing = await prove(both);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /cosigned by 2 of \(one, two\); those who did: one$/m);
    const checked = await offline(file('lab.receipt'), '--policy', both);
    assert.equal(checked.code, 1);
    assert.match(checked.stderr, /does NOT prove anything: .*those who did: one$/m);
    assert.equal((await offline(file('lab.receipt'), '--policy', any)).code, 0);
    await two.start();
    await reason(two, 'Cosigning');
  });

  test('one that is killed knows what it cosigned; a database put back is found out, before and after it has grown', async () => {
    const cluster = join(region.data, 'postgres', 'cluster');
    await region.casemate('down');
    await output(region.run('cp', ['-a', cluster, file('old-cluster')]), 'cp');
    await region.up();
    // So many that the witness's size is no power of two: a proof from one leaves the old root out, which then convicts nobody by itself.
    for (const name of ['a', 'b', 'also', 'c']) await alice.casemate('project', 'create', name);
    // The region's own log grows by more than it would by itself.
    for (let turn = 0; turn < 12; turn++) {
      await region.kubectl('annotate', 'organization', 'ministry', '--overwrite', `turn=${turn}`);
    }
    await again();
    const size = Number(
      await alice.kubectl('get', 'namespace', 'c', '-o', 'jsonpath={.metadata.resourceVersion}'),
    );
    const seen = await until('the last project is cosigned', ASKED_MS_MAX, async () => {
      const now = await one.saw(CHANGES);
      return Number.parseInt(now, 10) > size && now;
    });

    await one.stop('SIGKILL');
    await one.start();
    assert.equal(await one.saw(CHANGES), seen);

    await region.casemate('down');
    await output(region.run('rm', ['-rf', cluster]), 'rm');
    await output(region.run('cp', ['-a', file('old-cluster'), cluster]), 'cp');
    await region.up();
    assert.match(
      await reason(one, 'RolledBack'),
      new RegExp(`^it cosigned ${seen.split(' ')[0]} leaves of ${CHANGES}`),
    );
    await region.kubectl(
      'wait',
      `--for=jsonpath={${READY}.reason}=RolledBack`,
      'witness/one',
      '--timeout=90s',
    );
    assert.match(await alice.kubectl('events'), /Warning\s+RolledBack/);

    for (const name of ['d', 'e', 'f', 'g', 'h', 'i']) await alice.casemate('project', 'create', name);
    await again();
    assert.match(await reason(one, 'OtherHistory'), new RegExp(`another history of ${CHANGES}`));
    // It goes by what it saw, whatever it is asked; and what it was shown convicts the log by itself.
    assert.equal(await one.saw(CHANGES), seen);
    assert.match(one.complaints(), new RegExp(`TWO HISTORIES: ${CHANGES}`));
    const evidence = readdirSync(join(one.folder, 'split-views')).map((name) =>
      join(one.folder, 'split-views', name),
    );
    const key = file('changes.vkey');
    const judged = await Promise.all(
      evidence.map((path) => region.run(CASEMATE, ['ledger', 'check-evidence', path, '--key', key])),
    );
    assert.ok(
      judged.some(({ code, stdout }) => code === 0 && stdout.includes(`${CHANGES} signed two histories`)),
    );
  });
});
