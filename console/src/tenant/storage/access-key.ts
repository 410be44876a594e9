/** Access keys for S3 clients: made for somebody, and their secret given out, once. */
import type {
  AccessKeySpec,
  AccessKeyStatus,
} from '../../../../src/services/objects/access-key/access-key.ts';
import { askJson } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import type { ApiObject } from '../../api/live-list.ts';
import type { KeyPair } from './key-env.ts';

export const accessKeySpecOf = ({ spec }: ApiObject): AccessKeySpec => spec as unknown as AccessKeySpec;
export const accessKeyStatusOf = ({ status }: ApiObject): AccessKeyStatus =>
  (status ?? {}) as AccessKeyStatus;

/** Throws ApiError where it was given out already, or is somebody else's. */
export const issue = (resource: Resource, project: string | undefined, name: string): Promise<KeyPair> =>
  askJson<KeyPair>(`${pathOf(resource, project, name)}/issue`, { method: 'POST', body: {} });
