/**
 * Certificates in a whole region: certbot gets them for instances by policy and by http-01 through a Forward, and the region changes over to
 * a root whose ceremony was held on "another machine", while everybody who knows the old root goes on.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { output } from './support/command.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const GROUP = 'certificates.casemate.internal/v1';
const WEB = 'web.lan.default.ministry.internal';
const PASSPHRASE = 'six words that nobody would guess';
/** Serves the folder /srv at port 80: what the base image has is Perl. */
const SERVER = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 8, ReuseAddr => 1) or die; exit if fork;
while (my $c = $s->accept) { my $r = <$c>; while (<$c>) { last if /^\\r?\\n$/ } my ($p) = $r =~ m{^GET /.well-known/acme-challenge/([A-Za-z0-9_-]+) };
my $b = ""; if (defined $p && open(my $f, "<", "/srv/$p")) { local $/; $b = <$f> } print $c "HTTP/1.0 200 OK\\r\\nContent-Length: ", length $b, "\\r\\n\\r\\n$b"; close $c }`;

suite('certificates', { timeout: 900_000 }, () => {
  let region: TestRegion;
  let alice: Member;

  before(async () => {
    // Or it would take two people to delete an organization.
    region = await startRegion({ settings: 'soleOperator: true' });
    alice = await organization('ministry');
  });
  after(() => region?.destroy());

  /** One with an instance `web` on a network `lan`. */
  async function organization(name: string): Promise<Member> {
    const admin = await createOrganization(region, name);
    const image = await baseImage(region);
    await admin.apply(manifest(['lan'], [{ name: 'web', image, networks: ['lan'] }]));
    await admin.kubectl('wait', '--for=condition=Ready', 'instance/web', '--timeout=120s');
    return admin;
  }

  /** certbot in a folder of its own, registered with an AcmeAccount of this name. */
  async function certbot(name: string, validation: string, who = alice, host = WEB) {
    await who.apply(
      JSON.stringify({
        apiVersion: GROUP,
        kind: 'AcmeAccount',
        metadata: { name },
        spec: { names: [host], validation },
      }),
    );
    const folder = join(region.scratch, name);
    mkdirSync(folder, { mode: 0o700 });
    const settings = join(folder, 'cli.ini');
    const own = ['config', 'work', 'logs'].map((one) => `${one}-dir = ${join(folder, one)}\n`).join('');
    writeFileSync(settings, `${await who.casemate('acme-eab', name)}${own}non-interactive = true\n`, {
      mode: 0o600,
    });
    const env = { REQUESTS_CA_BUNDLE: join(region.data, 'keys', 'ca.crt'), KUBECONFIG: who.kubeconfig };
    const run = (...args: readonly string[]) =>
      region.run('certbot', [...args, '--config', settings], { env });
    await output(run('register', '-m', 'ops@ministry.example', '--agree-tos'), 'certbot register');
    return {
      run,
      folder,
      file: (file: string) => join(folder, 'config', 'live', host, file),
    };
  }

  const verify = (bot: Awaited<ReturnType<typeof certbot>>, roots: string) =>
    region.run('openssl', [
      'verify',
      '-CAfile',
      roots,
      '-untrusted',
      bot.file('chain.pem'),
      '-verify_hostname',
      WEB,
      bot.file('cert.pem'),
    ]);

  test('certbot gets one for an instance by policy, and kubectl shows and revokes it', async () => {
    const bot = await certbot('by-policy', 'policy');
    await output(bot.run('certonly', '--standalone', '-d', WEB), 'certbot certonly');
    const { code, stderr } = await verify(bot, join(region.data, 'keys', 'ca.crt'));
    assert.equal(code, 0, stderr);
    const row = (await alice.kubectl('get', 'issuedcertificates', '--no-headers')).trim().split(/\s+/);
    assert.deepEqual(row.slice(1, 3), [WEB, 'by-policy']);
    await alice.kubectl('delete', 'issuedcertificate', row[0] ?? '', '--timeout=60s');
    assert.match(await alice.kubectl('get', 'revocations', '--no-headers'), new RegExp(`default/${row[0]}`));
  });

  test('certbot proves an instance by http-01 through a Forward, and not without one', async () => {
    const bot = await certbot('by-http', 'http-01');
    const put = join(bot.folder, 'put');
    writeFileSync(
      put,
      `#!/bin/sh\nprintf %s "$CERTBOT_VALIDATION" | ${join(PROGRAM_FOLDER, 'casemate')} exec -i web -- sh -c "cat > /srv/$CERTBOT_TOKEN"\n`,
    );
    chmodSync(put, 0o700);
    await output(alice.inInstance('default', 'web', ['perl', '-e', SERVER]), 'a server in the instance');
    const attempt = () =>
      bot.run('certonly', '--manual', '--preferred-challenges', 'http', '--manual-auth-hook', put, '-d', WEB);
    const shut = await attempt();
    assert.notEqual(shut.code, 0);
    assert.match(`${shut.stdout}${shut.stderr}`, /no Forward leads to port 80/);
    await alice.apply(
      JSON.stringify({
        apiVersion: 'network.casemate.internal/v1',
        kind: 'Forward',
        metadata: { name: 'web' },
        spec: {
          protocol: 'tcp',
          listen: { port: 28_080 },
          target: { instance: 'web', port: 80 },
          allowedSources: ['0.0.0.0/0'],
        },
      }),
    );
    await alice.kubectl('wait', '--for=condition=Ready', 'forward/web', '--timeout=60s');
    await output(attempt(), 'certbot certonly');
    assert.equal((await verify(bot, join(region.data, 'keys', 'ca.crt'))).code, 0);
  });

  test('what a destroyed organization signed is refused by whoever asks for lists, also after a restart; another organization’s is not', async () => {
    const ca = join(region.data, 'keys', 'ca.crt');
    const bob = await organization('fleeting');
    const theirs = await certbot('theirs', 'policy', bob, 'web.lan.default.fleeting.internal');
    await output(
      theirs.run('certonly', '--standalone', '-d', 'web.lan.default.fleeting.internal'),
      'certbot',
    );
    const ours = await certbot('ours', 'policy');
    await output(ours.run('certonly', '--standalone', '-d', WEB), 'certbot');
    const list = async (path: string) => {
      const der = join(region.scratch, 'one.crl');
      await output(region.run('curl', ['-sSf', '--cacert', ca, '-o', der, `${region.url}${path}`]), path);
      return output(region.run('openssl', ['crl', '-inform', 'DER', '-in', der]), 'openssl crl');
    };
    // Nobody serves it once the organization is gone; whoever has it goes by it for a day.
    const last = await list('/orgs/fleeting/certificates/1.crl');
    const judge = async (bot: typeof ours, organizationList: string) => {
      const lists = join(region.scratch, 'lists.pem');
      const more = [await list('/certificates/1.crl'), await list('/certificates/root.crl')];
      writeFileSync(lists, [organizationList, ...more].join(''));
      const files = ['-CAfile', ca, '-CRLfile', lists, '-untrusted', bot.file('chain.pem')];
      const { stdout, stderr } = await region.run('openssl', [
        'verify',
        '-crl_check_all',
        ...files,
        bot.file('cert.pem'),
      ]);
      return `${stdout}${stderr}`;
    };
    const mine = () => list('/orgs/ministry/certificates/1.crl');
    assert.match(await judge(theirs, last), /: OK/);
    await region.casemate('org', 'delete', 'fleeting', '--yes', '--timeout', '60s');
    for (const again of [false, true]) {
      assert.match(await judge(theirs, last), /at 1 depth lookup: certificate revoked/);
      assert.match(await judge(ours, await mine()), /: OK/);
      assert.match(
        await region.kubectl('get', 'revocations', '--no-headers'),
        /\/orgs\/fleeting\/issuer\/1\s+cessationOfOperation/,
      );
      if (!again) {
        await region.casemate('down');
        await region.up();
      }
    }
  });

  test('an operator holds the ceremony of an offline root, and changes the region over to it', async () => {
    const file = (name: string) => join(region.scratch, name);
    const oldRoot = readFileSync(join(region.data, 'keys', 'ca.crt'), 'utf8');
    writeFileSync(file('old.pem'), oldRoot);
    writeFileSync(file('request.json'), await region.casemate('ca', 'request', 'first'));
    const args = [
      '--request',
      file('request.json'),
      '--folder',
      file('medium'),
      '--out',
      file('answer.json'),
    ];
    const held = await region.run(
      join(PROGRAM_FOLDER, 'casemate'),
      ['ca', 'ceremony', ...args, '--seal', 'passphrase', '--present', 'Ada', '--present', 'Blaise'],
      { input: `${PASSPHRASE}\n` },
    );
    assert.equal(held.code, 0, held.stderr);
    assert.match(held.stdout, /holds no secret/);
    const imported = await region.casemate('ca', 'import', 'first', file('answer.json'));
    const { root } = JSON.parse(readFileSync(file('answer.json'), 'utf8'));
    writeFileSync(file('new.pem'), root);
    assert.match(imported, /Imported/);
    assert.match(await region.casemate('ca', 'activate', 'first'), /signs from now on/);
    // Looked at every hour, and at every start.
    await region.casemate('down');
    await region.up();
    assert.equal(readFileSync(join(region.data, 'keys', 'ca.crt'), 'utf8'), `${oldRoot}${root}`);
    const address = region.url.replace('https://', '');
    for (const roots of ['old.pem', 'new.pem']) {
      const seen = await region.run(
        'openssl',
        ['s_client', '-connect', address, '-CAfile', file(roots), '-verify_return_error', '-brief'],
        { input: '' },
      );
      assert.match(`${seen.stdout}${seen.stderr}`, /Verification: OK/, roots);
    }
    // Alice's kubeconfig knows the old root only.
    assert.match(await alice.kubectl('get', 'instance', 'web', '-o', 'name'), /web/);
    assert.match(await region.kubectl('get', 'regionissuers', '--no-headers'), /first\s+active\s+\d\s+True/);
    assert.match(await region.casemate('ledger', 'show'), /regionissuers/i);
  });

  test('the offline root is replaced by another that it vouches for, and whoever knows only the one before goes on', async () => {
    const file = (name: string) => join(region.scratch, name);
    await region.casemate('ca', 'retire-old-root', 'first');
    writeFileSync(file('request-2.json'), await region.casemate('ca', 'request', 'second'));
    const held = await region.run(
      join(PROGRAM_FOLDER, 'casemate'),
      [
        ...['ca', 'ceremony', '--request', file('request-2.json'), '--folder', file('medium-2')],
        ...['--earlier', file('medium'), '--out', file('answer-2.json'), '--seal', 'passphrase'],
      ],
      { input: `${PASSPHRASE}\n${PASSPHRASE}, and three more\n` },
    );
    assert.equal(held.code, 0, held.stderr);
    assert.match(held.stdout, /vouched for by, SHA-256/);
    const imported = await region.casemate('ca', 'import', 'second', file('answer-2.json'));
    assert.match(imported, /The root before it vouches for it: clients that know only that one go on/);
    writeFileSync(file('newest.pem'), JSON.parse(readFileSync(file('answer-2.json'), 'utf8')).root);
    assert.match(await region.casemate('ca', 'activate', 'second'), /signs from now on.*go on\./);
    await region.casemate('down');
    await region.up();
    assert.equal(
      readFileSync(join(region.data, 'keys', 'ca.crt'), 'utf8'),
      readFileSync(file('new.pem'), 'utf8') + readFileSync(file('newest.pem'), 'utf8'),
    );
    const address = region.url.replace('https://', '');
    for (const [roots, verdict] of [
      ['new.pem', /Verification: OK/],
      ['newest.pem', /Verification: OK/],
      ['old.pem', /unable to get|self-signed|verify error/],
    ] as const) {
      const seen = await region.run(
        'openssl',
        ['s_client', '-connect', address, '-CAfile', file(roots), '-verify_return_error', '-brief'],
        { input: '' },
      );
      assert.match(`${seen.stdout}${seen.stderr}`, verdict, roots);
    }
    assert.match(await region.kubectl('get', 'organizations', '-o', 'name'), /ministry/);
  });
});
