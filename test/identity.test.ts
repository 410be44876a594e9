/** A whole region with its database: service accounts by kubectl, and the way to signing in. How people sign in is tested where that is done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { Browser, formOf } from '#trust/identity/testing/browser.ts';
import { createOrganization } from './support/project.ts';
import { startRegion } from './support/region.ts';

const BINDING = {
  apiVersion: 'access.casemate.internal/v1',
  kind: 'RoleBinding',
  metadata: { name: 'robot' },
  spec: {
    role: 'project-viewer',
    project: 'default',
    subjects: [{ kind: 'ServiceAccount', name: 'robot', project: 'default' }],
  },
};

test('a region issues tokens that work, and begins to sign people in', async (t) => {
  const region = await startRegion({ settings: 'incus:\n  mode: none' });
  t.after(() => region.destroy());
  const admin = await createOrganization(region, 'ministry');
  await admin.kubectl('create', 'serviceaccount', 'robot');
  await admin.apply(JSON.stringify(BINDING));
  const token = (await admin.kubectl('create', 'token', 'robot', '--duration', '10m')).trim();
  const config = JSON.parse(await admin.kubectl('config', 'view', '--raw', '-o', 'json'));
  const ca = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString('utf8');
  const browser = new Browser(ca);
  t.after(() => browser.close());
  const asRobot = (path: string) =>
    browser.get(`${region.url}/orgs/ministry${path}`, {
      Authorization: `Bearer ${token}`,
      Accept: 'application/json',
    });
  assert.equal((await asRobot('/api/v1/namespaces/default/configmaps')).code, 200);
  assert.equal((await asRobot('/api/v1/namespaces/default/secrets')).code, 403);
  await admin.kubectl('delete', 'serviceaccount', 'robot');
  assert.equal((await asRobot('/api/v1/namespaces/default/configmaps')).code, 401);

  const login = spawn(
    process.execPath,
    [join(PROGRAM_FOLDER, 'src/cli/main.ts'), 'login', '--org', 'ministry'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: region.scratch,
        KUBECONFIG: join(region.data, 'operator.kubeconfig'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  t.after(() => login.kill());
  let said = '';
  for await (const chunk of login.stderr.setEncoding('utf8')) {
    said += chunk;
    if (said.includes('Waiting')) break;
  }
  const [, link = ''] = /(https:\S+)/.exec(said) ?? [];
  const [, code = ''] = /the code {2}([A-Z-]+)/.exec(said) ?? [];
  const form = formOf((await browser.get(link)).text);
  const confirm = await browser.post(new URL(form.action, link).href, { ...form.fields, user_code: code });
  const next = formOf(confirm.text);
  const page = await browser.follow(
    await browser.post(new URL(next.action, link).href, { ...next.fields, confirm: 'yes' }),
  );
  assert.match(new URL(page.url).pathname, /^\/orgs\/ministry\/oidc\/interaction\//);
  assert.match(page.text, /<form/);
  assert.doesNotMatch(page.text + readFileSync(join(region.data, 'operator.kubeconfig'), 'utf8'), /eyJ/);
});
