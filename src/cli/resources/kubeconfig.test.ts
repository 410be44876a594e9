import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOf, kubeconfigFiles, parseKubeconfigs } from './kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const ACME = `
apiVersion: v1
kind: Config
current-context: acme
clusters:
- name: region
  cluster: {server: "https://10.0.0.1:6443/orgs/acme/", certificate-authority-data: ${base64('CA')}}
users:
- name: alice
  user: {client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}
contexts:
- name: acme
  context: {cluster: region, user: alice, namespace: web}
`;

const OTHER = `
current-context: other
clusters: [{name: region, cluster: {server: "https://elsewhere"}}]
users: null
contexts: [{name: other, context: {cluster: region, user: nobody}}]
`;

const config = (...texts: string[]) =>
  parseKubeconfigs(texts.map((text, at) => ({ path: `/k/${at}`, text })));

test('the current context says where to go, as whom, and in which project', () => {
  assert.deepEqual(connectionOf(config(ACME)), {
    context: 'acme',
    server: 'https://10.0.0.1:6443/orgs/acme',
    project: 'web',
    ca: 'CA',
    certificate: 'CERT',
    key: 'KEY',
    token: undefined,
    serverName: undefined,
  });
});

test('of several files the first that defines a name wins, as with kubectl', () => {
  const both = config(ACME, OTHER);
  assert.equal(both.currentContext, 'acme');
  assert.equal(connectionOf(both, 'other').server, 'https://10.0.0.1:6443/orgs/acme');
});

test('what is wrong with a kubeconfig is said with its file', () => {
  assert.throws(() => config('{'), { message: /^\/k\/0 is not YAML/ });
  assert.throws(() => config('clusters: 5'), { message: /^\/k\/0 is not a kubeconfig: \/clusters/ });
  assert.throws(() => connectionOf(config('{}')), { message: '/k/0 has no current context' });
  assert.throws(() => connectionOf(config(ACME), 'acne'), { exitCode: 2, hint: 'did you mean "acme"?' });
});

test('nothing but verified TLS is spoken', () => {
  const insecure = ACME.replace('{server:', '{insecure-skip-tls-verify: true, server:');
  assert.throws(() => connectionOf(config(insecure)), {
    message: /insecure-skip-tls-verify is not supported/,
  });
  assert.throws(() => connectionOf(config(ACME.replace('https:', 'http:'))), { message: /only https/ });
});

test('the file that is given comes first, then CASEMATE_KUBECONFIG, then KUBECONFIG', () => {
  const environment = { CASEMATE_KUBECONFIG: '/c', KUBECONFIG: '/a:/b' };
  assert.deepEqual(kubeconfigFiles('/given', environment, []), ['/given']);
  assert.deepEqual(kubeconfigFiles(undefined, environment, []), ['/c']);
  assert.deepEqual(kubeconfigFiles(undefined, { KUBECONFIG: '/a:/b' }, []), ['/a', '/b']);
  assert.deepEqual(kubeconfigFiles(undefined, {}, ['/nowhere', import.meta.filename]), [
    import.meta.filename,
  ]);
  assert.deepEqual(kubeconfigFiles(undefined, {}, []), []);
});
