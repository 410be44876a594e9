/** Parts of a bundle's page: what it waits for, what one agrees to, and why it was refused. */
import { Alert } from '@patternfly/react-core';
import type { ImportRefusal, ImportStatus } from '../../../../src/gap/import/import-kind.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Fact, Facts } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';
import type { Wait } from './import.ts';
import { NoTrustAlert } from './no-trust-alert.tsx';

/** What keeps it from going on by itself. */
export function Waiting({ reason, message }: Wait) {
  const { say } = useTexts();
  if (reason === 'NoTrust') return <NoTrustAlert />;
  return (
    <Alert component="p" variant="warning" isInline title={say(`operator.bundle.waits.${reason}`)}>
      <RegionSays>{message}</RegionSays>
    </Alert>
  );
}

/** What one agrees to by agreeing to publish. */
export function Agreed({ status }: { readonly status: Partial<ImportStatus> }) {
  const { say } = useTexts();
  const { bundle, scan } = status;
  if (bundle === undefined) return null;
  const findings = Object.values(scan?.open ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <Facts>
      <Fact term={say('operator.publish.agreed')}>
        {say('operator.publish.agreed.items', {
          bundle: bundle.name,
          version: bundle.version,
          count: bundle.itemCount,
        })}
      </Fact>
      <Fact term={say('operator.content.digest')}>
        <code>{bundle.digest}</code>
      </Fact>
      <Fact term={say('operator.scan.openFindings')}>
        {scan?.dataOf === undefined
          ? say('operator.scan.noData')
          : say('operator.scan.open', { count: findings })}
      </Fact>
    </Facts>
  );
}

/** Without the part that it begins with, where it does. */
const whyOf = ({ part, message }: ImportRefusal): string =>
  message.startsWith(`${part}: `) ? message.slice(part.length + 2) : message;

export function Refusals({ refusals }: { readonly refusals: readonly ImportRefusal[] }) {
  const { say } = useTexts();
  return (
    <>
      <Alert component="p" variant="danger" isInline title={say('operator.refused.lead')}>
        {say('operator.refused.next')}
      </Alert>
      <Rows
        label={say('operator.refused.title')}
        isCompact
        items={refusals}
        keyOf={({ part, message }) => `${part} ${message}`}
        columns={[
          { title: say('operator.refused.part'), isLong: true, cell: ({ part }) => part },
          {
            title: say('operator.refused.message'),
            isLong: true,
            cell: (one) => <RegionSays>{whyOf(one)}</RegionSays>,
          },
          { title: say('operator.refused.reason'), cell: ({ reason }) => reason },
        ]}
      />
    </>
  );
}
