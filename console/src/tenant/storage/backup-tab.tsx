/** A backup: what it saved, how long it is kept, and making things of it again under another name. Deleting it inside its retention takes two people. */
import { Alert, Content, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { BackupStatus, Item } from '../../../../src/services/backup/run/backup.ts';
import { useLiveList } from '../../api/live-list.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { BackupRemoval } from './backup-removal.tsx';
import { Facts } from './facts.tsx';
import { HintedButton } from './hinted-button.tsx';
import { conditionOf, KINDS, makeObject, useKind } from './kinds.ts';
import { ObjectLink } from './object-link.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { RestoreDialog } from './restore-dialog.tsx';
import { RestoresList } from './restores-list.tsx';
import './storage.css';
import { sizeText, timeText } from './units.ts';

export function BackupTab({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const [wanted, setWanted] = useState<Item>();
  const { name, namespace: project } = object.metadata;
  const restores = useKind(KINDS.restores);
  const { rows } = useLiveList(restores, { project });
  const status = (object.status ?? {}) as Partial<BackupStatus>;
  const { items = [], bytes, added, finishedAt, retainUntil, phase = 'Pending' } = status;
  const plan = String(object.spec?.plan ?? '');
  const ofThis = rows.map(({ object: one }) => one).filter((one) => one.spec?.backup === name);
  const test = ofThis
    .filter((one) => one.spec?.test === true && one.status?.finishedAt !== undefined)
    .toSorted((a, b) => String(b.status?.finishedAt).localeCompare(String(a.status?.finishedAt)))[0];
  const ready = conditionOf(object, 'Ready');
  const when = (time: string | undefined) => (time === undefined ? undefined : timeText(time, language));
  return (
    <div className="casemate-parts">
      {(phase === 'Failed' || phase === 'Incomplete') && (
        <Alert
          component="p"
          variant={phase === 'Failed' ? 'danger' : 'warning'}
          isInline
          title={<RegionSays>{ready?.message}</RegionSays>}
        />
      )}
      <Facts
        facts={[
          [say('storage.plan'), <ObjectLink key="plan" kind={KINDS.plans} project={project} name={plan} />],
          [say('storage.phase'), <PhaseLabel key="phase" phase={phase} />],
          [say('storage.finished'), when(finishedAt)],
          [say('storage.size'), bytes === undefined ? undefined : sizeText(bytes, language)],
          [say('storage.added'), added === undefined ? undefined : sizeText(added, language)],
          [
            say('storage.backup.verified'),
            test === undefined ? (
              say('storage.backup.verified.none')
            ) : (
              <>
                <PhaseLabel phase={String(test.status?.phase)} /> {when(String(test.status?.finishedAt))}{' '}
                <ObjectLink kind={KINDS.restores} project={project} name={test.metadata.name} />
              </>
            ),
          ],
          [say('storage.keptUntil'), when(retainUntil)],
        ]}
      />
      <Title headingLevel="h2">{say('storage.backup.items')}</Title>
      {items.length === 0 ? (
        <Content component="p">{say('storage.backup.items.none')}</Content>
      ) : (
        <Table aria-label={say('storage.backup.items')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.kind')}</Th>
              <Th>{say('storage.name')}</Th>
              <Th>{say('storage.phase')}</Th>
              <Th>{say('storage.size')}</Th>
              <Th>{say('storage.added')}</Th>
              <Th screenReaderText={say('storage.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {items.map((item) => (
              <Tr key={item.uid}>
                <Td dataLabel={say('storage.kind')}>{say(`storage.kind.${item.kind}`)}</Td>
                <Td dataLabel={say('storage.name')}>{item.name}</Td>
                <Td dataLabel={say('storage.phase')}>
                  <PhaseLabel phase={item.phase} /> <RegionSays>{item.message}</RegionSays>
                  {(item.warnings?.length ?? 0) > 0 &&
                    say('storage.backup.warnings', { count: item.warnings?.length ?? 0 })}
                </Td>
                <Td dataLabel={say('storage.size')}>
                  {item.bytes === undefined ? '–' : sizeText(item.bytes, language)}
                </Td>
                <Td dataLabel={say('storage.added')}>
                  {item.added === undefined ? '–' : sizeText(item.added, language)}
                </Td>
                <Td dataLabel={say('storage.actions')}>
                  <HintedButton
                    variant="link"
                    why={item.phase === 'Saved' ? undefined : say('storage.backup.restore.not')}
                    onClick={() => setWanted(item)}
                  >
                    {say('storage.backup.restore')}
                  </HintedButton>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      <RestoresList restores={ofThis} />
      <BackupRemoval resource={resource} backup={object} />
      {restores !== undefined && wanted !== undefined && (
        <RestoreDialog
          item={wanted}
          onRestore={(how) =>
            makeObject(restores, {
              project,
              name: `${name}-`,
              spec: { backup: name, items: [{ kind: wanted.kind, name: wanted.name, ...how }] },
            })
          }
          onClose={() => setWanted(undefined)}
        />
      )}
    </div>
  );
}
