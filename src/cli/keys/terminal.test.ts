/** Ceremonies and unsealing as people do them: at a terminal, with shares on paper that are typed unseen. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { defaultConfigText } from '#region/config/default-text.ts';
import { layoutOf } from '#region/layout.ts';
import { unsealSocket } from '#region/sealed.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { readSealed } from '#trust/keys/seal/master-store.ts';
import { serveUnsealing } from '#trust/keys/seal/unseal-socket.ts';
import { Unsealing } from '#trust/keys/seal/unsealing.ts';
import { shellWord } from '../own-command.ts';
import { MAIN } from '../resources/test-cli.ts';
import {
  CLEARED,
  casemateInTerminal,
  ENTER,
  INTERRUPT,
  inTerminal,
  type Terminal,
} from './testing/terminal.ts';

const SHARE = /[A-Z2-7]{4}(?:-[A-Z2-7]{1,4}){16}/;
const CUSTODIANS = ['Ada', 'Grace', 'Hedy'] as const;
const THREE = CUSTODIANS.flatMap((name) => ['--custodian', name]);
const PASSPHRASE = 'correct horse battery staple';

/** Another letter in the middle of a share: a slip of the pen. */
const mistyped = (share: string) => `${share.slice(0, 20)}${share[20] === 'A' ? 'B' : 'A'}${share.slice(21)}`;
const times = (text: string, words: string) => text.split(words).length - 1;

/** One custodian alone at the screen: sees their share, clears it, and reads it back. */
async function takesShare(terminal: Terminal, name: string, index: number): Promise<string> {
  await terminal.until(`Share ${index} of 3 is ${name}'s`);
  await terminal.until('press Enter.');
  assert.doesNotMatch(terminal.screen, SHARE, 'nothing of the custodian before');
  terminal.type(ENTER);
  const shown = await terminal.until('Press Enter to clear the screen.');
  const [share] = SHARE.exec(shown) ?? [];
  assert.ok(share, shown);
  terminal.type(ENTER);
  const cleared = await terminal.until(`${name}, type share ${index} from your paper (it is not shown):`);
  assert.ok(cleared.includes(CLEARED));
  assert.doesNotMatch(terminal.screen, SHARE, 'gone from the screen and from what can be scrolled back to');
  return share;
}

it('the terminal of these tests echoes what is typed, as terminals do', async () => {
  const terminal = inTerminal(['cat'], tmpdir());
  terminal.type(`seen${ENTER}`);
  await terminal.until('seen\r\nseen\r\n');
  terminal.type('\u0004');
  assert.equal(await terminal.ended, 0);
});

