/** What an operator did in a terminal of this organization, played back. What comes is held against the digest that the ledger has of it. */
import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  Button,
  CodeBlock,
  CodeBlockCode,
  DescriptionList,
  ExpandableSection,
  PageSection,
  Spinner,
  Stack,
  StackItem,
  Title,
} from '@patternfly/react-core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ApiError, ask } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import { type Recording, useRecordings } from '../../consent/access-requests.ts';
import { hex, sha256, utf8 } from '../../ledger/bytes.ts';
import { download } from '../../ledger/download.ts';
import { Fact, When } from '../../parts/shown.tsx';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { parseCast, plainOutput } from './asciicast.ts';
import { Player } from './player.tsx';

/** A recording has at most half of it. */
const CAST_CHARACTERS_MAX = 32 * 1_024 * 1_024;
const SHOWN_CHARACTERS_MAX = 1_024 * 1_024;

export function RecordingPage() {
  const { say } = useTexts();
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const { all, state, resource } = useRecordings();
  const recording = all.find(({ metadata }) => metadata.name === name);
  return (
    <>
      <PageSection>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link className={className} to="/access">
                {say('proof.operators')}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{name}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">
          {say('proof.recording.title', { instance: recording?.spec.target.name ?? name })}
        </Title>
      </PageSection>
      <PageSection isFilled>
        {recording !== undefined && resource !== undefined ? (
          <Replay recording={recording} resource={resource} />
        ) : state.isLoading && state.error === undefined ? (
          <Spinner aria-label={say('app.loading')} />
        ) : (
          <Problem
            error={
              state.error ??
              new ApiError(404, { code: 404, details: { kind: 'TerminalRecording', name } } as never)
            }
          />
        )}
      </PageSection>
    </>
  );
}

function Replay({ recording, resource }: { readonly recording: Recording; readonly resource: Resource }) {
  const { say } = useTexts();
  const { metadata, spec, status } = recording;
  const isLive = status?.phase === undefined || status.phase === 'Recording';
  const { data, error, refetch, isPlaceholderData } = useQuery({
    // While it is recorded, its length says that there is more.
    queryKey: ['recording', metadata.uid, isLive ? status?.bytes : 'whole'],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const text = await (
        await ask(`${pathOf(resource, undefined, metadata.name)}/replay`, { accept: '*/*' })
      ).text();
      if (text.length > CAST_CHARACTERS_MAX) throw new Error(say('proof.recording.tooLong'));
      return { text, digest: hex(await sha256(utf8(text))) };
    },
  });
  const cast = useMemo(() => (data === undefined ? undefined : parseCast(data.text)), [data]);
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined || cast === undefined) return <Spinner aria-label={say('app.loading')} />;
  // What came before the end is no whole recording yet.
  const isWhole = !isLive && !isPlaceholderData;
  const isOther = isWhole && data.digest !== status?.sha256;
  const text = plainOutput(cast);
  return (
    <Stack hasGutter>
      <StackItem>
        {!isWhole ? (
          <Alert variant="info" isInline title={say('proof.recording.live')} component="h2" />
        ) : isOther ? (
          <Alert variant="danger" isInline title={say('proof.recording.other')} component="h2">
            {say('proof.alarm')}
          </Alert>
        ) : (
          <Alert variant="success" isInline title={say('proof.recording.same')} component="h2">
            {status?.phase === 'Incomplete' ? say('proof.recording.Incomplete.body') : undefined}
          </Alert>
        )}
      </StackItem>
      <StackItem>
        <DescriptionList isHorizontal isCompact>
          <Fact term={say('proof.operators.operator')}>{spec.operator}</Fact>
          <Fact term={say('proof.recording.command')}>
            {spec.command === '' ? say('proof.recording.shell') : <code>{spec.command}</code>}
          </Fact>
          <Fact term={say('proof.when')}>
            <When at={spec.startedAt} />
          </Fact>
          <Fact term="SHA-256">
            <code>{data.digest}</code>
          </Fact>
        </DescriptionList>
      </StackItem>
      {/* What is not what the ledger holds is not played. */}
      {!isOther && (
        <>
          <StackItem>
            <Player cast={cast} isLive={!isWhole} label={say('proof.recording.player')} />
          </StackItem>
          <StackItem>
            <ExpandableSection toggleText={say('proof.recording.text')}>
              <CodeBlock>
                <CodeBlockCode>{text.slice(0, SHOWN_CHARACTERS_MAX)}</CodeBlockCode>
              </CodeBlock>
            </ExpandableSection>
          </StackItem>
        </>
      )}
      <StackItem>
        <Button variant="secondary" onClick={() => download(`${metadata.name}.cast`, data.text)}>
          {say('proof.recording.download')}
        </Button>
      </StackItem>
    </Stack>
  );
}
