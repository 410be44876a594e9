/** Uploads by a browser's form, whose policy somebody with a key has signed. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { signForm } from '#services/objects/s3/testing/client.ts';
import type { ObjectsTenant } from '../support/objects.ts';
import { send, signingOf, type WireAnswer } from './wire.ts';

const Bucket = 'from-forms';
const HOUR_MS = 3_600_000;

export function formCases(tenant: () => ObjectsTenant): void {
  before(async () => {
    await tenant().sdk().send(new s3.CreateBucketCommand({ Bucket }));
  });

  /** As a browser sends it: the encoding is that of `fetch`. */
  async function upload(fields: Readonly<Record<string, string>>, content: string): Promise<WireAnswer> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([content]), 'a picture.txt');
    form.append('submit', 'Upload');
    const encoded = new Response(form);
    const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
    return send(tenant(), { method: 'POST', target: `/${Bucket}`, headers, body: await encoded.bytes() });
  }

  function signed(fields: Readonly<Record<string, string>>, more: readonly unknown[] = []) {
    const conditions = [
      { bucket: Bucket },
      ['starts-with', '$key', 'in/'],
      ['starts-with', '$Content-Type', 'text/'],
      ...more,
    ];
    const expiration = new Date(Date.now() + HOUR_MS).toISOString();
    return { ...fields, ...signForm(conditions, expiration, signingOf(tenant().keys)) };
  }

  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is S3's, and no template.
  const fields = { key: 'in/${filename}', 'Content-Type': 'text/plain' };

  test('form: what its policy allows is uploaded, by the name of the file, and read like any object', async () => {
    const answer = await upload(signed(fields, [['content-length-range', 1, 100]]), 'from a form');
    assert.equal(answer.status, 204);
    const read = await tenant()
      .sdk()
      .send(new s3.GetObjectCommand({ Bucket, Key: 'in/a picture.txt' }));
    assert.equal(await read.Body?.transformToString(), 'from a form');
    assert.equal(read.ContentType, 'text/plain');
    assert.equal(answer.headers.etag, read.ETag);
  });

  test('form: what its policy does not allow is refused: another key, another field, a larger file, no signature', async () => {
    const codeOf = async (sent: Readonly<Record<string, string>>, content = 'x') => {
      const { status, code } = await upload(sent, content);
      return `${status} ${code}`;
    };
    assert.equal(await codeOf({ ...signed(fields), key: 'out/x' }), '403 AccessDenied');
    assert.equal(await codeOf({ ...signed(fields), 'x-amz-meta-a': 'b' }), '403 AccessDenied');
    assert.equal(
      await codeOf(signed(fields, [['content-length-range', 0, 3]]), 'four'),
      '400 EntityTooLarge',
    );
    assert.equal(
      await codeOf({ ...signed(fields), 'X-Amz-Signature': 'a'.repeat(64) }),
      '403 SignatureDoesNotMatch',
    );
    assert.equal(await codeOf(fields), '403 AccessDenied');
    const listed = await tenant().sdk().send(new s3.ListObjectsV2Command({ Bucket }));
    assert.deepEqual(
      listed.Contents?.map(({ Key }) => Key),
      ['in/a picture.txt'],
    );
  });
}
