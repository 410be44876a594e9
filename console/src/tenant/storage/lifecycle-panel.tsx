/** What a bucket removes by itself: its rules, made, changed, switched off and taken away. */
import { Button, Content, Label, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { bucketSpecOf } from './bucket.ts';
import { changeSpec } from './kinds.ts';
import { aboutText, effectsText, type Rule } from './lifecycle.ts';
import { LifecycleDialog } from './lifecycle-dialog.tsx';
import { RowActions } from './row-actions.tsx';

type Asked =
  | { readonly what: 'edit'; readonly rule?: Rule }
  | { readonly what: 'remove'; readonly rule: Rule };

export function LifecyclePanel({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const [asked, setAsked] = useState<Asked>();
  const { lifecycle: rules = [] } = bucketSpecOf(object);
  // Of the very list that is shown: who changed it meanwhile is not overwritten.
  const save = (next: readonly Rule[]) =>
    changeSpec(
      resource,
      object,
      { lifecycle: next.length === 0 ? null : next },
      object.metadata.resourceVersion,
    );
  const close = () => setAsked(undefined);
  return (
    <section aria-labelledby="life-title" className="casemate-parts">
      <Title headingLevel="h2" id="life-title">
        {say('storage.life')}
      </Title>
      <Content component="p">{say('storage.life.lead')}</Content>
      {rules.length > 0 && (
        <Table aria-label={say('storage.life')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('storage.life.rule')}</Th>
              <Th>{say('storage.life.about')}</Th>
              <Th>{say('storage.life.effect')}</Th>
              <Th screenReaderText={say('storage.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {rules.map((rule) => (
              <Tr key={rule.id}>
                <Td dataLabel={say('storage.life.rule')}>
                  {rule.id} {!rule.enabled && <Label>{say('storage.life.off')}</Label>}
                </Td>
                <Td dataLabel={say('storage.life.about')} className="casemate-name">
                  {aboutText(rule, say)}
                </Td>
                <Td dataLabel={say('storage.life.effect')}>
                  {effectsText(rule, say, language).map((effect) => (
                    <div key={effect}>{effect}</div>
                  ))}
                </Td>
                <Td isActionCell>
                  <RowActions
                    name={rule.id}
                    actions={[
                      { title: say('storage.edit'), onClick: () => setAsked({ what: 'edit', rule }) },
                      {
                        title: say('storage.remove'),
                        isDanger: true,
                        onClick: () => setAsked({ what: 'remove', rule }),
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
        {say('storage.life.new')}
      </Button>
      {asked?.what === 'edit' && (
        <LifecycleDialog
          rule={asked.rule}
          others={rules.map(({ id }) => id).filter((id) => id !== asked.rule?.id)}
          onSave={(rule) =>
            save(
              asked.rule === undefined
                ? [...rules, rule]
                : rules.map((one) => (one.id === asked.rule?.id ? rule : one)),
            )
          }
          onClose={close}
        />
      )}
      {asked?.what === 'remove' && (
        <Ask
          title={say('storage.life.remove', { rule: asked.rule.id })}
          lead={say('storage.life.remove.lead')}
          confirm={say('list.delete.confirm')}
          isDanger
          onConfirm={() => save(rules.filter(({ id }) => id !== asked.rule.id))}
          onClose={close}
        />
      )}
    </section>
  );
}
