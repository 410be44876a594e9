import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SigningKeys } from '../signature/signing-keys.ts';
import { EXAMPLE, signForm } from '../testing/client.ts';
import { codeOfAsync } from '../testing/thrown.ts';
import { FILE_NAME_PLACE, formCall, postedAnswer } from './form-call.ts';
import { readForm } from './form-data.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const BOUNDARY = '----WebKitFormBoundaryabc';
type Fields = Readonly<Record<string, string>>;

function body(
  fields: Fields,
  file?: Uint8Array,
  { name = 'C:\\pictures\\a "$&".jpg', after = '' } = {},
): Buffer {
  const parts = Object.entries(fields).map(
    ([field, value]) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  if (!file) return Buffer.from(`${parts.join('')}--${BOUNDARY}--\r\n`);
  const quoted = name.replaceAll('"', '%22');
  const header = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${quoted}"\r\nContent-Type: image/jpeg\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(parts.join('') + header),
    file,
    Buffer.from(`\r\n${after}--${BOUNDARY}--\r\n`),
  ]);
}

async function* split(bytes: Buffer, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const NOW = Date.UTC(2015, 11, 29, 12);

async function upload(bytes: Buffer, { bucket = 'sigv4examplebucket', now_ms = NOW } = {}) {
  const form = await readForm(split(bytes, 7_000), BOUNDARY);
  const lookup = async (accessKey: string) =>
    accessKey === EXAMPLE.accessKey ? { secret: EXAMPLE.secret } : null;
  const found = await formCall(form, bucket, { lookup, keys: new SigningKeys(), now_ms });
  return { ...found, file: await collect(found.bytes) };
}

const CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request';
const SIGNING = {
  'X-Amz-Credential': CREDENTIAL,
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Date': '20151229T000000Z',
};

const SIGNER = { ...EXAMPLE, time: '20151229T000000Z' };

function signed(
  fields: Fields,
  conditions: readonly unknown[],
  expiration = '2015-12-30T12:00:00.000Z',
): Fields {
  return { ...fields, ...signForm(conditions, expiration, SIGNER) };
}

describe('uploads by forms', () => {
  it('are taken with the policy and the signature of the example that AWS publishes, but for its ACL', async () => {
    const lines = [
      '{ "expiration": "2015-12-30T12:00:00.000Z",',
      '  "conditions": [',
      '    {"bucket": "sigv4examplebucket"},',
      '    ["starts-with", "$key", "user/user1/"],',
      '    {"acl": "public-read"},',
      '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
      '    ["starts-with", "$Content-Type", "image/"],',
      '    {"x-amz-meta-uuid": "14365123651274"},',
      '    {"x-amz-server-side-encryption": "AES256"},',
      '    ["starts-with", "$x-amz-meta-tag", ""],',
      '',
      `    {"x-amz-credential": "${CREDENTIAL}"},`,
      '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
      '    {"x-amz-date": "20151229T000000Z" }',
      '  ]',
      '}',
    ];
    const fields = {
      key: `user/user1/${FILE_NAME_PLACE}`,
      acl: 'public-read',
      success_action_redirect: 'http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html',
      'Content-Type': 'image/jpeg',
      'x-amz-meta-uuid': '14365123651274',
      'x-amz-server-side-encryption': 'AES256',
      ...SIGNING,
      'x-amz-meta-tag': '',
      Policy: Buffer.from(lines.join('\r\n')).toString('base64'),
      'X-Amz-Signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
    };
    // The signature and the policy hold: what is refused is to open it to everybody.
    assert.equal(
      await codeOfAsync(upload(body(fields, Buffer.from('jpeg')))),
      'AccessControlListNotSupported',
    );
    const other = { ...fields, 'X-Amz-Signature': fields['X-Amz-Signature'].replace('8', '9') };
    assert.equal(await codeOfAsync(upload(body(other, Buffer.from('jpeg')))), 'SignatureDoesNotMatch');
  });

  const conditions = [
    { bucket: 'sigv4examplebucket' },
    ['starts-with', '$key', 'user/'],
    ['starts-with', '$Content-Type', 'image/'],
  ];
  const fields = { key: `user/ä/${FILE_NAME_PLACE}`, 'Content-Type': 'image/jpeg' };
  const file = Buffer.from('some\r\n--bytes');

  it('are a PutObject: the file’s name in the key, fields as headers, what follows the file ignored', async () => {
    const more = signed(
      {
        ...fields,
        'x-amz-meta-title': 'ü',
        tagging: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
        'x-ignore-me': 'anything',
        success_action_status: '201',
      },
      [
        ...conditions,
        { 'x-amz-meta-title': 'ü' },
        ['starts-with', '$tagging', ''],
        { success_action_status: '201' },
      ],
    );
    const after = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="submit"\r\n\r\nUpload\r\n`;
    const { call, by, file: came, success } = await upload(body(more, file, { after }));
    assert.equal(by?.accessKey, EXAMPLE.accessKey);
    assert.ok(came.equals(file));
    assert.equal(call.key, 'user/ä/a "$&".jpg');
    assert.equal(call.metadata.contentType, 'image/jpeg');
    assert.equal(call.metadata.user.title, Buffer.from('ü').toString('latin1'));
    assert.deepEqual(call.tags, [{ key: 'a', value: 'b' }]);
    const answer = postedAnswer(
      success,
      { location: 'https://l', bucket: 'b', key: call.key, etag: 'e' },
      {},
    );
    assert.equal(answer.status, 201);
    assert.match(answer.body ?? '', /<PostResponse .*<ETag>&quot;e&quot;<\/ETag>/);
  });

  it('send the browser on to where the form says, or answer with nothing', () => {
    const posted = { location: 'https://l', bucket: 'b', key: 'a b', etag: 'e' };
    const redirected = postedAnswer({ status: 204, redirect: 'https://app/done?x=1' }, posted, {});
    assert.deepEqual(redirected, {
      status: 303,
      headers: { location: 'https://app/done?x=1&bucket=b&key=a+b&etag=%22e%22' },
    });
    assert.deepEqual(postedAnswer({ status: 204 }, posted, {}), {
      status: 204,
      headers: { location: 'https://l' },
    });
  });

  it('are refused beyond what the policy allows', async () => {
    const cases: readonly (readonly [
      code: string,
      fields: Fields,
      options?: { bucket?: string; now_ms?: number },
    ])[] = [
      ['none', signed(fields, conditions)],
      ['AccessDenied', signed({ ...fields, key: 'other' }, conditions)],
      ['AccessDenied', signed({ ...fields, 'Content-Type': 'text/html' }, conditions)],
      ['AccessDenied', signed({ ...fields, 'x-amz-meta-a': 'added' }, conditions)],
      ['AccessDenied', signed(fields, conditions), { bucket: 'another' }],
      ['AccessDenied', signed(fields, conditions.slice(1))],
      ['AccessDenied', signed(fields, conditions), { now_ms: Date.UTC(2015, 11, 30, 12) }],
      ['EntityTooLarge', signed(fields, [...conditions, ['content-length-range', 0, 12]])],
      ['EntityTooSmall', signed(fields, [...conditions, ['content-length-range', '14', '20']])],
      ['none', signed(fields, [...conditions, ['content-length-range', 13, 13]])],
      ['InvalidPolicyDocument', signed(fields, [...conditions, ['ends-with', '$key', 'x']])],
      ['InvalidPolicyDocument', signed(fields, [...conditions, 3])],
      ['InvalidPolicyDocument', signed(fields, conditions, 'tomorrow')],
      ['InvalidURI', signed({ ...fields, key: '' }, conditions)],
      [
        'InvalidAccessKeyId',
        { ...signed(fields, conditions), 'X-Amz-Credential': CREDENTIAL.replace('AKIA', 'AKIB') },
      ],
      ['InvalidArgument', { ...signed(fields, conditions), 'X-Amz-Date': '20151228T000000Z' }],
      ['InvalidArgument', { ...signed(fields, conditions), 'X-Amz-Signature': '' }],
      ['InvalidToken', { ...signed(fields, conditions), 'x-amz-security-token': 'x' }],
      ['InvalidRequest', { ...fields, AWSAccessKeyId: 'x', signature: 'y' }],
    ];
    for (const [code, sent, options] of cases)
      assert.equal(await codeOfAsync(upload(body(sent, file), options)), code, JSON.stringify(sent));
  });

  it('that nobody signed are nobody’s', async () => {
    assert.equal((await upload(body(fields, file))).by, undefined);
  });

  it('are whole however they are split on the way, and never more than was sent', async () => {
    const files = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.concat([bytes, Buffer.from('\r\n--'), bytes]));
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 90 }), async (content, size) => {
        const form = await readForm(split(body(fields, content), size), BOUNDARY);
        assert.ok((await collect(form.file)).equals(content));
        assert.deepEqual([...form.fields.keys()], ['key', 'content-type']);
      }),
      { numRuns: 100 },
    );
  });

  it('are refused where the form is none, is cut off, or is too long', async () => {
    const read = async (bytes: Buffer) =>
      codeOfAsync(readForm(split(bytes, 50), BOUNDARY).then((form) => collect(form.file)));
    const whole = body(fields, file);
    assert.equal(await read(whole), 'none');
    assert.equal(await read(body(fields)), 'IncorrectNumberOfFilesInPostRequest');
    assert.equal(await read(Buffer.from('something else')), 'MalformedPOSTRequest');
    assert.equal(
      await read(Buffer.from(`--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx`)),
      'MalformedPOSTRequest',
    );
    assert.equal(await read(whole.subarray(0, whole.length - BOUNDARY.length - 8)), 'IncompleteBody');
    assert.equal(await read(whole.subarray(0, 60)), 'MalformedPOSTRequest');
    assert.equal(await read(body({ key: 'x'.repeat(20_000) }, file)), 'MaxPostPreDataLengthExceeded');
    assert.equal(await read(Buffer.alloc(30_000)), 'MaxPostPreDataLengthExceeded');
    assert.equal(await read(Buffer.concat([whole, Buffer.alloc(30_000)])), 'MaxPostPreDataLengthExceeded');
    const twice = Buffer.concat([body(fields).subarray(0, -BOUNDARY.length - 6), body(fields, file)]);
    assert.equal(await read(twice), 'InvalidArgument');
  });
});
