/** Versions of one object, newest first: each can be looked at, fetched, made the latest again, and removed for good; where it was deleted, that can be taken back. */
import { Alert, Button, Label, Spinner, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiObject } from '../../api/live-list.ts';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { type ListedVersion, versionsOf } from './document.ts';
import { fetchToDisk } from './fetch-to-disk.ts';
import { encodedKey, prefixOf } from './keys.ts';
import { OBJECT } from './object-queries.ts';
import { askDocument, askObjects } from './objects-client.ts';
import type { GoTo } from './objects-tab.tsx';
import { refusalText } from './refusal.ts';
import { RemoveVersionDialog } from './remove-version-dialog.tsx';
import { type RowAction, RowActions } from './row-actions.tsx';
import { sizeText, timeText } from './units.ts';

/** The newest so many; S3's tools list all of them. */
const SHOWN_MAX = 100;

export interface VersionsTableProps {
  readonly bucket: ApiObject;
  readonly objectKey: string;
  readonly shown: string | undefined;
  readonly goTo: GoTo;
  onChanged(): void;
}

type Asked = { readonly what: 'restore' | 'remove' | 'bringBack'; readonly version: ListedVersion };

export function VersionsTable({ bucket, objectKey: key, shown, goTo, onChanged }: VersionsTableProps) {
  const { say, language } = useTexts();
  const { name, uid } = bucket.metadata;
  const [asked, setAsked] = useState<Asked>();
  const [problem, setProblem] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: [OBJECT, uid, key, 'versions'],
    queryFn: async ({ signal }) => {
      const query = { versions: '', prefix: key, 'encoding-type': 'url', 'max-keys': `${SHOWN_MAX}` };
      return versionsOf(await askDocument(name, { query, signal }), key);
    },
  });
  const actionsOf = (version: ListedVersion): readonly RowAction[] => {
    if (version.isDeleteMarker)
      return [
        { title: say('storage.version.bringBack'), onClick: () => setAsked({ what: 'bringBack', version }) },
      ];
    const { versionId, isLatest } = version;
    return [
      {
        title: say('storage.fetch'),
        onClick: () =>
          void fetchToDisk(name, key, versionId).then(
            () => setProblem(''),
            (refused: unknown) => setProblem(refusalText(refused, say)),
          ),
      },
      {
        title: say('storage.version.restore'),
        why: isLatest ? say('storage.version.restore.latest') : undefined,
        onClick: () => setAsked({ what: 'restore', version }),
      },
      {
        title: say('storage.remove.version'),
        isDanger: true,
        onClick: () => setAsked({ what: 'remove', version }),
      },
    ];
  };
  const close = () => setAsked(undefined);
  return (
    <>
      <Title headingLevel="h3">{say('storage.versions')}</Title>
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Spinner aria-label={say('app.loading')} />
      ) : (
        <Table aria-label={say('storage.versions')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.version')}</Th>
              <Th>{say('storage.modified')}</Th>
              <Th>{say('storage.size')}</Th>
              <Th screenReaderText={say('storage.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {data.map((version) => {
              const { versionId, modified, size, isLatest, isDeleteMarker } = version;
              return (
                <Tr key={versionId} isRowSelected={versionId === shown}>
                  <Td dataLabel={say('storage.version')}>
                    {isDeleteMarker ? (
                      versionId
                    ) : (
                      <Button
                        variant="link"
                        isInline
                        onClick={() => goTo({ prefix: prefixOf(key), object: key, version: versionId })}
                      >
                        {versionId}
                      </Button>
                    )}{' '}
                    {isDeleteMarker ? (
                      <Label status="warning">{say('storage.version.deleteMarker')}</Label>
                    ) : (
                      isLatest && <Label status="success">{say('storage.version.latest')}</Label>
                    )}
                  </Td>
                  <Td dataLabel={say('storage.modified')}>{timeText(modified, language)}</Td>
                  <Td dataLabel={say('storage.size')}>{isDeleteMarker ? '–' : sizeText(size, language)}</Td>
                  <Td isActionCell>
                    <RowActions name={versionId} actions={actionsOf(version)} />
                  </Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      )}
      {asked?.what === 'restore' && (
        <Ask
          title={say('storage.version.restore.title', { version: asked.version.versionId })}
          lead={say('storage.version.restore.lead')}
          confirm={say('storage.version.restore')}
          onConfirm={async () => {
            const source = `/${name}/${encodedKey(key)}?versionId=${asked.version.versionId}`;
            await askObjects(name, { method: 'PUT', key, headers: { 'x-amz-copy-source': source } });
            onChanged();
          }}
          onClose={close}
        />
      )}
      {asked?.what === 'bringBack' && (
        <Ask
          title={say('storage.version.bringBack.title')}
          lead={say('storage.version.bringBack.lead')}
          confirm={say('storage.version.bringBack')}
          onConfirm={async () => {
            const query = { versionId: asked.version.versionId };
            await askObjects(name, { method: 'DELETE', key, query });
            onChanged();
          }}
          onClose={close}
        />
      )}
      {asked?.what === 'remove' && (
        <RemoveVersionDialog
          bucket={bucket}
          objectKey={key}
          version={asked.version.versionId}
          onRemoved={() => {
            onChanged();
            // The one that is shown is gone.
            if (asked.version.versionId === shown) goTo({ prefix: prefixOf(key), object: key });
          }}
          onClose={close}
        />
      )}
    </>
  );
}
