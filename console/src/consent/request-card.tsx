/** One request: what is asked, by whom and why, who agreed so far, and what this person can say to it, or why nothing. */
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardTitle,
  Divider,
  Flex,
  FlexItem,
  FormGroup,
  HelperText,
  HelperTextItem,
  Stack,
  TextInput,
  Tooltip,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import type { Resource } from '../api/discovery.ts';
import { Fact, Facts, When } from '../parts/shown.tsx';
import { useIdentity } from '../shell/identity.ts';
import { problemText } from '../shell/problem.tsx';
import { pairText } from '../texts/pair.ts';
import { useTexts } from '../texts/texts.ts';
import { transitionText } from './names.ts';
import { decide, type Request } from './requests.ts';

export interface RequestCardProps {
  readonly request: Request;
  /** The kind of requests. */
  readonly resource: Resource;
  /** Where the object is that it is about; absent where the page shows that. */
  readonly to?: string | undefined;
  /** What one agrees to, in words. */
  readonly summary?: ReactNode;
  /** Of who asked, once others agreed. */
  readonly carryOut?: ReactNode;
}

const NOTE_LENGTH_MAX = 256;

export function RequestCard({ request, resource, to, summary, carryOut }: RequestCardProps) {
  const { say } = useTexts();
  const { spec, status, metadata } = request;
  const what = transitionText(spec.transition, say);
  return (
    <Card component="section" aria-labelledby={`request-${metadata.uid}`}>
      <CardTitle component="h3" id={`request-${metadata.uid}`}>
        {say('consent.request.title', { what, name: spec.target.name })}
      </CardTitle>
      <CardBody>
        <Facts>
          {to !== undefined && (
            <Fact term={say('consent.request.object')}>
              <Link to={to}>{spec.target.name}</Link>
            </Fact>
          )}
          <Fact term={say('consent.request.by')}>{status.requestedBy}</Fact>
          <Fact term={say('consent.request.reason')}>{spec.reason}</Fact>
          <Fact term={say('consent.request.expires')}>
            <When at={spec.expiresAt} />
          </Fact>
          <Fact term={say('consent.request.approvals')}>
            {say('consent.request.approvals.count', {
              count: status.approvals.length,
              required: status.required,
            })}
            {status.approvals.map(({ by, note }) => (
              <div key={by}>{pairText(say, by, note)}</div>
            ))}
          </Fact>
        </Facts>
        {summary !== undefined && (
          <>
            <Divider inset={{ default: 'insetNone' }} style={{ marginBlock: '1rem' }} />
            {summary}
          </>
        )}
      </CardBody>
      <CardFooter>{carryOut ?? <Decision request={request} resource={resource} />}</CardFooter>
    </Card>
  );
}

function Decision({ request, resource }: Pick<RequestCardProps, 'request' | 'resource'>) {
  const { say } = useTexts();
  const id = useId();
  const { name: me } = useIdentity();
  const { status, metadata } = request;
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState<'approve' | 'reject'>();
  const [problem, setProblem] = useState<unknown>();
  const isMine = status.requestedBy === me;
  const why = isMine
    ? say('consent.request.own')
    : status.approvals.some(({ by }) => by === me)
      ? say('consent.request.twice')
      : undefined;
  const act = async (decision: 'approve' | 'reject') => {
    setBusy(decision);
    setProblem(undefined);
    await decide(resource, metadata.name, decision, note.trim()).catch(setProblem);
    setBusy(undefined);
  };
  const approve = (
    <Button
      isAriaDisabled={why !== undefined || busy !== undefined}
      isLoading={busy === 'approve'}
      onClick={() => void act('approve')}
    >
      {say('consent.request.approve')}
    </Button>
  );
  return (
    <Stack hasGutter>
      {problem !== undefined && (
        <Alert component="p" variant="danger" isInline title={problemText(problem, say)} />
      )}
      {why === undefined ? (
        <FormGroup label={say('consent.request.note')} fieldId={id}>
          <TextInput
            id={id}
            value={note}
            maxLength={NOTE_LENGTH_MAX}
            onChange={(_event, value) => setNote(value)}
          />
        </FormGroup>
      ) : (
        <HelperText>
          <HelperTextItem>{why}</HelperTextItem>
        </HelperText>
      )}
      <Flex>
        <FlexItem>{why === undefined ? approve : <Tooltip content={why}>{approve}</Tooltip>}</FlexItem>
        <FlexItem>
          <Button
            variant={isMine ? 'secondary' : 'danger'}
            isLoading={busy === 'reject'}
            isDisabled={busy !== undefined}
            onClick={() => void act('reject')}
          >
            {say(isMine ? 'consent.request.withdraw' : 'consent.request.reject')}
          </Button>
        </FlexItem>
      </Flex>
    </Stack>
  );
}
