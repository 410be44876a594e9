/**
 * Questions that services answer: reads what is asked by the kind's own schema, and answers with the question and its status.
 */
import { badRequest, StatusError } from '../errors.ts';
import { encodeAnswer } from './answer.ts';
import { parseObjectBody } from './body.ts';
import type { ServedResource } from './catalogue.ts';
import { draftOf } from './draft.ts';
import { isObject } from './json-value.ts';
import { negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';
import { readBySchema } from './schema-reader.ts';

/** POST of a question. Throws 400, 413, 415, 422, and what the service throws. */
export async function serviceReviewAnswer(
  wire: Wire,
  request: WireRequest,
  { kind }: ServedResource,
  namespace: string | undefined,
): Promise<Answer> {
  const body = parseObjectBody(await request.body(), request.contentType);
  const draft = draftOf(kind, body, namespace);
  if (kind.scope === 'Project' && namespace === undefined) {
    throw badRequest(`${kind.kind} is asked in a project: POST it to namespaces/<project>/${kind.plural}`);
  }
  const asked = draft.spec ?? {};
  if (kind.spec === undefined) throw new TypeError(`${kind.kind} asks nothing`);
  if (!isObject(asked)) throw badRequest('spec: must be an object');
  const spec = readBySchema(kind.spec, 'spec', asked, { group: kind.group, kind: kind.kind });
  const reviewer = wire.reviews?.[kind.resource];
  if (reviewer === undefined) {
    throw new StatusError('ServiceUnavailable', `${kind.resource} is not answered here`);
  }
  const { realm, actor } = request;
  const status = await reviewer.answer({
    realm,
    actor,
    spec,
    ...(namespace === undefined ? {} : { namespace }),
  });
  const review = {
    kind: kind.kind,
    apiVersion: kind.apiVersion,
    metadata: { creationTimestamp: null, ...(namespace === undefined ? {} : { namespace }) },
    spec,
    status,
  };
  return encodeAnswer(request, negotiate(request.accept, []), review, 201);
}
