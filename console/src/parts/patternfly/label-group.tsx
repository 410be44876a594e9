/** See `./core.ts`. */
import { type LabelGroupProps, LabelGroup as Plain } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';

const REMAINING = { remaining: '$' + '{remaining}' };

export function LabelGroup({ ref: _, ...props }: LabelGroupProps) {
  const { say } = useTexts();
  return (
    <Plain
      expandedText={say('pf.fewer')}
      collapsedText={say('pf.more', REMAINING)}
      closeBtnAriaLabel={say('close')}
      {...props}
    />
  );
}
