/** Sends a changed object: with the version that somebody began from, so that nobody's change is written over unseen. */
import { ApiError, askJson } from '../api/client.ts';
import { pathOf, type Resource } from '../api/discovery.ts';
import type { ApiObject } from '../api/live-list.ts';
import { editablePart, withEdited } from './editable.ts';
import { type Fields, jsonEqual } from './value.ts';

export type Saved =
  | { readonly type: 'saved'; readonly object: ApiObject }
  /** Somebody else changed what a person can change. */
  | { readonly type: 'conflict'; readonly theirs: ApiObject };

export interface SaveOptions {
  readonly resource: Resource;
  /** As it was when somebody began to write. */
  readonly base: ApiObject;
  /** What people can change of it, as it is to be. */
  readonly edited: Fields;
}

/** Controllers write an object's status often while it starts up: that alone stands against nobody's change. */
const TRIES_MAX = 5;
const CONFLICT = 409;

/** Throws what the API refused for any other reason than a conflict. */
export async function save({ resource, base, edited }: SaveOptions): Promise<Saved> {
  const path = pathOf(resource, base.metadata.namespace, base.metadata.name);
  let onto = base;
  for (let tries = 1; ; tries++) {
    try {
      const body = withEdited(onto, edited);
      const object = await askJson<ApiObject>(`${path}?fieldValidation=Strict`, { method: 'PUT', body });
      return { type: 'saved', object };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== CONFLICT) throw error;
      const theirs = await askJson<ApiObject>(path);
      const isOnlyStatus =
        theirs.metadata.uid === base.metadata.uid && jsonEqual(editablePart(theirs), editablePart(base));
      if (!isOnlyStatus) return { type: 'conflict', theirs };
      if (tries === TRIES_MAX) throw error;
      onto = theirs;
    }
  }
}
