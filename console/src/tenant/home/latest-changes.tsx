/** What people changed last, from the ledger: each change leads to its proof. */
import { Content, Flex, FlexItem, List, ListItem, Spinner, Stack, StackItem } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WholeLeaf } from '../../../../src/kernel/log/personal.ts';
import { leafWords } from '../../ledger/leaf-words.ts';
import { Moment } from '../../ledger/moment.tsx';
import { readBack, signedSize } from '../../ledger/read-back.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import { Part } from '../../parts/page.tsx';
import { useTexts } from '../../texts/texts.ts';

const SHOWN_MAX = 8;
const LOOK_AGAIN_MS = 10_000;
const LOG = 'changes';

/** What controllers write of what they found is not what somebody did. */
const isOfSomebody = (leaf: WholeLeaf, project: string | undefined) =>
  leaf.type === 'change' &&
  leaf.via !== 'controller' &&
  (project === undefined || leaf.namespace === project || leaf.name === project);

/** Nothing for who may not read the ledger. */
export function LatestChanges({ project }: { readonly project: string | undefined }) {
  const { say } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['latest changes', project],
    refetchInterval: ({ state }) => (state.error === null ? LOOK_AGAIN_MS : false),
    retry: false,
    queryFn: async () =>
      readBack({
        log: LOG,
        size: await signedSize(LOG),
        from: Number.MAX_SAFE_INTEGER,
        isWanted: (leaf) => isOfSomebody(leaf, project),
      }),
  });
  if (error !== null) return null;
  const leaves = data?.leaves.slice(0, SHOWN_MAX);
  return (
    <Part title={say('home.latest')}>
      {leaves === undefined ? (
        <Spinner size="md" aria-label={say('app.loading')} />
      ) : leaves.length === 0 ? (
        <Content component="p">{say('home.latest.none')}</Content>
      ) : (
        <Stack hasGutter>
          <StackItem>
            <List isPlain isBordered aria-label={say('home.latest')}>
              {leaves.map(({ index, leaf }) => {
                const { who, what, object } = leafWords(leaf, say);
                return (
                  <ListItem key={index}>
                    <Flex columnGap={{ default: 'columnGapMd' }}>
                      <FlexItem>
                        <Moment at={leaf.time} />
                      </FlexItem>
                      <FlexItem>
                        {who} · {what}
                      </FlexItem>
                      <FlexItem flex={{ default: 'flex_1' }} style={{ overflowWrap: 'anywhere' }}>
                        {object}
                      </FlexItem>
                      <FlexItem>
                        <Link to="/ledger/$log/$index" params={{ log: LOG, index: String(index) } as never}>
                          {say('home.latest.leaf', { index })}
                        </Link>
                      </FlexItem>
                    </Flex>
                  </ListItem>
                );
              })}
            </List>
          </StackItem>
          <StackItem>
            <LinkButton to="/ledger" variant="link" isInline>
              {say('home.latest.all')}
            </LinkButton>
          </StackItem>
        </Stack>
      )}
    </Part>
  );
}
