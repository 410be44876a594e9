/** What waits for the consent of people in this region, and what became of what did. */
import { RequestsPage } from '../../consent/requests-page.tsx';
import { useTexts } from '../../texts/texts.ts';

export function ApprovalsPage() {
  const { say } = useTexts();
  return (
    <RequestsPage
      title={say('operator.approvals.title')}
      lead={say('operator.approvals.lead')}
      none={{ title: say('operator.approvals.none'), body: say('operator.approvals.none.body') }}
    />
  );
}
