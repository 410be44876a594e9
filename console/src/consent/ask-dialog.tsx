/** Asks for the consent of others: for what, and why, in words that whoever approves can judge. */
import {
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  TextArea,
} from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import type { ReasonCode } from '../../../src/trust/approvals/reasons.ts';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { REASON_CODES } from './requests.ts';

export interface AskDialogProps {
  readonly title: string;
  /** What others would agree to. */
  readonly summary: ReactNode;
  readonly isDanger?: boolean | undefined;
  onAsk(reasonCode: ReasonCode, reason: string): Promise<void>;
  onClose(): void;
}

const REASON_LENGTH_MAX = 1_000;

export function AskDialog({ title, summary, isDanger, onAsk, onClose }: AskDialogProps) {
  const { say } = useTexts();
  const [code, setCode] = useState<ReasonCode>('other');
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [wasTried, setTried] = useState(false);
  const isMissing = reason.trim() === '';
  const submit = async () => {
    setTried(true);
    if (isMissing) return;
    setBusy(true);
    try {
      await onAsk(code, reason.trim());
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="ask-title">
      <ModalHeader
        title={title}
        labelId="ask-title"
        description={say('consent.ask.lead')}
        {...(isDanger === true ? { titleIconVariant: 'warning' as const } : {})}
      />
      <ModalBody>
        <Stack hasGutter>
          {summary}
          <Form
            id="ask-form"
            onSubmit={(event) => {
              event.preventDefault();
              void submit();
            }}
          >
            <FormGroup label={say('consent.ask.code')} fieldId="ask-code">
              <FormSelect
                id="ask-code"
                value={code}
                onChange={(_event, value) => setCode(value as ReasonCode)}
              >
                {REASON_CODES.map((one) => (
                  <FormSelectOption key={one} value={one} label={say(`consent.ask.code.${one}`)} />
                ))}
              </FormSelect>
            </FormGroup>
            <FormGroup label={say('consent.ask.reason')} fieldId="ask-reason" isRequired>
              <TextArea
                id="ask-reason"
                value={reason}
                maxLength={REASON_LENGTH_MAX}
                onChange={(_event, value) => setReason(value)}
                validated={wasTried && isMissing ? 'error' : 'default'}
                aria-describedby="ask-reason-help"
                autoResize
                isRequired
              />
              <FormHelperText>
                <HelperText id="ask-reason-help">
                  <HelperTextItem variant={wasTried && isMissing ? 'error' : 'default'}>
                    {say('consent.ask.reason.help')}
                  </HelperTextItem>
                </HelperText>
              </FormHelperText>
            </FormGroup>
          </Form>
          {problem !== undefined && (
            <Alert component="p" variant="danger" isInline title={problemText(problem, say)} />
          )}
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="ask-form" isLoading={isBusy} isDisabled={isBusy}>
          {say('consent.ask.submit')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
