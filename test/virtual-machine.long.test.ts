/**
 * Virtual machines, as a tenant has them: a whole region on a Debian with a kernel and a hypervisor of its own, and in it machines that get a disk, lose it, and
 * find it again on another one, while they run. Where this machine's processor cannot nest virtualization QEMU emulates one that can; then it takes most of an
 * hour, and every wait has room for that.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, before, suite, type TestContext, test } from 'node:test';
import { freePort } from '#kernel/wire/test-port.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { output, runCommand } from './support/command.ts';
import { CLONE, makeOuterMachine, type OuterMachine } from './support/outer-machine.ts';
import { createOrganization, type Member, manifest, type Place } from './support/project.ts';

const HOUR_MS = 3600_000;
const UP_LIMIT_MS = 25 * 60_000;
const START_S = 1_800;
const DISK_S = 300;
const MIB = 2 ** 20;
/** What the tests write at the beginning of a disk. */
const MARK = 'kept-through-everything';

suite('a virtual machine', { timeout: 2 * HOUR_MS }, () => {
  let outer: OuterMachine;
  let alice: Member;
  const scratch = mkdtempSync(join(tmpdir(), 'machines-'));

  const kubectl = (...args: readonly string[]) =>
    Promise.race([alice.kubectl('-n', 'web', ...args), outer.died]);
  const until = (object: string, what: string, limit_s: number) =>
    kubectl('wait', `--for=${what}`, object, `--timeout=${limit_s}s`);
  const ready = (object: string, limit_s = START_S) => until(object, 'condition=Ready', limit_s);
  const reason = (word: string) => `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${word}`;
  const change = (object: string, spec: object) =>
    kubectl('patch', object, '--type=merge', '-p', JSON.stringify({ spec }));
  const read = (object: string, path: string) => kubectl('get', object, '-o', `jsonpath={${path}}`);
  /** What an emulated machine is too slow to answer is asked again: each script may run twice. */
  const inMachine = async (name: string, script: string) => {
    const deadline_ms = performance.now() + DISK_S * 1_000;
    const isLate = (stderr: string) =>
      /does not answer; try again shortly/.test(stderr) && performance.now() < deadline_ms;
    for (;;) {
      const result = await alice.inInstance('web', name, ['sh', '-c', script]);
      if (!isLate(result.stderr)) return output(Promise.resolve(result), script);
    }
  };
  /** A machine can be Ready before its agent answers. */
  const reached = async (name: string) => {
    const deadline_ms = performance.now() + START_S * 1_000;
    while ((await alice.inInstance('web', name, ['true'])).code !== 0) {
      assert.ok(performance.now() < deadline_ms, `${name} was not reached in ${START_S} s`);
    }
  };
  /** Until it is so; the machine's own shell waits. */
  const untilIn = (name: string, condition: string) =>
    inMachine(name, `for i in $(seq ${DISK_S}); do if ${condition}; then exit 0; fi; sleep 1; done; exit 1`);

  before(async () => {
    const began = performance.now();
    const say = (line: string) =>
      console.log(`# ${((performance.now() - began) / 1000).toFixed(0)} s: ${line}`);
    chmodSync(scratch, 0o711);
    outer = await makeOuterMachine(say);
    const port = await freePort();
    const up = `cd ${CLONE} && ./casemate up --listen 127.0.0.1:${port}`;
    const told = await output(outer.run(up, { limit_ms: UP_LIMIT_MS }), 'casemate up');
    assert.doesNotMatch(told, /does not work|could not be/);
    await output(outer.run(`${CLONE}/casemate down`, { limit_ms: UP_LIMIT_MS }), 'casemate down');
    await outer.prepareForMachines();
    await output(outer.run(up, { limit_ms: UP_LIMIT_MS }), 'casemate up');
    await outer.forward(port);
    const kubeconfig = join(scratch, 'operator.kubeconfig');
    const remembered = await outer.run('cat /var/lib/casemate/operator.kubeconfig');
    writeFileSync(kubeconfig, remembered.stdout, { mode: 0o600 });
    const run: Place['run'] = (command, args, options = {}) => {
      const own = { KUBECONFIG: kubeconfig, XDG_STATE_HOME: join(scratch, 'state') };
      return runCommand(command, args, { limit_ms: HOUR_MS, ...options, env: { ...own, ...options.env } });
    };
    const casemate = (...args: readonly string[]) =>
      output(run(join(PROGRAM_FOLDER, 'casemate'), args), `casemate ${args.join(' ')}`);
    alice = await createOrganization({ run, casemate, scratch }, 'ministry');
    await alice.casemate('project', 'create', 'web');
    say(`a region is ready, by ${outer.by}`);
  });
  after(async () => {
    await outer?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('starts from the region’s own image, with a kernel of its own that Secure Boot has verified, its name and its address', async (t) => {
    // The family's name is enough: of its two images this is the one for machines.
    const machine = {
      name: 'vm',
      image: 'debian',
      type: 'virtual-machine',
      memory: '768Mi',
      disk: '4Gi',
      networks: ['lan'],
    };
    await timed(t, 'an image unpacked, and a first machine started', async () => {
      await alice.apply(manifest(['lan'], [machine]), '-n', 'web');
      await ready('instance/vm');
      await reached('vm');
    });
    assert.equal(await inMachine('vm', 'cloud-init status --wait >/dev/null; hostname'), 'vm\n');
    assert.equal((await inMachine('vm', 'systemd-detect-virt')).trim(), 'kvm');
    assert.match(await inMachine('vm', 'od -An -t u1 /sys/firmware/efi/efivars/SecureBoot-*'), / 1\n?$/);
    const address = await read('instance/vm', '.status.addresses[0].address');
    assert.ok((await inMachine('vm', 'ip -4 -o address show')).includes(` ${address}/`));
    // The disk is larger than the image.
    assert.ok(Number(await inMachine('vm', 'df --output=size -B1 / | tail -1')) > 3 * 1024 * MIB);
  });

  test('gets a block volume while it runs, at the device that its status tells, and writes to it', async () => {
    await alice.apply(volume('raw', '64Mi'), '-n', 'web');
    await ready('volume/raw', DISK_S);
    // Debian's kernel can.
    assert.equal(await read('volume/raw', '.status.conditions[?(@.type=="Encrypted")].status'), 'True');
    await change('instance/vm', { volumes: [{ volume: 'raw' }] });
    await until('instance/vm', 'jsonpath={.status.volumes[0].volume}=raw', DISK_S);
    const device = await read('instance/vm', '.status.volumes[0].device');
    await untilIn('vm', `[ -b ${device} ]`);
    assert.equal((await inMachine('vm', `blockdev --getsize64 ${device}`)).trim(), String(64 * MIB));
    await inMachine('vm', `echo ${MARK} | dd of=${device} bs=512 conv=sync,fsync status=none`);
    await until('volume/raw', 'jsonpath={.status.attachedTo[0]}=vm', DISK_S);
    assert.equal(await read('instance/vm', '.status.phase'), 'Running');
  });

  test('keeps the size of a block volume while it runs; that it is to grow waits, and says for what', async () => {
    await change('volume/raw', { size: '96Mi' });
    await until('volume/raw', reason('InUse'), DISK_S);
    const [message, device] = [
      await read('volume/raw', '.status.conditions[?(@.type=="Ready")].message'),
      await read('instance/vm', '.status.volumes[0].device'),
    ];
    assert.match(message, /grows to 96Mi once no running virtual machine has it: stop that one for a moment/);
    assert.equal((await inMachine('vm', `blockdev --getsize64 ${device}`)).trim(), String(64 * MIB));
    // Taken out while it runs, it is gone there, and grows by itself.
    await change('instance/vm', { volumes: null });
    await ready('volume/raw', DISK_S);
    await untilIn('vm', `[ ! -e ${device} ]`);
    assert.equal(await read('volume/raw', '.status.size'), '96Mi');
    await change('instance/vm', { volumes: [{ volume: 'raw' }] });
    await until('volume/raw', 'jsonpath={.status.attachedTo[0]}=vm', DISK_S);
    await untilIn('vm', `[ -b ${device} ]`);
    assert.equal((await inMachine('vm', `blockdev --getsize64 ${device}`)).trim(), String(96 * MIB));
    assert.equal(await inMachine('vm', `head -c ${MARK.length} ${device}`), MARK);
  });

  test('is told which field asks for more processors than the host has, and runs on with those that it has', async () => {
    await change('instance/vm', { cpu: '64' });
    await until('instance/vm', reason('TooFewProcessors'), DISK_S);
    await change('instance/vm', { cpu: '1' });
    await ready('instance/vm', DISK_S);
    assert.equal((await inMachine('vm', 'nproc')).trim(), '1');
  });

  test('uses another processor at once', async (t) => {
    if ((await output(outer.run('nproc'), 'nproc')).trim() === '1') return t.skip('the host has one');
    await change('instance/vm', { cpu: '2' });
    await untilIn('vm', '[ "$(nproc)" = 2 ]');
  });

  test('has more memory from its next start on; a disk stays its own through that', async (t) => {
    await change('instance/vm', { memory: '896Mi' });
    const said = '.status.conditions[?(@.type=="Ready")].message';
    const generation = await read('instance/vm', '.metadata.generation');
    await until('instance/vm', `jsonpath={.status.observedGeneration}=${generation}`, DISK_S);
    assert.match(await read('instance/vm', said), /memory of its spec from its next start on/);
    const before_kB = await memory('vm');
    const restartedAt = new Date().toISOString();
    await timed(t, 'a restart', async () => {
      await change('instance/vm', { restartedAt });
      await until('instance/vm', `jsonpath={.status.restartedAt}=${restartedAt}`, START_S);
      await ready('instance/vm');
      await reached('vm');
    });
    assert.ok((await memory('vm')) > before_kB + 64 * 1024);
    const device = await read('instance/vm', '.status.volumes[0].device');
    await untilIn('vm', `[ -b ${device} ]`);
    assert.equal(await inMachine('vm', `head -c ${MARK.length} ${device}`), MARK);
  });

  test('lets go of it to another machine, which finds there what the first one wrote', async (t) => {
    const device = await read('instance/vm', '.status.volumes[0].device');
    await change('instance/vm', { volumes: null });
    await untilIn('vm', `[ ! -e ${device} ]`);
    await change('instance/vm', { powerState: 'Stopped' });
    await until('instance/vm', reason('Stopped'), DISK_S);
    const another = { name: 'next', image: 'debian', type: 'virtual-machine', disk: '4Gi' };
    const spec = { ...another, memory: '768Mi', networks: ['lan'], volumes: [{ volume: 'raw' }] };
    await timed(t, 'a second machine started', async () => {
      await alice.apply(manifest([], [spec]), '-n', 'web');
      await ready('instance/next');
      await reached('next');
    });
    assert.equal(await read('instance/next', '.status.volumes[0].device'), device);
    await untilIn('next', `[ -b ${device} ]`);
    assert.equal(await inMachine('next', `head -c ${MARK.length} ${device}`), MARK);
  });

  test('leaves nothing: its disk and its processes go with it, and the region with all of its own', async () => {
    await kubectl('delete', 'instance', 'next', 'vm', '--timeout=600s');
    await kubectl('delete', 'volume', 'raw', '--timeout=300s');
    assert.equal(await kubectl('get', 'instances,volumes', '-o', 'name'), '');
    const left = 'pgrep -a qemu-system || true';
    assert.equal(await output(outer.run(left), left), '');
    await output(outer.run(`${CLONE}/casemate destroy --yes`), 'casemate destroy');
  });

  const memory = async (name: string) =>
    Number(await inMachine(name, "awk '/MemTotal/ {print $2}' /proc/meminfo"));
});

const volume = (name: string, size: string): string =>
  JSON.stringify({
    apiVersion: 'storage.casemate.internal/v1',
    kind: 'Volume',
    metadata: { name },
    spec: { type: 'block', size },
  });

async function timed<T>(t: TestContext, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  t.diagnostic(`${what}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return result;
}
