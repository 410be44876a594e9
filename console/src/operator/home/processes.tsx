/** The region's own processes: which run, since when, and what they say does not work. */
import { Label } from '@patternfly/react-core';
import type { AboutProcess } from '../../../../src/region/about/about.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { When } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';
import { isFailing } from '../alarms/alarms.ts';

export function Processes({ processes }: { readonly processes: readonly AboutProcess[] }) {
  const { say } = useTexts();
  return (
    <Rows
      label={say('operator.home.processes')}
      isCompact
      items={processes}
      keyOf={({ name }) => name}
      columns={[
        { title: say('operator.home.process'), cell: ({ name }) => name },
        {
          title: say('operator.column.state'),
          cell: (process) => (
            <Label status={isFailing(process) ? 'danger' : process.state === 'ready' ? 'success' : 'info'}>
              {say(
                process.failing === undefined
                  ? `operator.process.${process.state}`
                  : 'operator.process.failing',
              )}
            </Label>
          ),
        },
        { title: say('operator.column.came'), cell: ({ since }) => <When at={since} /> },
        { title: say('operator.home.process.restarts'), cell: ({ restarts }) => restarts },
        {
          title: say('operator.home.process.says'),
          cell: ({ failing, lastFailure, notes }) =>
            [failing, ...(failing === undefined ? [lastFailure] : []), ...notes]
              .filter((part) => part !== undefined)
              .map((part) => (
                <div key={part}>
                  <RegionSays>{part}</RegionSays>
                </div>
              )),
        },
      ]}
    />
  );
}
