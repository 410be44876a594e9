/**
 * A change that nobody makes alone: asked for by one, agreed to by another, then made by who asked. Shows how far that is, and to each the one thing
 * they can do about it now.
 */
import { Alert, Button, Content, Stack, StackItem } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import type { Resource } from '../api/discovery.ts';
import { type ApiObject, useLiveList } from '../api/live-list.ts';
import { APPROVAL_POLICIES, useKind } from '../parts/kind.ts';
import { WorkButton } from '../parts/work.tsx';
import { useIdentity } from '../shell/identity.ts';
import { useTexts } from '../texts/texts.ts';
import { AskDialog } from './ask-dialog.tsx';
import { transitionText } from './names.ts';
import { RequestCard } from './request-card.tsx';
import { askOthers, change, isOpen, useRequests } from './requests.ts';

export interface AgreementProps {
  readonly resource: Resource;
  readonly object: ApiObject;
  /** As the kind calls it. */
  readonly transition: string;
  /** What is written, or else done, once others agreed. */
  readonly fields?: object;
  readonly act?: () => Promise<void>;
  /** What one agrees to, in words. */
  readonly summary: ReactNode;
  readonly isDanger?: boolean;
}

export function Agreement(props: AgreementProps) {
  const { resource, object, transition, fields = {}, act, summary, isDanger } = props;
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const [isAsking, setAsking] = useState(false);
  const requests = useRequests();
  const policies = useLiveList(useKind(APPROVAL_POLICIES));
  const what = transitionText(transition, say);
  const asked = requests.all.filter(
    ({ spec }) => spec.target.uid === object.metadata.uid && spec.transition === transition,
  );
  const open = asked.filter(isOpen);
  /** The newest of all, where others did not want it and it was not done since. */
  const [refused] = asked;
  const mine = open.find(({ status }) => status.requestedBy === me);
  const isAlone = policies.rows.some(({ object: policy }) => policy.spec?.soleOperator === me);
  const carry = (
    <WorkButton
      variant={isDanger === true ? 'danger' : 'primary'}
      task={act ?? (() => change(resource, object, fields))}
    >
      {say('consent.agreement.do', { what })}
    </WorkButton>
  );
  if (requests.resource === undefined || requests.state.isLoading || policies.isLoading) return null;
  const kind = requests.resource;
  return (
    <Stack hasGutter>
      {open.map((request) => (
        <StackItem key={request.metadata.uid}>
          <RequestCard
            request={request}
            resource={kind}
            summary={summary}
            carryOut={
              request === mine && request.status.phase === 'Approved' ? (
                <Stack hasGutter>
                  <Alert
                    component="p"
                    variant="success"
                    isInline
                    isLiveRegion
                    title={say('consent.agreement.agreed')}
                  />
                  <StackItem>{carry}</StackItem>
                </Stack>
              ) : undefined
            }
          />
        </StackItem>
      ))}
      {open.length === 0 && refused?.status.rejection !== undefined && (
        <StackItem>
          <Alert
            component="p"
            variant="info"
            isInline
            title={say(
              refused.status.rejection.note === undefined
                ? 'consent.agreement.refused'
                : 'consent.agreement.refused.why',
              { by: refused.status.rejection.by, why: refused.status.rejection.note ?? '' },
            )}
          />
        </StackItem>
      )}
      {mine === undefined && isAlone && (
        <StackItem>
          <Content component="p">{say('consent.agreement.alone')}</Content>
          {carry}
        </StackItem>
      )}
      {mine === undefined && !isAlone && (
        <StackItem>
          <Button variant={isDanger === true ? 'danger' : 'primary'} onClick={() => setAsking(true)}>
            {say('consent.agreement.ask', { what })}
          </Button>
        </StackItem>
      )}
      {isAsking && (
        <AskDialog
          title={say('consent.request.title', { what, name: object.metadata.name })}
          summary={summary}
          isDanger={isDanger}
          onAsk={(reasonCode, reason) =>
            askOthers(kind, { resource, object, transition, reasonCode, reason })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </Stack>
  );
}
