/** What an organization's state is, as a word with a colour. */
import { Label } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';
import { isRefused, type Organization, readyOf } from './organization.ts';

export function StateLabel({ organization }: { readonly organization: Organization }) {
  const { say } = useTexts();
  if (organization.metadata.deletionTimestamp !== undefined)
    return <Label status="warning">{say('operator.org.deleting')}</Label>;
  if (isRefused(organization)) return <Label status="danger">{say('operator.org.refused')}</Label>;
  return readyOf(organization)?.status === 'True' ? (
    <Label status="success">{say('operator.org.ready')}</Label>
  ) : (
    <Label status="info">{say('operator.org.making')}</Label>
  );
}
