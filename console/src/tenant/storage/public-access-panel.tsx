/** What stands against a bucket being open to everybody, and its policy. */
import { ActionGroup, Alert, Button, Content, Form, Switch, Title } from '@patternfly/react-core';
import { useState } from 'react';
import type { BucketSpec } from '../../../../src/services/objects/bucket/bucket.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf } from './bucket.ts';
import { changeSpec } from './kinds.ts';
import { LinesField } from './lines-field.tsx';

type Block = BucketSpec['publicAccessBlock'];
const BLOCKS = [
  'blockPublicPolicy',
  'restrictPublicBuckets',
  'blockPublicAcls',
  'ignorePublicAcls',
] as const satisfies readonly (keyof Block)[];
const ROWS = 8;

export function PublicAccessPanel({ resource, object }: TabProps) {
  const { say } = useTexts();
  const spec = bucketSpecOf(object);
  const [block, setBlock] = useState<Block>(spec.publicAccessBlock);
  const [policy, setPolicy] = useState(spec.policy ?? '');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const wrong = policy.trim() === '' ? undefined : jsonProblem(policy);
  const isOpen = BLOCKS.some((one) => !block[one]);
  const save = async () => {
    setBusy(true);
    setProblem('');
    try {
      await changeSpec(resource, object, {
        publicAccessBlock: block,
        policy: policy.trim() === '' ? null : policy,
      });
    } catch (error) {
      setProblem(problemText(error, say));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="public-title" className="casemate-parts">
      <Title headingLevel="h2" id="public-title">
        {say('storage.public')}
      </Title>
      <Content component="p">{say('storage.public.lead')}</Content>
      <Form
        isWidthLimited
        onSubmit={(event) => {
          event.preventDefault();
          if (wrong === undefined) void save();
        }}
      >
        {BLOCKS.map((one) => (
          <Switch
            key={one}
            id={`block-${one}`}
            label={say(`storage.public.${one}`)}
            isChecked={block[one]}
            onChange={(_event, isChecked) => setBlock({ ...block, [one]: isChecked })}
          />
        ))}
        {isOpen && <Alert component="p" variant="warning" isInline title={say('storage.public.warning')} />}
        <LinesField
          id="bucket-policy"
          label={say('storage.policy')}
          hint={
            wrong === undefined ? say('storage.policy.hint') : say('storage.policy.wrong', { why: wrong })
          }
          value={policy}
          rows={ROWS}
          isCode
          isWrong={wrong !== undefined}
          onChange={setPolicy}
        />
        {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
        <ActionGroup>
          <Button type="submit" isLoading={isBusy} isDisabled={isBusy || wrong !== undefined}>
            {say('storage.public.save')}
          </Button>
        </ActionGroup>
      </Form>
    </section>
  );
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