describe('a ceremony at a terminal', () => {
  let folder: string;
  const shares: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-ceremony-'));
    const request = {
      format: 'casemate-issuer-request-v1',
      region: 'lux',
      request: await signingRequest(newPersonalKey()),
      constraints: { dnsNames: ['internal'], ipRanges: ['10.0.0.0/8'] },
    };
    await writeFile(join(folder, 'request.json'), JSON.stringify(request));
  });
  after(() => rm(folder, { recursive: true }));

  const ceremony = (out: string, medium: string, ...more: readonly string[]) =>
    casemateInTerminal(
      ['ca', 'ceremony', '--request', 'request.json', '--folder', medium, '--out', out, ...more],
      folder,
    );

  it('shows each custodian their own share, once; takes it from paper unseen; and says what is wrong with another', async () => {
    const terminal = ceremony('answer.json', 'root', ...THREE, '--threshold', '2');
    shares.push(await takesShare(terminal, 'Ada', 1));
    terminal.type(`${shares[0]}${ENTER}`);

    shares.push(await takesShare(terminal, 'Grace', 2));
    terminal.type(`${mistyped(shares[1] ?? '')}${ENTER}`);
    await terminal.until('that share was mistyped: its checksum does not fit');
    await terminal.until('type share 2');
    terminal.type(`${shares[0]}${ENTER}`);
    await terminal.until('that is share 1, not yours');
    await terminal.until('type share 2');
    terminal.type(`what I had for lunch${ENTER}`);
    await terminal.until('that is no share: it has 17 groups');
    await terminal.until('type share 2');
    // A slip that is noticed while typing.
    terminal.type(`XY\u007f\u007f${shares[1]?.toLowerCase().replaceAll('-', ' ')}${ENTER}`);

    shares.push(await takesShare(terminal, 'Hedy', 3));
    terminal.type(`${shares[2]}${ENTER}`);
    await terminal.until('Ceremony of the offline root of region lux');
    await terminal.until('Hedy, who read it back');
    assert.equal(await terminal.ended, 0, terminal.all);
    for (const share of shares) {
      assert.equal(times(terminal.all, share), 1, 'shown to its custodian, and echoed nowhere');
      assert.ok(!terminal.screen.includes(share));
    }
    assert.doesNotMatch(terminal.all, /lunch/);
    assert.ok(!terminal.all.includes(mistyped(shares[1] ?? '')));
    assert.equal(new Set(shares).size, 3);
    assert.deepEqual((await readdir(join(folder, 'root'))).sort(), [
      'master.sealed',
      'root.crt',
      'root.sealed',
    ]);
  });

  it('opens the root again with k of n shares, in any order, typed unseen; a wrong one is refused and says why', async () => {
    const terminal = ceremony('second.json', 'root');
    await terminal.until('Share 1 of 2:');
    terminal.type(`${shares[2]}${ENTER}`);
    await terminal.until('Share 2 of 2:');
    terminal.type(`${mistyped(shares[0] ?? '')}${ENTER}`);
    await terminal.until('that share was mistyped');
    await terminal.until('Share 2 of 2:');
    // The same custodian twice is one.
    terminal.type(`${shares[2]}${ENTER}`);
    await terminal.until('Share 2 of 2:');
    terminal.type(`${shares[0]}${ENTER}`);
    await terminal.until('root                       opened');
    assert.equal(await terminal.ended, 0, terminal.all);
    assert.doesNotMatch(terminal.all, SHARE);
    const [first, second] = await Promise.all(
      ['answer.json', 'second.json'].map(async (name) =>
        JSON.parse(await readFile(join(folder, name), 'utf8')),
      ),
    );
    assert.equal(second.root, first.root);
  });

  it('takes no share of another ceremony', async () => {
    const other = ceremony('other.json', 'other', ...THREE, '--threshold', '2');
    for (const [at, name] of CUSTODIANS.entries()) {
      const share = await takesShare(other, name, at + 1);
      if (at === 0) {
        other.type(`${shares[0]}${ENTER}`);
        await other.until(/that share is of another ceremony \(\w{8}\)/);
        await other.until('type share 1');
      }
      other.type(`${share}${ENTER}`);
    }
    assert.equal(await other.ended, 0, other.all);
  });

  it('clears the share from the screen when it is broken off, and leaves nothing half made', async () => {
    const terminal = ceremony('never.json', 'never', ...THREE, '--threshold', '2');
    await terminal.until('press Enter.');
    terminal.type(ENTER);
    const shown = await terminal.until('Press Enter to clear the screen.');
    assert.match(shown, SHARE);
    terminal.type(INTERRUPT);
    assert.notEqual(await terminal.ended, 0);
    assert.doesNotMatch(terminal.screen, SHARE);
    assert.deepEqual(await readdir(join(folder, 'never')), []);
    assert.ok(!(await readdir(folder)).includes('never.json'));
  });

  it('clears the share from the screen when the process is told to end', async () => {
    const args = [
      'ca',
      'ceremony',
      '--request',
      'request.json',
      '--folder',
      'killed',
      '--out',
      'killed.json',
    ];
    const command = [process.execPath, MAIN, ...args, ...THREE, '--threshold', '2'].map(shellWord).join(' ');
    const terminal = inTerminal(['sh', '-c', `echo pid $$.; exec ${command}`], folder);
    const pid = Number(/pid (\d+)\./.exec(await terminal.until(/pid \d+\./))?.[1]);
    await terminal.until('press Enter.');
    terminal.type(ENTER);
    await terminal.until('Press Enter to clear the screen.');
    process.kill(pid, 'SIGTERM');
    assert.notEqual(await terminal.ended, 0);
    assert.doesNotMatch(terminal.screen, SHARE);
    assert.deepEqual(await readdir(join(folder, 'killed')), []);
  });

  it('ends unchanged when a custodian cannot read their share back', async () => {
    const terminal = ceremony('unread.json', 'unread', ...THREE, '--threshold', '2');
    await takesShare(terminal, 'Ada', 1);
    for (let attempt = 1; attempt < 5; attempt++) {
      terminal.type(`nothing${ENTER}`);
      await terminal.until('that is no share');
      await terminal.until('type share 1');
    }
    terminal.type(`nothing${ENTER}`);
    await terminal.until('Ada could not read share 1 back; nothing was changed');
    assert.notEqual(await terminal.ended, 0);
    assert.deepEqual(await readdir(join(folder, 'unread')), []);
  });
});

