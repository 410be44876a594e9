/** One folder of a bucket: a page of names at a time, what can be done with them, and files that are dropped onto it. */
import {
  Alert,
  Bullseye,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Spinner,
} from '@patternfly/react-core';
import { type DragEvent, useState } from 'react';
import type { ApiObject } from '../../api/live-list.ts';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { droppedFiles, type NamedFile } from './dropped-files.ts';
import { fetchToDisk } from './fetch-to-disk.ts';
import { PAGE_SIZES, useFolderListing } from './folder-listing.ts';
import { FolderPages } from './folder-pages.tsx';
import { FolderPath } from './folder-path.tsx';
import { FolderToolbar } from './folder-toolbar.tsx';
import { NewFolderDialog } from './new-folder-dialog.tsx';
import type { GoTo } from './objects-tab.tsx';
import { ObjectsTable } from './objects-table.tsx';
import { refusalText } from './refusal.ts';
import { RemoveObjectsDialog } from './remove-objects-dialog.tsx';
import './storage.css';
import { UploadList } from './upload-list.tsx';
import { UPLOADS_MAX, uploadQueue } from './upload-queue.ts';

export interface FolderViewProps {
  readonly bucket: ApiObject;
  readonly prefix: string;
  readonly goTo: GoTo;
}

export function FolderView({ bucket, prefix, goTo }: FolderViewProps) {
  const { say } = useTexts();
  const { name } = bucket.metadata;
  const [begins, setBegins] = useState('');
  const [count, setCount] = useState<number>(PAGE_SIZES[0]);
  const [tokens, setTokens] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isRemoving, setRemoving] = useState<readonly string[]>();
  const [isMakingFolder, setMakingFolder] = useState(false);
  const [isOver, setOver] = useState(false);
  const [problem, setProblem] = useState('');
  const { data, error, again } = useFolderListing(bucket, { prefix, begins, count, token: tokens.at(-1) });
  const store = (files: readonly NamedFile[]) => {
    const named = files.map(({ name: below, file }) => ({ key: `${prefix}${below}`, file }));
    const taken = uploadQueue.add(name, named);
    setProblem(taken < files.length ? say('storage.upload.tooMany', { count: UPLOADS_MAX }) : '');
  };
  const refuse = (refused: unknown) => setProblem(refusalText(refused, say));
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    droppedFiles(event.dataTransfer, UPLOADS_MAX).then(store, refuse);
  };
  if (error !== null) return <Problem error={error} onRetry={again} />;
  // A folder that somebody made is an object of that very name.
  const keys = data?.keys.filter(({ key }) => key !== prefix) ?? [];
  const folders = data?.folders ?? [];
  const isEmpty = data !== undefined && keys.length === 0 && folders.length === 0;
  const selected = keys.map(({ key }) => key).filter((key) => chosen.has(key));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be dropped anywhere; the button beside does the same
    <div
      className={isOver ? 'casemate-parts casemate-drop casemate-drop-over' : 'casemate-parts casemate-drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <FolderToolbar
        isAnyChosen={selected.length > 0}
        begins={begins}
        onFiles={store}
        onNewFolder={() => setMakingFolder(true)}
        onRemove={() => setRemoving(selected)}
        onSearch={(text) => {
          setBegins(text);
          setTokens([]);
        }}
      />
      <FolderPath bucket={name} prefix={prefix} onGo={(to) => goTo(to === '' ? {} : { prefix: to })} />
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      <UploadList bucket={name} />
      {data === undefined ? (
        <Bullseye>
          <Spinner aria-label={say('app.loading')} />
        </Bullseye>
      ) : isEmpty && begins !== '' ? (
        <EmptyState titleText={say('storage.search.none', { begins })} headingLevel="h2">
          <EmptyStateBody>{say('storage.search.none.body')}</EmptyStateBody>
        </EmptyState>
      ) : isEmpty ? (
        <EmptyState titleText={say('storage.objects.empty')} headingLevel="h2">
          <EmptyStateBody>{say('storage.objects.empty.body')}</EmptyStateBody>
          <EmptyStateFooter>
            <EmptyStateActions>
              <code>{`aws s3 cp photo.jpg s3://${name}/${prefix}`}</code>
            </EmptyStateActions>
          </EmptyStateFooter>
        </EmptyState>
      ) : (
        <ObjectsTable
          prefix={prefix}
          folders={folders}
          keys={keys}
          chosen={chosen}
          goTo={goTo}
          onChoose={setChosen}
          onFetch={(key) => void fetchToDisk(name, key).then(() => setProblem(''), refuse)}
          onRemove={setRemoving}
        />
      )}
      <FolderPages
        count={count}
        tokens={tokens}
        next={data?.next}
        onCount={(next) => {
          setCount(next);
          setTokens([]);
        }}
        onGo={setTokens}
      />
      {isRemoving !== undefined && (
        <RemoveObjectsDialog
          bucket={bucket}
          keys={isRemoving}
          onDone={() => {
            setRemoving(undefined);
            setChosen(new Set());
            again();
          }}
        />
      )}
      {isMakingFolder && (
        <NewFolderDialog
          bucket={name}
          prefix={prefix}
          onDone={(made) => {
            setMakingFolder(false);
            if (made === undefined) return;
            again();
            goTo({ prefix: made });
          }}
        />
      )}
    </div>
  );
}
