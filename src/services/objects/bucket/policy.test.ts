import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPublic, PolicyError, parsePolicy } from './policy.ts';

const PLACE = { bucket: 'data', organization: 'acme' };
const ALLOW = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::acme:user/alice' },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::data/*',
};
const policy = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const parse = (...statements: readonly object[]) => parsePolicy(policy(...statements), PLACE);

describe('a bucket policy', () => {
  it('is read into statements with people, actions, resources and conditions', () => {
    const { statements } = parse({
      ...ALLOW,
      Sid: 'readers',
      Principal: {
        AWS: ['arn:aws:iam::acme:user/alice', 'arn:aws:iam::acme:serviceaccount/lab/robot', 'acme'],
      },
      Action: ['s3:Get*', 's3:ListBucket'],
      Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/public/*'],
      Condition: {
        IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
        NumericLessThanEqualsIfExists: { 's3:max-keys': 10 },
      },
    });
    assert.deepEqual(statements, [
      {
        sid: 'readers',
        effect: 'Allow',
        principals: {
          not: false,
          list: [
            { type: 'name', name: 'alice' },
            { type: 'name', name: 'system:serviceaccount:lab:robot' },
            { type: 'organization' },
          ],
        },
        actions: { not: false, list: ['s3:Get*', 's3:ListBucket'] },
        resources: { not: false, list: ['data', 'data/public/*'] },
        conditions: [
          { operator: 'IpAddress', ifExists: false, key: 'aws:SourceIp', values: ['10.0.0.0/8'] },
          { operator: 'NumericLessThanEquals', ifExists: true, key: 's3:max-keys', values: ['10'] },
        ],
      },
    ]);
  });

  it('is refused, with the place, where a part is not known: it would mean something else than was meant', () => {
    const wrong: readonly [object, RegExp][] = [
      [{ ...ALLOW, Effect: 'allow' }, /Statement\[0\]\.Effect: should be Allow or Deny/],
      [{ ...ALLOW, Principal: { AWS: 'arn:aws:iam::rival:user/mallory' } }, /Statement\[0\]\.Principal\.AWS/],
      [{ ...ALLOW, Principal: { Federated: 'x' } }, /Statement\[0\]\.Principal: "Federated"/],
      [{ ...ALLOW, Action: 'ec2:RunInstances' }, /Statement\[0\]\.Action/],
      [{ ...ALLOW, Resource: 'arn:aws:s3:::database/*' }, /Statement\[0\]\.Resource/],
      [{ ...ALLOW, Condition: { StringMatches: {} } }, /Condition: "StringMatches"/],
      [
        { ...ALLOW, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } },
        /"aws:PrincipalOrgID" is not one of/,
      ],
      [{ ...ALLOW, NotAction: 's3:PutObject' }, /Action or NotAction, not both/],
      [
        { Effect: 'Allow', NotPrincipal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::data' },
        /goes with Deny only/,
      ],
    ];
    for (const [statement, message] of wrong)
      assert.throws(() => parse(statement), { name: 'PolicyError', message });
    assert.throws(() => parsePolicy('{', PLACE), /is no JSON/);
    assert.throws(() => parsePolicy('{"Version":"2011-01-01","Statement":[]}', PLACE), /Version/);
  });

  it('is public when it allows anything to everybody, unless a condition names somebody', () => {
    const open = { ...ALLOW, Principal: '*' };
    assert.equal(isPublic(parse(ALLOW)), false);
    assert.equal(isPublic(parse(open)), true);
    assert.equal(isPublic(parse({ ...open, Principal: { AWS: ['*'] } })), true);
    assert.equal(isPublic(parse({ ...open, Effect: 'Deny' })), false);
    const from = (range: string) => ({ ...open, Condition: { IpAddress: { 'aws:SourceIp': range } } });
    assert.equal(isPublic(parse(from('10.1.0.0/16'))), false);
    assert.equal(isPublic(parse(from('0.0.0.0/0'))), true);
    assert.equal(isPublic(parse({ ...open, Condition: { Bool: { 'aws:SecureTransport': true } } })), true);
  });

  it('never fails in another way, whatever text it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ Statement: fc.jsonValue() }).map((one) => JSON.stringify(one)),
        ),
        (text) => {
          try {
            parsePolicy(text, PLACE);
          } catch (error) {
            assert.ok(error instanceof PolicyError, String(error));
          }
        },
      ),
      { seed: 6, numRuns: 500 },
    );
  });
});
