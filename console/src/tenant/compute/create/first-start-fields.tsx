/** What a new instance does at its first start, for who wants more than a shell in the page. */
import { ExpandableSection, Stack } from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../../../texts/texts.ts';
import { Lines } from '../choice.tsx';
import type { FieldsProps } from './use-new-instance.ts';

export function FirstStartFields({ draft: { said, change }, wrong }: FieldsProps) {
  const { say } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection
      toggleText={say('compute.create.more')}
      isExpanded={isOpen || wrong.sshKeys !== undefined || wrong.userData !== undefined}
      onToggle={(_event, next) => setOpen(next)}
    >
      <Stack hasGutter>
        {(['sshKeys', 'userData'] as const).map((field) => (
          <Lines
            key={field}
            id={`create-${field}`}
            label={say(`compute.create.${field}`)}
            help={say(`compute.create.${field}.help`)}
            value={said[field]}
            onChange={(next) => change({ [field]: next })}
            problem={wrong[field]}
          />
        ))}
      </Stack>
    </ExpandableSection>
  );
}
