/** Where an object is, as answers to uploads tell it. */
import { percentEncodePath } from '../s3/uri.ts';
import { endpointOf } from './parts.ts';
import type { Session } from './session.ts';

export function locationOf({ parts }: Pick<Session, 'parts'>, bucket: string, key: string): string {
  return `https://${endpointOf(parts.domain)}/${bucket}/${percentEncodePath(key)}`;
}
