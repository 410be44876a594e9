/** What is done to an ExportRequest over the API: content comes in, reviewers read it or say no, and what was released is fetched. Each is on record before it happens. */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector, Connector, ConnectRequest, TextConnector } from '#kernel/connect.ts';
import { badRequest, conflict, forbidden, notFound } from '#kernel/errors.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { personDecides } from '#trust/approvals/person-decides.ts';
import { contentOf, pieceBytes, piecesOf } from './content.ts';
import { nextStatus } from './controller.ts';
import {
  EXPORT_PHASES,
  type ExportFile,
  type ExportPhase,
  ExportRequest,
  type ExportRequestObject,
  exportSubject,
  OPEN_PHASES,
  statusOf,
} from './request-kind.ts';
import { type ExportStore, PACKAGE_FILE, SIGNED_FILE } from './store.ts';

export interface ExportConnectorsOptions {
  readonly store: ExportStore;
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Clock;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** In which a person may still say no. */
const DENIABLE: readonly ExportPhase[] = EXPORT_PHASES.slice(0, EXPORT_PHASES.indexOf('Packaging'));

export function exportConnectors({
  store,
  realms,
  clock,
}: ExportConnectorsOptions): Record<string, Connector> {
  /** The request as it is now: what came with the call may be older. */
  const withRequest = <T>(
    { realm: id, object }: ConnectRequest,
    work: (realm: Realm, request: ExportRequestObject) => Promise<T> | T,
  ): Promise<T> =>
    realms().use(id, (realm) => {
      const { name, uid } = object.metadata;
      const request = realm.view.get(ExportRequest, { name });
      if (request?.metadata.uid !== uid) throw notFound(exportSubject(name));
      return work(realm, request);
    });

  const put: ActionConnector = {
    type: 'action',
    call: (call) =>
      withRequest(call, async (realm, { metadata, spec, status }) => {
        const subject = exportSubject(metadata.name);
        if (call.actor.name !== status?.requestedBy)
          throw forbidden(subject, `only ${status?.requestedBy}, who asks, brings content`);
        if (status.phase !== 'Uploading' || spec.submitted === true)
          throw conflict(subject, 'it was submitted: its content does not change any more');
        const index = Number(call.body.file);
        const piece = Number(call.body.piece);
        const data = String(call.body.data);
        const file = spec.files[index];
        if (file === undefined) throw badRequest(`file: from 0 to ${spec.files.length - 1}`);
        if (piece >= piecesOf(file.size)) throw badRequest(`piece: ${file.path} has ${piecesOf(file.size)}`);
        const bytes = Buffer.from(data, 'base64');
        const wanted = pieceBytes(file.size, piece);
        if (!BASE64.test(data) || bytes.length !== wanted)
          throw badRequest(`data: piece ${piece} of ${file.path} has ${wanted} bytes, in base64`);
        await store.keep(realm, metadata.uid, index, piece, bytes);
        return { phase: status.phase };
      }),
  };

  const held: ActionConnector = {
    type: 'action',
    call: (call) =>
      withRequest(call, async (realm, { metadata, spec }) => {
        const found = await store.pieces(realm, metadata.uid);
        return { pieces: spec.files.map((_, index) => found.get(index) ?? []) };
      }),
  };

  const deny = personDecides({
    kind: ExportRequest,
    realms,
    decide(current, { request, note }) {
      const status = statusOf(current);
      const subject = exportSubject(current.metadata.name);
      if (status === undefined || !DENIABLE.includes(status.phase))
        throw conflict(subject, `it is ${status?.phase} already`);
      const at = rfc3339(clock.now());
      const denied = { by: request.actor.name, at, ...(note === undefined ? {} : { note }) };
      return nextStatus(status, { phase: 'Denied', denied }, clock);
    },
    answer: (written) => ({ phase: statusOf(written)?.phase ?? 'Denied' }),
  });

  const content: TextConnector = {
    type: 'text',
    open: (call) =>
      withRequest(call, (realm, { metadata, spec, status }) => {
        const subject = exportSubject(metadata.name);
        if (status === undefined || !OPEN_PHASES.includes(status.phase))
          throw conflict(subject, `it is ${status?.phase}, and its content is deleted`);
        const asked = call.query.get('file') ?? '';
        const index = /^\d{1,4}$/.test(asked) ? Number(asked) : -1;
        const file: ExportFile | undefined = spec.files[index];
        if (file === undefined) throw badRequest(`file: which one? From 0 to ${spec.files.length - 1}`);
        return contentOf({ store, realm, request: metadata.uid }, index, file);
      }),
  };

  const packageFile = (name: string): TextConnector => ({
    type: 'text',
    open: (call) =>
      withRequest(call, (realm, { metadata, status }) => {
        const subject = exportSubject(metadata.name);
        if (status?.phase !== 'Released') throw conflict(subject, `it is ${status?.phase}, and not released`);
        if (status.package?.removedAt !== undefined)
          throw conflict(subject, `its package was deleted on ${status.package.removedAt}`);
        return store.packageFile(realm, metadata.uid, name);
      }),
  });

  return {
    [`${ExportRequest.resource}/put`]: put,
    [`${ExportRequest.resource}/held`]: held,
    [`${ExportRequest.resource}/deny`]: deny,
    [`${ExportRequest.resource}/content`]: content,
    [`${ExportRequest.resource}/package`]: packageFile(PACKAGE_FILE),
    [`${ExportRequest.resource}/manifest`]: packageFile(SIGNED_FILE),
  };
}
