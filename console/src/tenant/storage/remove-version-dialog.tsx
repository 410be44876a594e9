/** Asks before one version of an object is removed for good; says what a lock refuses, until when, and lets those who may pass over it say that they mean it. */
import { Alert, Checkbox, Content, Spinner } from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { shownName } from './keys.ts';
import { whyLocked } from './object-head.ts';
import { type OneVersion, useHead, useMayPassOver } from './object-queries.ts';
import { askObjects } from './objects-client.ts';
import { refusalText } from './refusal.ts';
import { timeText } from './units.ts';

export interface RemoveVersionDialogProps extends OneVersion {
  readonly version: string;
  onRemoved(): void;
  onClose(): void;
}

export function RemoveVersionDialog({ onRemoved, onClose, ...of }: RemoveVersionDialogProps) {
  const { say, language } = useTexts();
  const { bucket, objectKey: key, version } = of;
  const [passesOver, setPassesOver] = useState(false);
  const { data: head, error } = useHead(of);
  const mayPassOver = useMayPassOver(bucket);
  const why = head === undefined ? undefined : whyLocked(head, mayPassOver, say, language);
  const isGoverned =
    head?.lock?.mode === 'GOVERNANCE' && !head.isHeld && Date.parse(head.lock.until) > Date.now();
  const remove = async () => {
    await askObjects(bucket.metadata.name, {
      method: 'DELETE',
      key,
      query: { versionId: version },
      headers: passesOver ? { 'x-amz-bypass-governance-retention': 'true' } : {},
    });
    onRemoved();
  };
  return (
    <Ask
      title={say('storage.remove.version.title')}
      lead={say('storage.remove.version.body')}
      confirm={say('list.delete.confirm')}
      isDanger
      isIncomplete={head === undefined || why !== undefined || (isGoverned && !passesOver)}
      onConfirm={remove}
      onClose={onClose}
    >
      <Content component="p" className="casemate-name">
        {`${shownName(key)} · ${version}`}
      </Content>
      {head === undefined && error === null && <Spinner size="md" aria-label={say('app.loading')} />}
      {error !== null && <Alert component="p" variant="danger" isInline title={refusalText(error, say)} />}
      {why !== undefined && <Alert component="p" variant="warning" isInline title={why} />}
      {isGoverned && why === undefined && (
        <>
          <Alert
            component="p"
            variant="warning"
            isInline
            title={say('storage.lock.governance', { until: timeText(head.lock?.until ?? '', language) })}
          />
          <Checkbox
            id="pass-over"
            isChecked={passesOver}
            onChange={(_event, isChecked) => setPassesOver(isChecked)}
            label={say('storage.lock.passOver')}
            description={say('storage.lock.passOver.hint')}
          />
        </>
      )}
    </Ask>
  );
}
