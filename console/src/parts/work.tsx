/** Something that somebody asked for and that takes a moment: under way, done, or not done with what the API said to it. */
import { Alert, Button, type ButtonProps, Form } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { problemText } from '../shell/problem.tsx';
import { pairText } from '../texts/pair.ts';
import { useTexts } from '../texts/texts.ts';

export interface Work {
  readonly isBusy: boolean;
  /** What went wrong at the last try; undefined: nothing did. */
  readonly problem: unknown;
  /** Resolves when it is over, whatever came of it. */
  run(task: () => Promise<unknown>): Promise<void>;
}

export function useWork(): Work {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  return {
    isBusy,
    problem,
    async run(task) {
      setBusy(true);
      setProblem(undefined);
      await task().catch(setProblem);
      setBusy(false);
    },
  };
}

/** What the API said, and of each field where it did. Nothing while there is no problem. */
export function WorkProblem({ of: { problem } }: { readonly of: Work }) {
  const { say } = useTexts();
  if (problem === undefined) return null;
  const causes = problem instanceof ApiError ? (problem.status.details?.causes ?? []) : [];
  return (
    <Alert component="p" variant="danger" isInline isLiveRegion title={problemText(problem, say)}>
      {causes.map(({ field, message }) => (
        <div key={`${field} ${message}`}>{pairText(say, field, message)}</div>
      ))}
    </Alert>
  );
}

export interface WorkButtonProps extends Pick<ButtonProps, 'variant' | 'aria-label'> {
  readonly children: ReactNode;
  task(): Promise<unknown>;
}

/** A button that does one thing, and says beside it what went wrong. */
export function WorkButton({ task, children, ...props }: WorkButtonProps) {
  const work = useWork();
  return (
    <>
      <WorkProblem of={work} />
      <Button {...props} isLoading={work.isBusy} isDisabled={work.isBusy} onClick={() => void work.run(task)}>
        {children}
      </Button>
    </>
  );
}

export interface WorkFormProps {
  /** What its button says. */
  readonly submit: string;
  readonly isDisabled?: boolean;
  readonly work: Work;
  readonly children: ReactNode;
  onSubmit(): void;
}

/** A form with one button, and above that what went wrong. */
export function WorkForm({ submit, isDisabled = false, work, onSubmit, children }: WorkFormProps) {
  return (
    <Form
      isWidthLimited
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <WorkProblem of={work} />
      <div>
        <Button type="submit" isLoading={work.isBusy} isDisabled={work.isBusy || isDisabled}>
          {submit}
        </Button>
      </div>
    </Form>
  );
}