describe('a sealed region at a terminal', () => {
  let data: string;
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'casemate-sealed-'));
    const { keys, config } = layoutOf(data);
    await mkdir(keys, { mode: 0o700 });
    await chmod(keys, 0o700);
    await writeFile(config, defaultConfigText({ name: 'lux', id: 'r00000000', listen: '127.0.0.1:6443' }));
  });
  after(() => rm(data, { recursive: true }));

  it('is sealed under a passphrase that is typed twice and shown never', async () => {
    const init = ['keys', 'ceremony', 'init', '--seal', 'passphrase', '--data', data];
    const different = casemateInTerminal(init, data);
    await different.until('New passphrase (16 characters or more):');
    different.type(`${PASSPHRASE}${ENTER}`);
    await different.until('Again:');
    different.type(`${PASSPHRASE}!${ENTER}`);
    await different.until('the two were not the same; nothing was changed');
    assert.notEqual(await different.ended, 0);
    assert.deepEqual(await readdir(layoutOf(data).keys), []);

    const terminal = casemateInTerminal(init, data);
    await terminal.until('New passphrase (16 characters or more):');
    terminal.type(`${PASSPHRASE}${ENTER}`);
    await terminal.until('Again:');
    terminal.type(`${PASSPHRASE}${ENTER}`);
    await terminal.until('Key ceremony of region lux');
    assert.equal(await terminal.ended, 0, terminal.all);
    for (const { all } of [different, terminal]) assert.ok(!all.includes('horse'), all);
  });

  it('is sealed anew for custodians once it was opened, and unsealed by k of them, one share at a time', async (t) => {
    const rotate = casemateInTerminal(
      ['keys', 'ceremony', 'rotate', '--data', data, ...THREE, '--threshold', '2'],
      data,
    );
    await rotate.until('The passphrase so far:');
    rotate.type(`not ${PASSPHRASE}${ENTER}`);
    await rotate.until('that is not the passphrase');
    await rotate.until('The passphrase so far:');
    rotate.type(`${PASSPHRASE}${ENTER}`);
    const shares: string[] = [];
    for (const [at, name] of CUSTODIANS.entries()) {
      const share = await takesShare(rotate, name, at + 1);
      rotate.type(`${share}${ENTER}`);
      shares.push(share);
    }
    assert.equal(await rotate.ended, 0, rotate.all);
    assert.ok(!rotate.all.includes('horse'));

    const layout = layoutOf(data);
    const sealed = await readSealed(layout.keys);
    assert.ok(sealed);
    const unsealing = new Unsealing(sealed);
    const socket = await serveUnsealing(unsealSocket(layout), unsealing);
    t.after(() => socket.close());
    const unseal = async (typed: string) => {
      const terminal = casemateInTerminal(['unseal', '--data', data], data);
      await terminal.until('Your share:');
      terminal.type(`${typed}${ENTER}`);
      const code = await terminal.ended;
      assert.doesNotMatch(terminal.all, SHARE);
      return { code, all: terminal.all };
    };
    const wrong = await unseal(mistyped(shares[1] ?? ''));
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.all, /that share was mistyped: its checksum does not fit/);
    assert.match((await unseal(shares[1] ?? '')).all, /Taken: 1 of 2 shares\. 1 more to go/);
    assert.match((await unseal(shares[1] ?? '')).all, /Taken: 1 of 2 shares/);
    assert.equal(unsealing.state.open, false);
    const last = await unseal(shares[2] ?? '');
    assert.match(last.all, /The region is unsealed/);
    assert.equal(last.code, 0);
    await unsealing.masterKey;
  });

  it('stays sealed, with the terminal as it was, when whoever unseals it breaks off', async (t) => {
    const layout = layoutOf(data);
    const sealed = await readSealed(layout.keys);
    assert.ok(sealed);
    const unsealing = new Unsealing(sealed);
    const socket = await serveUnsealing(unsealSocket(layout), unsealing);
    t.after(() => socket.close());
    const command = [process.execPath, MAIN, 'unseal', '--data', data].map(shellWord).join(' ');
    // Afterwards the shell's own terminal echoes again.
    const terminal = inTerminal(['sh', '-c', `${command}; cat`], data);
    await terminal.until('Your share:');
    terminal.type(`half a sh${INTERRUPT}`);
    await terminal.until('interrupted');
    terminal.type(`seen${ENTER}`);
    await terminal.until('seen\r\nseen\r\n');
    terminal.type('\u0004');
    await terminal.ended;
    assert.doesNotMatch(terminal.all, /half/);
    assert.deepEqual(unsealing.state.given, []);
  });
});
