/** One object, or one version of it: what it is, how it is locked, its tags and metadata, and its other versions. */
import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  Bullseye,
  Button,
  Flex,
  FlexItem,
  Label,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { useState } from 'react';
import type { ApiObject } from '../../api/live-list.ts';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf } from './bucket.ts';
import { fetchToDisk } from './fetch-to-disk.ts';
import { HintedButton } from './hinted-button.tsx';
import { prefixOf, shownName } from './keys.ts';
import { LockPanel } from './lock-panel.tsx';
import { MetadataPanel } from './metadata-panel.tsx';
import { ObjectFacts } from './object-facts.tsx';
import { whyLocked } from './object-head.ts';
import { useAgain, useHead, useMayPassOver, useTags } from './object-queries.ts';
import type { GoTo } from './objects-tab.tsx';
import { refusalText } from './refusal.ts';
import { RemoveObjectsDialog } from './remove-objects-dialog.tsx';
import { RemoveVersionDialog } from './remove-version-dialog.tsx';
import './storage.css';
import { TagsPanel } from './tags-panel.tsx';
import { VersionsTable } from './versions-table.tsx';

export interface ObjectViewProps {
  readonly bucket: ApiObject;
  readonly objectKey: string;
  readonly version: string | undefined;
  readonly goTo: GoTo;
}

export function ObjectView({ bucket, objectKey: key, version, goTo }: ObjectViewProps) {
  const { say, language } = useTexts();
  const { name } = bucket.metadata;
  const [isRemoving, setRemoving] = useState(false);
  const [problem, setProblem] = useState('');
  const of = { bucket, objectKey: key, version };
  const head = useHead(of);
  const tags = useTags(of, (head.data?.tagCount ?? 0) > 0);
  const again = useAgain(bucket, key);
  const mayPassOver = useMayPassOver(bucket);
  const prefix = prefixOf(key);
  const way = (
    <Breadcrumb aria-label={say('storage.path')}>
      <BreadcrumbItem
        render={() => (
          <Button variant="link" isInline onClick={() => goTo({ prefix })}>
            {shownName(`${name}/${prefix}`)}
          </Button>
        )}
      />
      <BreadcrumbItem isActive className="casemate-name">
        {shownName(key.slice(prefix.length))}
      </BreadcrumbItem>
    </Breadcrumb>
  );
  const versions = bucketSpecOf(bucket).versioning !== 'off' && (
    <VersionsTable bucket={bucket} objectKey={key} shown={version} goTo={goTo} onChanged={again} />
  );
  if (head.error !== null) {
    // Deleted, where versions are kept: those are still there.
    return (
      <div className="casemate-parts">
        {way}
        <Problem error={new Error(refusalText(head.error, say))} onRetry={() => void head.refetch()} />
        {versions}
      </div>
    );
  }
  if (head.data === undefined) {
    return (
      <Bullseye>
        <Spinner aria-label={say('app.loading')} />
      </Bullseye>
    );
  }
  const why = version === undefined ? undefined : whyLocked(head.data, mayPassOver, say, language);
  const fetchIt = () =>
    fetchToDisk(name, key, version).then(
      () => setProblem(''),
      (refused: unknown) => setProblem(refusalText(refused, say)),
    );
  return (
    <div className="casemate-parts">
      {way}
      <Flex>
        <FlexItem className="casemate-name">
          <Title headingLevel="h2">{shownName(key.slice(prefix.length) || key)}</Title>
        </FlexItem>
        {version !== undefined && (
          <FlexItem>
            <Label>{say('storage.version.one', { version })}</Label>
          </FlexItem>
        )}
      </Flex>
      <div className="casemate-actions">
        <Button onClick={() => void fetchIt()}>{say('storage.fetch')}</Button>
        <HintedButton variant="secondary" isDanger why={why} onClick={() => setRemoving(true)}>
          {version === undefined ? say('storage.remove') : say('storage.remove.version')}
        </HintedButton>
        {why !== undefined && <span>{why}</span>}
      </div>
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      <ObjectFacts head={head.data} />
      <MetadataPanel of={of} head={head.data} onChanged={again} />
      <TagsPanel of={of} tags={tags} onChanged={again} />
      <LockPanel
        bucket={bucket}
        objectKey={key}
        version={version}
        head={head.data}
        mayPassOver={mayPassOver}
        onChanged={again}
      />
      {versions}
      {isRemoving && version === undefined && (
        <RemoveObjectsDialog
          bucket={bucket}
          keys={[key]}
          onDone={(isRemoved) => {
            setRemoving(false);
            if (!isRemoved) return;
            again();
            goTo({ prefix });
          }}
        />
      )}
      {isRemoving && version !== undefined && (
        <RemoveVersionDialog
          bucket={bucket}
          objectKey={key}
          version={version}
          onRemoved={() => {
            again();
            goTo({ prefix, object: key });
          }}
          onClose={() => setRemoving(false)}
        />
      )}
    </div>
  );
}
