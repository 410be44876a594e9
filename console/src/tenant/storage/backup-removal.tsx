/** Deleting a backup: at once after its retention; inside it another person has to agree first, here as everywhere. */
import { Content, Title } from '@patternfly/react-core';
import { useState } from 'react';
import type { BackupStatus } from '../../../../src/services/backup/run/backup.ts';
import { ask } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import { Agreement } from '../../consent/agreement.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { HintedButton } from './hinted-button.tsx';
import { timeText } from './units.ts';

export function BackupRemoval({
  resource,
  backup,
}: Pick<TabProps, 'resource'> & { readonly backup: TabProps['object'] }) {
  const { say, language } = useTexts();
  const [isAsking, setAsking] = useState(false);
  const { namespace, name, uid } = backup.metadata;
  const { retained, retainUntil } = (backup.status ?? {}) as Partial<BackupStatus>;
  const remove = async () => {
    await ask(pathOf(resource, namespace, name), { method: 'DELETE', body: { preconditions: { uid } } });
  };
  return (
    <section className="casemate-parts" aria-labelledby="remove-backup-title">
      <Title headingLevel="h2" id="remove-backup-title">
        {say('storage.backup.remove')}
      </Title>
      <Content component="p">
        {retained === true
          ? say('storage.backup.remove.retained', {
              until: retainUntil === undefined ? '–' : timeText(retainUntil, language),
            })
          : say('storage.backup.remove.free')}
      </Content>
      {retained === true ? (
        <Agreement
          resource={resource}
          object={backup}
          transition="delete"
          act={remove}
          summary={<Content component="p">{say('storage.backup.remove.lost')}</Content>}
          isDanger
        />
      ) : (
        <div className="casemate-actions">
          <HintedButton variant="secondary" isDanger why={undefined} onClick={() => setAsking(true)}>
            {say('storage.backup.remove')}
          </HintedButton>
        </div>
      )}
      {isAsking && (
        <Ask
          title={say('storage.backup.remove.title', { name })}
          lead={say('storage.backup.remove.lost')}
          confirm={say('list.delete.confirm')}
          isDanger
          onConfirm={remove}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
