/** What waits for the consent of people in this organization: what it would do, field by field, before anybody agrees to it. */
import { Content, Spinner, Stack, StackItem } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { askJson } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import type { Request } from '../../consent/requests.ts';
import { RequestsPage } from '../../consent/requests-page.tsx';
import { DifferenceTable } from '../../ledger/difference-table.tsx';
import { differences } from '../../ledger/differences.ts';
import { useKind } from '../../parts/kind.ts';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';

export function ApprovalsPage() {
  const { say } = useTexts();
  return (
    <RequestsPage
      title={say('proof.approvals')}
      lead={say('proof.approvals.lead')}
      none={{ title: say('proof.approvals.none'), body: say('proof.approvals.none.body') }}
      summaryOf={(request) => <Agreed request={request} />}
    />
  );
}

/** What one agrees to: of a deletion all that is lost; else the object as it is, which the word of the transition is about. */
function Agreed({ request: { spec } }: { readonly request: Request }) {
  const { say } = useTexts();
  const { target, transition } = spec;
  const resource = useKind(target.resource);
  const { data, error } = useQuery({
    queryKey: ['approval target', target.uid],
    enabled: resource !== undefined,
    queryFn: async () => askJson<object>(pathOf(resource as never, target.namespace, target.name)),
  });
  const isDeletion = transition === 'delete';
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          <strong>
            {say(isDeletion ? 'proof.approvals.lost' : 'proof.approvals.object', { name: target.name })}
          </strong>
        </Content>
      </StackItem>
      <StackItem>
        {error !== null ? (
          problemText(error, say)
        ) : data === undefined ? (
          <Spinner size="md" aria-label={say('app.loading')} />
        ) : (
          <DifferenceTable
            label={say('proof.approvals.diff', { name: target.name })}
            differences={isDeletion ? differences(data, undefined) : differences(undefined, data)}
          />
        )}
      </StackItem>
    </Stack>
  );
}
