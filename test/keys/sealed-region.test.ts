/** A whole region whose master key is sealed, and then one with an HSM: it starts sealed, is opened by its custodians, and serves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { softHsmModule } from '#engines/pkcs11/testing/softhsm.ts';
import { ensureAccounts } from '#region/embedded/accounts.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { output } from '../support/command.ts';
import { startRegion, type TestRegion } from '../support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const PIN = randomBytes(6).toString('hex');
const TOKEN = 'region-hsm';

describe('a region whose master key is sealed', () => {
  let region: TestRegion;
  let shares: string;
  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none\n' });
    shares = join(region.scratch, 'shares');
  });
  after(() => region.destroy());

  const settings = () => join(region.data, 'region.yaml');
  const status = async () => {
    const { stdout } = await region.run(CASEMATE, ['status', '-o', 'json']);
    return JSON.parse(stdout) as {
      state: string;
      keys?: {
        seal: string;
        validation: string;
        software: object;
        providers: { name: string; description: string }[];
      };
    };
  };
  const api = (path: string) =>
    new Promise<{ code: number; text: string }>((resolve, reject) => {
      const ca = readFileSync(join(region.data, 'keys/ca.crt'));
      const asked = request(`${region.url}${path}`, { ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
      });
      asked.once('error', reject);
      asked.end();
    });
  const unseal = async (share: number) => {
    const input = readFileSync(join(shares, `share-${share}`), 'utf8');
    return region.run(CASEMATE, ['unseal'], { input });
  };
  const untilReady = async () => {
    // Between the two servers nobody listens.
    const isReady = () =>
      api('/readyz').then(
        ({ code }) => code === 200,
        () => false,
      );
    while ((await status()).state !== 'ready' || !(await isReady()));
  };

  it('says that its key lies in a file, for as long as it does', async () => {
    const { keys } = await status();
    assert.equal(keys?.seal, 'file');
    assert.match(keys?.providers[0]?.description ?? '', /in a file of mode 0600: whoever reads the disk/);
    assert.match(keys?.validation ?? '', /none is claimed/);
    assert.deepEqual(Object.keys(keys?.software ?? {}), ['library', 'fipsProvider']);
    const version = JSON.parse(await region.kubectl('get', '--raw', '/version'));
    assert.equal(version.keys.seal, 'file');
  });

  it('starts sealed after the ceremony, says so everywhere, and opens with enough shares and no fewer', async () => {
    await region.casemate(
      'org',
      'create',
      'acme',
      '--admin',
      'alice',
      '--out',
      join(region.scratch, 'alice'),
    );
    const refused = await region.run(CASEMATE, ['keys', 'ceremony', 'init']);
    assert.match(refused.stderr, /the region runs; a ceremony takes one that is stopped/);
    await region.casemate('down');
    const people = ['Ada', 'Grace', 'Hedy'].flatMap((name) => ['--custodian', name]);
    const transcript = await region.casemate(
      ...['keys', 'ceremony', 'init', '--threshold', '2', '--shares-to', shares],
      ...people,
    );
    assert.match(transcript, /2 of 3 shares/);
    writeFileSync(settings(), `${readFileSync(settings(), 'utf8')}keys:\n  seal: shares\n`);
    await region.up();
    assert.equal((await status()).state, 'sealed');
    const ready = await api('/readyz');
    assert.deepEqual([ready.code, ready.text.startsWith('sealed: ')], [503, true]);
    const answer = await api('/orgs/acme/api/v1/namespaces');
    assert.equal(answer.code, 503);
    assert.match(JSON.parse(answer.text).message, /2 more of its key custodians must open it/);
    assert.equal((await api('/livez')).code, 200);

    assert.match((await unseal(1)).stdout, /Taken: 1 of 2 shares/);
    assert.match((await unseal(1)).stdout, /Taken: 1 of 2 shares/);
    assert.match((await unseal(3)).stdout, /unsealed/);
    await untilReady();
    assert.equal((await status()).keys?.seal, 'shares');
    assert.match(
      await region.casemate('get', 'ns', '--kubeconfig', join(region.scratch, 'alice')),
      /default/,
    );
  });

  it('organizations in the region’s HSM work, and status says in whose words', async () => {
    const { hsm } = ensureAccounts({ hsm: true });
    assert.ok(hsm);
    const folder = join(region.scratch, 'softhsm');
    mkdirSync(join(folder, 'tokens'), { recursive: true });
    const conf = join(folder, 'softhsm2.conf');
    writeFileSync(
      conf,
      `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    const what = ['--init-token', '--free', '--label', TOKEN, '--so-pin', PIN, '--pin', PIN];
    execFileSync('softhsm2-util', what, { env: { ...process.env, SOFTHSM2_CONF: conf }, stdio: 'pipe' });
    const pinFile = join(folder, 'pin');
    writeFileSync(pinFile, PIN, { mode: 0o600 });
    for (const path of [folder, ...everyPath(folder)]) chownSync(path, hsm.uid, hsm.gid);
    chmodSync(folder, 0o700);
    writeFileSync(
      settings(),
      `${readFileSync(settings(), 'utf8')}  roots: hsm1\n  hsms:\n    - name: hsm1\n      module: ${softHsmModule()}\n      token: ${TOKEN}\n      pinFile: ${pinFile}\n      environment:\n        SOFTHSM2_CONF: ${conf}\n`,
    );
    await region.up();
    for (const share of [2, 3]) await unseal(share);
    await untilReady();
    const { keys } = await status();
    assert.match(
      keys?.providers.find(({ name }) => name === 'hsm1')?.description ?? '',
      /SoftHSM project SoftHSM v2/,
    );

    await region.casemate('org', 'create', 'vault', '--admin', 'bob', '--out', join(region.scratch, 'bob'));
    const bob = { env: { KUBECONFIG: join(region.scratch, 'bob') } };
    const run = (args: readonly string[]) => output(region.run(CASEMATE, args, bob), args.join(' '));
    await run(['key', 'create', 'data', '--algorithm', 'AES-256-GCM', '--hsm']);
    while (!(await run(['key', 'list'])).includes('True'));
    const sealed = join(region.scratch, 'sealed');
    const encrypt = `${CASEMATE} key encrypt data >${sealed}`;
    await output(region.run('sh', ['-c', encrypt], { ...bob, input: 'state secret' }), encrypt);
    assert.ok(!readFileSync(sealed).includes('state secret'));
    const decrypt = `${CASEMATE} key decrypt data <${sealed}`;
    assert.equal(await output(region.run('sh', ['-c', decrypt], bob), decrypt), 'state secret');
  });
});

function everyPath(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}
