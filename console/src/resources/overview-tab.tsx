/** What an object is and what became of it: what was asked for beside what there is, and its conditions, in words where there are some. */
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
  LabelGroup,
  Stack,
  StackItem,
  Timestamp,
  Title,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { schemaOf } from '../forms/schema-query.ts';
import { RegionSays } from '../parts/region-says.tsx';
import { useTexts } from '../texts/texts.ts';
import { FieldTextsOf, useFieldTexts } from '../texts/use-field-texts.tsx';
import { DescribedFields } from './described-fields.tsx';
import type { TabProps } from './detail-page.tsx';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export function OverviewTab(props: TabProps) {
  return (
    <FieldTextsOf group={props.resource.group}>
      <Overview {...props} />
    </FieldTextsOf>
  );
}

function Overview({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  // What it says of fields helps; what they hold does not wait for it.
  const { data: schema } = useQuery(schemaOf(resource));
  const schemaAt = (name: 'spec' | 'status') =>
    schema?.members.find((member) => member.name === name)?.schema;
  const { metadata, spec, status } = object;
  const { conditions = [], ...rest } = (status ?? {}) as { conditions?: readonly Condition[] } & Record<
    string,
    unknown
  >;
  return (
    <Stack hasGutter>
      <StackItem>
        <DescriptionList isHorizontal isCompact>
          <DescriptionListGroup>
            <DescriptionListTerm>{say('detail.created')}</DescriptionListTerm>
            <DescriptionListDescription>
              <Timestamp
                date={new Date(metadata.creationTimestamp)}
                locale={language}
                dateFormat="medium"
                timeFormat="medium"
              />
            </DescriptionListDescription>
          </DescriptionListGroup>
          {metadata.labels !== undefined && (
            <DescriptionListGroup>
              <DescriptionListTerm>{say('detail.labels')}</DescriptionListTerm>
              <DescriptionListDescription>
                <LabelGroup aria-label={say('detail.labels')}>
                  {Object.entries(metadata.labels).map(([key, value]) => (
                    <Label key={key}>{`${key}=${value}`}</Label>
                  ))}
                </LabelGroup>
              </DescriptionListDescription>
            </DescriptionListGroup>
          )}
        </DescriptionList>
      </StackItem>
      {conditions.length > 0 && (
        <StackItem>
          <Title headingLevel="h2">{say('detail.conditions')}</Title>
          <Conditions conditions={conditions} />
        </StackItem>
      )}
      {spec !== undefined && (
        <StackItem>
          <Title headingLevel="h2">{say('detail.spec')}</Title>
          <DescribedFields schema={schemaAt('spec')} value={spec} />
        </StackItem>
      )}
      {Object.keys(rest).length > 0 && (
        <StackItem>
          <Title headingLevel="h2">{say('detail.status')}</Title>
          <DescribedFields schema={schemaAt('status')} value={rest} />
        </StackItem>
      )}
    </Stack>
  );
}

function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  const { say } = useTexts();
  const { word } = useFieldTexts();
  return (
    <Table aria-label={say('detail.conditions')} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="fitContent">{say('condition.type')}</Th>
          <Th>{say('condition.status')}</Th>
          <Th>{say('condition.message')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {conditions.map(({ type, status, message, reason = '' }) => (
          <Tr key={type}>
            <Td dataLabel={say('condition.type')}>{word(type) ?? type}</Td>
            <Td dataLabel={say('condition.status')}>
              <Label status={status === 'True' ? 'success' : status === 'False' ? 'warning' : 'info'}>
                {word(status) ?? status}
              </Label>
            </Td>
            <Td dataLabel={say('condition.message')}>
              <Why reason={word(reason)} message={message ?? reason} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** In a word in the person's language where there is one; in full the region says it in English. */
function Why({ reason, message }: { readonly reason: string | undefined; readonly message: string }) {
  const full = <RegionSays>{message}</RegionSays>;
  if (reason === undefined) return full;
  return (
    <>
      <strong>{reason}</strong> · {full}
    </>
  );
}
