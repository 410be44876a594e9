/** What a bucket holds, as folders and files: looked through, stored, fetched, removed. One object has a view of its own; both are part of the address. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { TabProps } from '../../resources/detail-page.tsx';
import { FolderView } from './folder-view.tsx';
import { ObjectView } from './object-view.tsx';

/** Of the address: `?tab=objects&prefix=a/&object=a/b.txt&version=1`. */
export interface ObjectsPlace {
  readonly prefix?: string | undefined;
  readonly object?: string | undefined;
  readonly version?: string | undefined;
}

export type GoTo = (place: ObjectsPlace) => void;

export function ObjectsTab({ object: bucket }: TabProps) {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const text = (name: string) => (search[name] === undefined ? undefined : String(search[name]));
  const goTo: GoTo = ({ prefix, object, version }) =>
    void navigate({ search: ((before: object) => ({ ...before, prefix, object, version })) as never });
  const key = text('object');
  const prefix = text('prefix') ?? '';
  return key === undefined ? (
    <FolderView key={prefix} bucket={bucket} prefix={prefix} goTo={goTo} />
  ) : (
    <ObjectView
      key={`${key} ${text('version') ?? ''}`}
      bucket={bucket}
      objectKey={key}
      version={text('version')}
      goTo={goTo}
    />
  );
}
