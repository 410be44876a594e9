/** One leaf of a log by its number, at an address of its own: what it says, what it changed, and its proof. */
import {
  Breadcrumb,
  BreadcrumbItem,
  Content,
  PageSection,
  Spinner,
  Stack,
  StackItem,
  Title,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { Fields } from '../resources/fields.tsx';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { ChangeBody } from './change-body.tsx';
import { LOGS, type LogName } from './log-reader.ts';
import { ProofPanel } from './proof-panel.tsx';
import { type ReadLeaf, readBack, readOne, signedSize } from './read-back.ts';

/** The change before it of the same object, as far back as one look goes. */
async function changeBefore({ leaf, index }: ReadLeaf): Promise<ReadLeaf | undefined> {
  if (leaf.type !== 'change' || leaf.verb === 'create' || index === 0) return undefined;
  const { uid } = leaf;
  const { leaves } = await readBack({
    log: 'changes',
    size: await signedSize('changes'),
    from: index - 1,
    isWanted: (one) => one.type === 'change' && one.uid === uid,
    isFirst: () => true,
  });
  return leaves[0];
}

export function LeafPage() {
  const { say } = useTexts();
  const { log: asked, index: text = '' } = useParams({ strict: false }) as { log?: string; index?: string };
  const log = LOGS.find((one) => one === asked);
  if (log === undefined || !/^\d{1,15}$/.test(text)) return <Problem error={new Error(say('error.page'))} />;
  return <Leaf key={`${log} ${text}`} log={log} index={Number(text)} />;
}

function Leaf({ log, index }: { readonly log: LogName; readonly index: number }) {
  const { say } = useTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ['ledger leaf', log, index],
    queryFn: async () => {
      const leaf = await readOne(log, index);
      return { leaf, before: await changeBefore(leaf) };
    },
  });
  return (
    <>
      <PageSection>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link className={className} to="/ledger" search={{ log } as never}>
                {say('proof.ledger')}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{say('proof.leaf.number', { index })}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">{say('proof.leaf.title', { index, log: say(`proof.log.${log}`) })}</Title>
      </PageSection>
      <PageSection isFilled>
        {error !== null ? (
          <Problem error={error} onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <Spinner aria-label={say('app.loading')} />
        ) : (
          <Stack hasGutter>
            <StackItem>
              <ProofPanel log={log} leaf={data.leaf} />
            </StackItem>
            <StackItem>
              <Title headingLevel="h2">{say('proof.leaf.says')}</Title>
              <Fields value={data.leaf.leaf} />
            </StackItem>
            {data.leaf.leaf.type === 'change' && (
              <StackItem>
                <ObjectLink leaf={data.leaf.leaf} />
                <Title headingLevel="h2">{say('proof.leaf.changed')}</Title>
                <ChangeBody leaf={data.leaf} before={data.before} />
              </StackItem>
            )}
          </Stack>
        )}
      </PageSection>
    </>
  );
}

/** To the object as it is now, if it is there still; its name may have been erased from the leaf. */
function ObjectLink({ leaf }: { readonly leaf: WholeLeaf & { readonly type: 'change' } }) {
  const { say } = useTexts();
  const { resource, namespace, name } = leaf;
  if (name === undefined) return null;
  const to = `/resources/${resource}/${namespace === undefined ? '' : `${namespace}/`}${encodeURIComponent(name)}`;
  return (
    <Content component="p">
      <Link to={to} search={{ tab: 'history' } as never}>
        {say('proof.leaf.object', { name })}
      </Link>
    </Content>
  );
}
