/** What one change changed: the object as it was recorded, held against the one before it. */
import { Alert, Spinner } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { DifferenceTable } from './difference-table.tsx';
import { differences } from './differences.ts';
import { openBody } from './leaves.ts';
import { bodyOf } from './log-reader.ts';
import type { ReadLeaf } from './read-back.ts';

export interface ChangeBodyProps {
  readonly leaf: ReadLeaf;
  /** The change before it of the same object; undefined: there is none, or it is not known here. */
  readonly before: ReadLeaf | undefined;
}

type Recorded = { readonly object: unknown } | { readonly noBody: string };

/** Recorded once, the same for ever. */
async function recorded({ leaf }: ReadLeaf): Promise<Recorded> {
  if (leaf.type !== 'change') return { object: undefined };
  const body = await bodyOf(leaf.index);
  return 'noBody' in body ? body : { object: await openBody(leaf.index, leaf.digest, body.bytes) };
}

export function ChangeBody({ leaf, before }: ChangeBodyProps) {
  const { say } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['ledger change', leaf.index, before?.index],
    queryFn: async () => ({
      now: await recorded(leaf),
      was: before === undefined ? { object: undefined } : await recorded(before),
    }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error !== null) return <Alert variant="danger" isInline title={problemText(error, say)} />;
  if (data === undefined) return <Spinner size="md" aria-label={say('app.loading')} />;
  const { now, was } = data;
  if ('noBody' in now)
    return (
      <Alert variant="info" isInline isPlain title={say('proof.body.none')}>
        {now.noBody}
      </Alert>
    );
  const label = say('proof.diff.title', { index: leaf.index });
  return (
    <>
      {'noBody' in was && <Alert variant="info" isInline isPlain title={say('proof.body.noneBefore')} />}
      <DifferenceTable
        label={label}
        differences={differences('noBody' in was ? undefined : was.object, now.object)}
      />
    </>
  );
}
