/** Verify and Download receipt, of one leaf that is shown: what was checked, step by step, and by which key. */
import { ActionList, ActionListItem, Alert, Button, Stack, StackItem } from '@patternfly/react-core';
import { useState } from 'react';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { download } from './download.ts';
import { bodyOf, type LogName, placeOf } from './log-reader.ts';
import type { LogSource } from './proof.ts';
import type { ReadLeaf } from './read-back.ts';
import { receiptName } from './receipt.ts';
import { VerdictAlert } from './verdict-alert.tsx';
import { type Verdict, verifyLeaf } from './verify.ts';

export interface ProofPanelProps {
  readonly log: LogName;
  readonly leaf: ReadLeaf;
  /** Of the object whose page it is. */
  readonly uid?: string;
  /** Where else the log is read from. */
  readonly source?: LogSource;
}

async function verified({ log, leaf, uid, source }: ProofPanelProps): Promise<Verdict> {
  const body = leaf.leaf.type === 'change' ? await bodyOf(leaf.index) : undefined;
  return verifyLeaf(placeOf(log, source), {
    index: leaf.index,
    bytes: leaf.bytes,
    record: leaf.record,
    ...(body !== undefined && 'bytes' in body ? { body: body.bytes } : {}),
    ...(uid === undefined ? {} : { uid }),
  });
}

export function ProofPanel(props: ProofPanelProps) {
  const { say } = useTexts();
  const [busy, setBusy] = useState<'verify' | 'receipt'>();
  const [verdict, setVerdict] = useState<Verdict>();
  const [failure, setFailure] = useState<unknown>();
  const run = async (what: 'verify' | 'receipt') => {
    setBusy(what);
    setFailure(undefined);
    setVerdict(undefined);
    try {
      const found = await verified(props);
      setVerdict(found);
      if (what === 'receipt' && found.receipt !== undefined && found.checkpoint !== undefined)
        download(receiptName(found.checkpoint.origin, props.leaf.index), found.receipt);
    } catch (error) {
      setFailure(error);
    }
    setBusy(undefined);
  };
  return (
    <Stack hasGutter>
      <StackItem>
        <ActionList>
          <ActionListItem>
            <Button variant="secondary" isLoading={busy === 'verify'} onClick={() => void run('verify')}>
              {say('proof.verify')}
            </Button>
          </ActionListItem>
          <ActionListItem>
            <Button variant="link" isLoading={busy === 'receipt'} onClick={() => void run('receipt')}>
              {say('proof.receipt')}
            </Button>
          </ActionListItem>
        </ActionList>
      </StackItem>
      {failure !== undefined && (
        <StackItem>
          <Alert variant="warning" isInline component="h2" title={say('proof.unreachable')}>
            {problemText(failure, say)}
          </Alert>
        </StackItem>
      )}
      {verdict !== undefined && (
        <StackItem>
          <VerdictAlert verdict={verdict} log={props.log} />
        </StackItem>
      )}
    </Stack>
  );
}
