/** A backup plan: what it covers, when the next run is, how the last ones went, and whether a restore was tried. Run now, tried now. */
import { Alert, Content, Label, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { BackupPlanSpec, BackupPlanStatus } from '../../../../src/services/backup/plan/backup-plan.ts';
import type { BackupStatus } from '../../../../src/services/backup/run/backup.ts';
import { useLiveList } from '../../api/live-list.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { Facts } from './facts.tsx';
import { HintedButton } from './hinted-button.tsx';
import { conditionOf, KINDS, makeObject, useKind } from './kinds.ts';
import { ObjectLink } from './object-link.tsx';
import { PhaseLabel } from './phase-label.tsx';
import './storage.css';
import { TakenList } from './taken-list.tsx';
import { sizeText, timeText } from './units.ts';

/** The newest; the list of Backups has all. */
const RUNS_SHOWN_MAX = 50;
const COVERED = ['buckets', 'instances', 'volumes'] as const;
const TEST_PERCENT = 10;
/** What a plan knows its own tests by: `src/services/backup/restore/restore.ts`. */
const TESTED_PLAN_LABEL = 'backup.casemate.internal/tested-plan';

export function PlanTab({ object }: TabProps) {
  const { say, language } = useTexts();
  const [asked, setAsked] = useState<'run' | 'test'>();
  const backups = useKind(KINDS.backups);
  const restores = useKind(KINDS.restores);
  const { name, namespace: project } = object.metadata;
  const { rows } = useLiveList(backups, { project });
  const spec = object.spec as BackupPlanSpec;
  const status = (object.status ?? {}) as BackupPlanStatus;
  const ready = conditionOf(object, 'Ready');
  const runs = rows
    .map(({ object: run }) => run)
    .filter((run) => run.spec?.plan === name)
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  const newest = runs.find((run) => {
    const { items = [] } = (run.status ?? {}) as Partial<BackupStatus>;
    return items.some(({ phase }) => phase === 'Saved');
  });
  const test = status.lastRestoreTest;
  const when = (time: string | undefined) => (time === undefined ? undefined : timeText(time, language));
  const { schedule, retention, target } = spec;
  const close = () => setAsked(undefined);
  return (
    <div className="casemate-parts">
      {ready?.status === 'False' && (
        <Alert component="p" variant="warning" isInline title={<RegionSays>{ready.message}</RegionSays>} />
      )}
      {test?.passed === false && (
        <Alert
          component="p"
          variant="danger"
          isInline
          title={say('storage.plan.test.failed.alert', { why: test.message })}
        />
      )}
      <div className="casemate-actions">
        <HintedButton why={undefined} onClick={() => setAsked('run')}>
          {say('storage.plan.run')}
        </HintedButton>
        <HintedButton
          variant="secondary"
          why={newest === undefined ? say('storage.plan.test.none') : undefined}
          onClick={() => setAsked('test')}
        >
          {say('storage.plan.test')}
        </HintedButton>
      </div>
      <Facts
        facts={[
          [
            say('storage.plan.covers'),
            COVERED.flatMap((plural) => {
              const selected = spec.what[plural];
              if (selected === undefined) return [];
              const { names, matchLabels } = selected;
              const labels = Object.entries(matchLabels ?? {}).map(([label, value]) => `${label}=${value}`);
              const which = [...(names ?? []), ...labels].join(', ');
              return [say(`storage.plan.covers.${plural}`, { which: which === '' ? 'all' : which })];
            }).join(' · '),
          ],
          [
            say('storage.plan.takes'),
            <div key="takes">
              {COVERED.map((plural) => {
                const selector = spec.what[plural];
                return (
                  selector !== undefined && (
                    <TakenList
                      key={plural}
                      plural={plural}
                      selector={selector}
                      project={project}
                      target={target.bucket}
                    />
                  )
                );
              })}
            </div>,
          ],
          [
            say('storage.plan.next'),
            spec.suspended === true
              ? say('storage.plan.suspended')
              : schedule === undefined
                ? say('storage.plan.byHand')
                : (when(status.nextAt) ?? '–'),
          ],
          [
            say('storage.plan.last'),
            status.lastBackup === undefined ? (
              say('storage.plan.last.none')
            ) : (
              <>
                <ObjectLink kind={KINDS.backups} project={project} name={status.lastBackup.name} />{' '}
                <PhaseLabel phase={status.lastBackup.phase} /> {when(status.lastBackup.at)}
              </>
            ),
          ],
          [
            say('storage.plan.verified'),
            test === undefined ? (
              say('storage.plan.verified.none')
            ) : (
              <>
                <Label status={test.passed ? 'success' : 'danger'}>
                  {say(test.passed ? 'storage.plan.test.passed' : 'storage.plan.test.failed')}
                </Label>{' '}
                {when(test.at)} <ObjectLink kind={KINDS.restores} project={project} name={test.restore} />
              </>
            ),
          ],
          [
            say('storage.plan.kept'),
            say('storage.plan.kept.days', { days: retention.days, last: retention.keepLast }),
          ],
          [
            say('storage.plan.target'),
            target.bucket === undefined
              ? `${target.s3?.endpoint ?? ''}/${target.s3?.bucket ?? ''}`
              : target.bucket,
          ],
        ]}
      />
      <Title headingLevel="h2">{say('storage.plan.runs')}</Title>
      {runs.length === 0 ? (
        <Content component="p">{say('storage.plan.runs.none')}</Content>
      ) : (
        <Table aria-label={say('storage.plan.runs')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.backup')}</Th>
              <Th>{say('storage.phase')}</Th>
              <Th>{say('storage.finished')}</Th>
              <Th>{say('storage.size')}</Th>
              <Th>{say('storage.added')}</Th>
              <Th>{say('storage.keptUntil')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {runs.slice(0, RUNS_SHOWN_MAX).map((run) => {
              const { phase, finishedAt, bytes, added, retainUntil } = run.status as unknown as BackupStatus;
              return (
                <Tr key={run.metadata.uid}>
                  <Td dataLabel={say('storage.backup')}>
                    <ObjectLink kind={KINDS.backups} project={project} name={run.metadata.name} />
                  </Td>
                  <Td dataLabel={say('storage.phase')}>
                    <PhaseLabel phase={phase} />
                  </Td>
                  <Td dataLabel={say('storage.finished')}>{when(finishedAt) ?? '–'}</Td>
                  <Td dataLabel={say('storage.size')}>
                    {bytes === undefined ? '–' : sizeText(bytes, language)}
                  </Td>
                  <Td dataLabel={say('storage.added')}>
                    {added === undefined ? '–' : sizeText(added, language)}
                  </Td>
                  <Td dataLabel={say('storage.keptUntil')}>{when(retainUntil) ?? '–'}</Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      )}
      {backups !== undefined && asked === 'run' && (
        <Ask
          title={say('storage.plan.run')}
          lead={say('storage.plan.run.lead')}
          confirm={say('storage.plan.run')}
          onConfirm={() => makeObject(backups, { project, name: `${name}-`, spec: { plan: name } })}
          onClose={close}
        />
      )}
      {restores !== undefined && newest !== undefined && asked === 'test' && (
        <Ask
          title={say('storage.plan.test')}
          lead={say('storage.plan.test.lead', { backup: newest.metadata.name })}
          confirm={say('storage.plan.test')}
          onConfirm={() =>
            makeObject(restores, {
              project,
              name: `${newest.metadata.name}-test-`,
              labels: { [TESTED_PLAN_LABEL]: name },
              spec: { backup: newest.metadata.name, test: true, readData_percent: TEST_PERCENT },
            })
          }
          onClose={close}
        />
      )}
    </div>
  );
}
