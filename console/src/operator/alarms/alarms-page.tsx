/** What is wrong in the region now, since when, and what to do; and the warnings of the last hour. */
import { Content, EmptyState, EmptyStateBody, Label } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { When } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';
import { NotesTable, useNotes } from '../notes.tsx';
import { regionStatus } from '../region-status.ts';
import { type Alarm, inWords } from './alarms.ts';
import { useAlarms } from './use-alarms.ts';

const WARNINGS_SHOWN_MAX = 100;

export function AlarmsPage() {
  const { say } = useTexts();
  const { data: about } = useQuery(regionStatus);
  const { isLoading, alarms } = useAlarms(about);
  const warnings = useNotes().filter(({ type }) => type === 'Warning');
  return (
    <Page
      title={say('operator.alarms.title')}
      lead={say('operator.alarms.lead')}
      state={{ isLoading, error: undefined }}
    >
      <Part title={say('operator.alarms.now')}>
        {alarms.length === 0 ? (
          <EmptyState titleText={say('operator.alarms.none')} headingLevel="h3" variant="sm" status="success">
            <EmptyStateBody>{say('operator.alarms.none.body')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <AlarmsTable alarms={alarms} />
        )}
      </Part>
      <Part title={say('operator.alarms.warnings')}>
        {warnings.length === 0 ? (
          <Content component="p">{say('operator.alarms.warnings.none')}</Content>
        ) : (
          <NotesTable label={say('operator.alarms.warnings')} notes={warnings.slice(0, WARNINGS_SHOWN_MAX)} />
        )}
      </Part>
    </Page>
  );
}

function AlarmsTable({ alarms }: { readonly alarms: readonly Alarm[] }) {
  const { say } = useTexts();
  return (
    <Rows
      label={say('operator.alarms.now')}
      items={alarms}
      keyOf={({ id }) => id}
      columns={[
        {
          title: say('operator.vulnerabilities.severity'),
          cell: ({ severity }) => (
            <Label status={severity}>{say(`operator.alarms.severity.${severity}`)}</Label>
          ),
        },
        {
          title: say('operator.alarms.what'),
          cell: ({ what, detail, to }) => (
            <>
              <Link to={to}>{inWords(what, say)}</Link>
              {detail !== undefined && (
                <div>
                  <RegionSays>{detail}</RegionSays>
                </div>
              )}
            </>
          ),
        },
        {
          title: say('operator.column.came'),
          cell: ({ since, minutes_max }) => {
            if (since !== undefined) return <When at={since} />;
            if (minutes_max === undefined) return say('operator.alarms.since.unknown');
            return say('operator.alarms.since.recent', { minutes: minutes_max });
          },
        },
        { title: say('operator.alarms.do'), cell: ({ todo }) => say(todo) },
      ]}
    />
  );
}
