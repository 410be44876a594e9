/** What was made again out of a backup, or tried: how far each is, the newest first. */
import { Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { RestoreSpec, RestoreStatus } from '../../../../src/services/backup/restore/restore.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { KINDS } from './kinds.ts';
import { ObjectLink } from './object-link.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { timeText } from './units.ts';

/** The list of Restores has all. */
const SHOWN_MAX = 20;

export function RestoresList({ restores }: { readonly restores: readonly ApiObject[] }) {
  const { say, language } = useTexts();
  if (restores.length === 0) return null;
  const newest = restores
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
    .slice(0, SHOWN_MAX);
  return (
    <>
      <Title headingLevel="h2">{say('storage.backup.restores')}</Title>
      <Table aria-label={say('storage.backup.restores')} variant="compact">
        <Thead>
          <Tr>
            <Th>{say('storage.name')}</Th>
            <Th>{say('storage.restore.what')}</Th>
            <Th>{say('storage.phase')}</Th>
            <Th>{say('storage.finished')}</Th>
          </Tr>
        </Thead>
        <Tbody>
          {newest.map(({ metadata, spec, status }) => {
            const { test, items = [] } = spec as RestoreSpec;
            const { phase = 'Pending', finishedAt } = (status ?? {}) as Partial<RestoreStatus>;
            return (
              <Tr key={metadata.uid}>
                <Td dataLabel={say('storage.name')}>
                  <ObjectLink kind={KINDS.restores} project={metadata.namespace} name={metadata.name} />
                </Td>
                <Td dataLabel={say('storage.restore.what')}>
                  {test === true
                    ? say('storage.plan.test')
                    : items
                        .map(({ name, as, inPlace }) =>
                          inPlace === true
                            ? say('storage.restore.inPlaceOf', { name })
                            : say('storage.restore.toNew', { name, as: as ?? name }),
                        )
                        .join(', ')}
                </Td>
                <Td dataLabel={say('storage.phase')}>
                  <PhaseLabel phase={phase} />
                </Td>
                <Td dataLabel={say('storage.finished')}>
                  {finishedAt === undefined ? '–' : timeText(finishedAt, language)}
                </Td>
              </Tr>
            );
          })}
        </Tbody>
      </Table>
    </>
  );
}
