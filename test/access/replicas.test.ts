/**
 * Rights that change through one process of a region, asked about through the others: what one process acknowledged counts at the
 * next request of every other.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { type ApiClient, apiClient, kubeconfigCredentials, untilOk } from '../support/api-client.ts';
import { type Administrator, type Replica, type Replicas, startReplicas } from '../support/replicas.ts';

const ACCESS = '/apis/access.casemate.internal/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

describe('three processes of one region', () => {
  let replicas: Replicas;
  let acme: Administrator;
  let admin: ApiClient;
  const eva: ApiClient[] = [];

  before(async () => {
    replicas = await startReplicas(3);
    acme = await replicas.organization('acme');
    admin = acme.client(replicas.all[0] as Replica);
    const key = newPersonalKey();
    await made(`${ACCESS}/clientcertificates`, {
      metadata: { name: 'eva' },
      spec: { user: 'eva', groups: ['team'], request: await signingRequest(key) },
    });
    const cert = await untilOk(
      admin,
      `${ACCESS}/clientcertificates/eva`,
      ({ status }) => (status as { certificate?: string } | undefined)?.certificate,
    );
    const { ca } = kubeconfigCredentials(replicas.operatorKubeconfig());
    for (const replica of replicas.all) eva.push(apiClient(`${replica.url}/orgs/acme`, { ca, cert, key }));
  });
  after(async () => {
    for (const client of [admin, ...eva]) client?.close();
    await replicas.close();
  });

  const made = async (path: string, body: object) => {
    const { code, text } = await admin.send('POST', path, body);
    assert.equal(code, 201, text);
  };
  const removed = async (path: string) => {
    const { code, text } = await admin.send('DELETE', path);
    assert.equal(code, 200, text);
  };
  /** What every process answers to eva, asked at once. */
  const answers = () => Promise.all(eva.map(async (client) => (await client.send('GET', CONFIGMAPS)).code));
  const binding = (name: string, subject: object) => ({
    metadata: { name },
    spec: { role: 'project-viewer', subjects: [subject] },
  });

  it('a binding counts at once everywhere, and so does its going, ten times over', async () => {
    assert.deepEqual(await answers(), [403, 403, 403]);
    for (let i = 0; i < 10; i++) {
      await made(`${ACCESS}/rolebindings`, binding('eva', { kind: 'User', name: 'eva' }));
      assert.deepEqual(await answers(), [200, 200, 200]);
      await removed(`${ACCESS}/rolebindings/eva`);
      assert.deepEqual(await answers(), [403, 403, 403]);
    }
  });

  it('a binding of a group, a role of one’s own and a guardrail count at once too', async () => {
    await made(`${ACCESS}/roles`, {
      metadata: { name: 'reader' },
      spec: { rules: [{ verbs: ['list'], resources: ['configmaps'] }] },
    });
    await made(`${ACCESS}/rolebindings`, {
      metadata: { name: 'team' },
      spec: { role: 'reader', subjects: [{ kind: 'Group', name: 'team' }] },
    });
    assert.deepEqual(await answers(), [200, 200, 200]);
    const spec = {
      message: 'not today',
      verbs: ['read'],
      resources: ['configmaps'],
      except: [{ kind: 'User', name: 'alice' }],
    };
    await made(`${ACCESS}/guardrails`, { metadata: { name: 'closed' }, spec });
    assert.deepEqual(await answers(), [403, 403, 403]);
    const { text } = await (eva[2] as ApiClient).send('GET', CONFIGMAPS);
    assert.match(text, /Guardrail \\"closed\\" forbids it: not today/);
    await removed(`${ACCESS}/guardrails/closed`);
    assert.deepEqual(await answers(), [200, 200, 200]);
    const changed = await admin.send('PUT', `${ACCESS}/roles/reader`, {
      metadata: { name: 'reader' },
      spec: { scope: 'project', rules: [{ verbs: ['get'], resources: ['configmaps'] }] },
    });
    assert.equal(changed.code, 200, changed.text);
    assert.deepEqual(await answers(), [403, 403, 403]);
  });

  it('a guardrail on networks goes by the address that each process sees', async () => {
    await made(`${ACCESS}/rolebindings`, binding('eva', { kind: 'User', name: 'eva' }));
    const guardrail = (name: string, when: object) => ({
      metadata: { name },
      spec: {
        message: 'from elsewhere only',
        verbs: ['read'],
        resources: ['configmaps'],
        subjects: [{ kind: 'User', name: 'eva' }],
        when,
      },
    });
    await made(`${ACCESS}/guardrails`, guardrail('elsewhere', { addressNotIn: ['127.0.0.0/8'] }));
    assert.deepEqual(await answers(), [200, 200, 200]);
    await made(`${ACCESS}/guardrails`, guardrail('here', { addressIn: ['127.0.0.0/8'] }));
    assert.deepEqual(await answers(), [403, 403, 403]);
    await removed(`${ACCESS}/guardrails/here`);
    // A certificate is how she proved who she is.
    await made(`${ACCESS}/guardrails`, guardrail('strong', { strengthNotIn: ['certificate'] }));
    assert.deepEqual(await answers(), [200, 200, 200]);
  });
});
