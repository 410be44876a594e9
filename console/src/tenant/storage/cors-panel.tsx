/** Which web pages of other origins may use a bucket: its rules, the first that fits counts. */
import { Button, Content, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { bucketSpecOf } from './bucket.ts';
import { CorsDialog, type CorsRule } from './cors-dialog.tsx';
import { changeSpec } from './kinds.ts';
import { RowActions } from './row-actions.tsx';

/** `at`: which rule. */
type Asked =
  | { readonly what: 'edit'; readonly at?: number }
  | { readonly what: 'remove'; readonly at: number };

export function CorsPanel({ resource, object }: TabProps) {
  const { say } = useTexts();
  const [asked, setAsked] = useState<Asked>();
  const { cors: rules = [] } = bucketSpecOf(object);
  const save = (next: readonly CorsRule[]) =>
    changeSpec(resource, object, { cors: next.length === 0 ? null : next }, object.metadata.resourceVersion);
  const close = () => setAsked(undefined);
  return (
    <section aria-labelledby="cors-title" className="casemate-parts">
      <Title headingLevel="h2" id="cors-title">
        {say('storage.cors')}
      </Title>
      <Content component="p">{say('storage.cors.lead')}</Content>
      {rules.length > 0 && (
        <Table aria-label={say('storage.cors')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.cors.origins')}</Th>
              <Th>{say('storage.cors.methods')}</Th>
              <Th>{say('storage.cors.headers')}</Th>
              <Th screenReaderText={say('storage.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {rules.map((rule, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rules have no name, and their place is what they are known by
              <Tr key={at}>
                <Td dataLabel={say('storage.cors.origins')}>{rule.allowedOrigins.join(', ')}</Td>
                <Td dataLabel={say('storage.cors.methods')}>{rule.allowedMethods.join(', ')}</Td>
                <Td dataLabel={say('storage.cors.headers')}>{rule.allowedHeaders?.join(', ') ?? '–'}</Td>
                <Td isActionCell>
                  <RowActions
                    name={rule.allowedOrigins.join(', ')}
                    actions={[
                      { title: say('storage.edit'), onClick: () => setAsked({ what: 'edit', at }) },
                      {
                        title: say('storage.remove'),
                        isDanger: true,
                        onClick: () => setAsked({ what: 'remove', at }),
                      },
                    ]}
                  />
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      <Button variant="secondary" onClick={() => setAsked({ what: 'edit' })}>
        {say('storage.cors.new')}
      </Button>
      {asked?.what === 'edit' && (
        <CorsDialog
          rule={asked.at === undefined ? undefined : rules[asked.at]}
          onSave={(rule) =>
            save(
              asked.at === undefined
                ? [...rules, rule]
                : rules.map((one, at) => (at === asked.at ? rule : one)),
            )
          }
          onClose={close}
        />
      )}
      {asked?.what === 'remove' && (
        <Ask
          title={say('storage.cors.remove')}
          lead={say('storage.cors.remove.lead')}
          confirm={say('list.delete.confirm')}
          isDanger
          onConfirm={() => save(rules.filter((_rule, at) => at !== asked.at))}
          onClose={close}
        />
      )}
    </section>
  );
}
