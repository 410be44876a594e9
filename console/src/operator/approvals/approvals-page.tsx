/** What waits for the consent of people in this region, and what became of what did. */
import { useAccessRequests, waitsForOperator } from '../../consent/access-requests.ts';
import { RequestsPage } from '../../consent/requests-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Emergencies } from './emergencies.tsx';

export function ApprovalsPage() {
  const { say } = useTexts();
  const emergencies = useAccessRequests().all.filter(waitsForOperator);
  return (
    <RequestsPage
      title={say('operator.approvals.title')}
      lead={say('operator.approvals.lead')}
      none={{ title: say('operator.approvals.none'), body: say('operator.approvals.none.body') }}
      also={emergencies.length === 0 ? undefined : <Emergencies requests={emergencies} />}
    />
  );
}
