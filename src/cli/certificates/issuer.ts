/** `casemate ca request, import, activate, retire-old-root`: the online half of an offline root. */
import { readFileSync } from 'node:fs';
import { parseIssuerAnswer } from '#trust/certificates/issuer-request.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from '../resources/discovery.ts';
import { ApiError, CliError } from '../resources/errors.ts';
import { type AnyObject, conditionOf, isRecord, textAt } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';

const GROUP = 'certificates.casemate.internal';
const WAIT_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 256 * 1024;

async function issuerType(session: Session): Promise<ResourceType> {
  session.requireRegion('casemate ca');
  return session.typeOf(GROUP, 'RegionIssuer');
}

const patch = (session: Session, type: ResourceType, name: string, spec: object) =>
  session.client.json<AnyObject>({
    method: 'PATCH',
    path: objectPath(type, undefined, name),
    query: { fieldManager: 'casemate' },
    contentType: 'application/merge-patch+json',
    body: { spec },
  });

const settled = (session: Session, type: ResourceType, name: string, isDone: (one: AnyObject) => boolean) =>
  waitForObject(
    session.client,
    { type, project: undefined, name },
    WAIT_MS_MAX,
    (one) => one === undefined || isDone(one),
    (one) => conditionOf(one, 'Ready')?.message ?? 'no controller has seen it yet',
  );

export const request = inSession(async (session: Session, _options: SessionOptions, name: string) => {
  const type = await issuerType(session);
  try {
    await session.client.json<AnyObject>({
      method: 'POST',
      path: collectionPath(type, undefined),
      query: { fieldManager: 'casemate' },
      body: { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name }, spec: {} },
    });
  } catch (error) {
    // Asked again: the same request.
    if (!(error instanceof ApiError && error.status.reason === 'AlreadyExists')) throw error;
  }
  const object = await settled(session, type, name, (one) => textAt(one, 'status', 'request') !== undefined);
  process.stdout.write(textAt(object, 'status', 'request') ?? '');
});

export const take = inSession(
  async (session: Session, _options: SessionOptions, name: string, file: string) => {
    const type = await issuerType(session);
    const text = readFileSync(file, 'utf8');
    if (text.length > ANSWER_BYTES_MAX) throw new CliError(`${file} is larger than an answer is`);
    const { certificate, root, cross, transcript } = parseIssuerAnswer(text);
    const spec = { certificate, root, ...(cross === undefined ? {} : { cross }), transcript };
    const { metadata } = await patch(session, type, name, spec);
    const object = await settled(session, type, name, (one) =>
      ['Imported', 'Refused'].includes(conditionOf(one, 'Ready')?.reason ?? ''),
    );
    const ready = conditionOf(object, 'Ready');
    if (ready?.status !== 'True') throw new CliError(ready?.message ?? `${metadata.name} was not taken`);
    process.stdout.write(
      `Imported. Compare with the transcript on paper:\n` +
        `  root        ${textAt(object, 'status', 'rootFingerprint')}\n` +
        `  signed      ${textAt(object, 'status', 'fingerprint')}\n` +
        `  transcript  SHA-256 ${textAt(object, 'status', 'transcriptDigest')}\n` +
        `${ready.message}\n` +
        `Clients are given both roots within the hour. Then: casemate ca activate ${name}\n`,
    );
  },
);

export const activate = inSession(async (session: Session, _options: SessionOptions, name: string) => {
  const type = await issuerType(session);
  const { metadata } = await patch(session, type, name, { stage: 'active' });
  const isSeen = ({ status }: AnyObject) =>
    isRecord(status) && status.observedGeneration === metadata.generation;
  const object = await settled(session, type, name, isSeen);
  process.stdout.write(
    `${name} signs from now on; the API's own certificate follows within the hour. ${conditionOf(object, 'Ready')?.message ?? ''}\n` +
      `When every client has the new root: casemate ca retire-old-root ${name}\n`,
  );
});

export const retire = inSession(async (session: Session, _options: SessionOptions, name: string) => {
  await patch(session, await issuerType(session), name, { stage: 'alone' });
  process.stdout.write(
    'Clients are given the new root alone; those that know only the old one are cut off within the hour.\n',
  );
});
