/** How a version is locked, and what can be set: a retention until a day, in one of two modes, and a legal hold. */
import { Alert, Button, Content, Switch, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf } from './bucket.ts';
import { legalHoldXml, retentionXml } from './document.ts';
import { LockForm } from './lock-form.tsx';
import type { ObjectHead } from './object-head.ts';
import { type OneVersion, versionQuery } from './object-queries.ts';
import { askObjects } from './objects-client.ts';
import { refusalText } from './refusal.ts';
import { timeText } from './units.ts';

export interface LockPanelProps extends OneVersion {
  readonly head: ObjectHead;
  readonly mayPassOver: boolean;
  onChanged(): void;
}

export function LockPanel({ bucket, objectKey: key, version, head, mayPassOver, onChanged }: LockPanelProps) {
  const { say, language } = useTexts();
  const [isEditing, setEditing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  if (bucketSpecOf(bucket).objectLock?.enabled !== true) {
    return (
      <>
        <Title headingLevel="h3">{say('storage.lock')}</Title>
        <Content component="p">{say('storage.lock.off')}</Content>
      </>
    );
  }
  const change = async (what: 'retention' | 'legal-hold', body: string, passesOver = false) => {
    setBusy(true);
    setProblem('');
    const query = { [what]: '', ...versionQuery(version) };
    const headers: Readonly<Record<string, string>> = passesOver
      ? { 'x-amz-bypass-governance-retention': 'true' }
      : {};
    try {
      await askObjects(bucket.metadata.name, { method: 'PUT', key, query, headers, body });
      setEditing(false);
      onChanged();
    } catch (error) {
      setProblem(refusalText(error, say));
    } finally {
      setBusy(false);
    }
  };
  const { lock } = head;
  return (
    <section aria-labelledby="lock-title" className="casemate-parts">
      <Title headingLevel="h3" id="lock-title">
        {say('storage.lock')}
      </Title>
      <Content component="p">
        {lock === undefined
          ? say('storage.lock.none')
          : say(lock.mode === 'COMPLIANCE' ? 'storage.lock.compliance' : 'storage.lock.governance', {
              until: timeText(lock.until, language),
            })}
      </Content>
      <Switch
        id="legal-hold"
        label={say('storage.lock.hold')}
        isChecked={head.isHeld}
        isDisabled={isBusy}
        onChange={(_event, isHeld) => void change('legal-hold', legalHoldXml(isHeld))}
      />
      <Content component="small">{say('storage.lock.hold.hint')}</Content>
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      {isEditing ? (
        <LockForm
          lock={lock}
          mayPassOver={mayPassOver}
          isBusy={isBusy}
          onSave={({ mode, until, passesOver }) =>
            void change('retention', retentionXml(mode, until), passesOver)
          }
          onCancel={() => setEditing(false)}
        />
      ) : (
        <Button variant="secondary" onClick={() => setEditing(true)}>
          {lock === undefined ? say('storage.lock.set') : say('storage.lock.change')}
        </Button>
      )}
    </section>
  );
}
