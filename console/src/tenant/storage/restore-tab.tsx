/** A restore: how far each thing of it is, and where it is now. */
import { Alert, Content, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import type { RestoreSpec, RestoreStatus } from '../../../../src/services/backup/restore/restore.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Facts } from './facts.tsx';
import { conditionOf, KINDS } from './kinds.ts';
import { ObjectLink } from './object-link.tsx';
import { PhaseLabel } from './phase-label.tsx';
import './storage.css';
import { sizeText, timeText } from './units.ts';

export function RestoreTab({ object }: TabProps) {
  const { say, language } = useTexts();
  const { namespace: project, name } = object.metadata;
  const spec = object.spec as RestoreSpec;
  const {
    phase = 'Pending',
    items = [],
    startedAt,
    finishedAt,
    backedUpAt,
    control,
  } = (object.status ?? {}) as Partial<RestoreStatus>;
  const message = conditionOf(object, 'Ready')?.message;
  const when = (time: string | undefined) => (time === undefined ? undefined : timeText(time, language));
  return (
    <div className="casemate-parts">
      {phase === 'Failed' && (
        <Alert component="p" variant="danger" isInline title={<RegionSays>{message}</RegionSays>} />
      )}
      {phase === 'Succeeded' && (
        <Alert component="p" variant="success" isInline title={<RegionSays>{message}</RegionSays>} />
      )}
      <Facts
        facts={[
          [
            say('storage.restore.what'),
            say(spec.test === true ? 'storage.restore.test' : 'storage.restore.made'),
          ],
          [
            say('storage.backup'),
            spec.backup === undefined ? undefined : (
              <ObjectLink key="backup" kind={KINDS.backups} project={project} name={spec.backup} />
            ),
          ],
          [say('storage.phase'), <PhaseLabel key="phase" phase={phase} />],
          [say('storage.restore.backedUp'), when(backedUpAt)],
          [say('storage.restore.started'), when(startedAt)],
          [say('storage.finished'), when(finishedAt)],
        ]}
      />
      {control !== undefined && finishedAt !== undefined && (
        <section aria-labelledby="evidence-title" className="casemate-parts">
          <Title headingLevel="h2" id="evidence-title">
            {say('storage.evidence')}
          </Title>
          <Facts
            facts={[
              [say('storage.restore.control'), control],
              [
                say('storage.evidence.outcome'),
                say(phase === 'Succeeded' ? 'storage.plan.test.passed' : 'storage.plan.test.failed'),
              ],
              [say('storage.evidence.read'), message],
              [say('storage.evidence.when'), when(finishedAt)],
            ]}
          />
          <Content component="p">
            {say('storage.evidence.lead')}{' '}
            <Link
              to={`/resources/${KINDS.restores}/${project}/${encodeURIComponent(name)}`}
              search={{ tab: 'history' } as never}
            >
              {say('storage.evidence.history')}
            </Link>
          </Content>
        </section>
      )}
      {items.length > 0 && (
        <>
          <Title headingLevel="h2">{say('storage.restore.items')}</Title>
          <Table aria-label={say('storage.restore.items')} variant="compact">
            <Thead>
              <Tr>
                <Th>{say('storage.kind')}</Th>
                <Th>{say('storage.restore.was')}</Th>
                <Th>{say('storage.restore.is')}</Th>
                <Th>{say('storage.phase')}</Th>
                <Th>{say('storage.size')}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {items.map((item) => (
                <Tr key={`${item.kind} ${item.as}`}>
                  <Td dataLabel={say('storage.kind')}>{say(`storage.kind.${item.kind}`)}</Td>
                  <Td dataLabel={say('storage.restore.was')}>{item.name}</Td>
                  <Td dataLabel={say('storage.restore.is')}>
                    {item.phase === 'Restored' ? (
                      <ObjectLink kind={KINDS[item.kind]} project={project} name={item.as} />
                    ) : (
                      '–'
                    )}
                  </Td>
                  <Td dataLabel={say('storage.phase')}>
                    <PhaseLabel phase={item.phase} /> <RegionSays>{item.message}</RegionSays>
                  </Td>
                  <Td dataLabel={say('storage.size')}>
                    {item.bytes === undefined ? '–' : sizeText(item.bytes, language)}
                  </Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </>
      )}
    </div>
  );
}
