/** See `./core.ts`. */
import { type ClipboardCopyProps, ClipboardCopy as Plain } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';

export function ClipboardCopy({ ref: _, ...props }: ClipboardCopyProps) {
  const { say } = useTexts();
  return (
    <Plain
      textAriaLabel={say('pf.toCopy')}
      toggleAriaLabel={say('pf.show')}
      hoverTip={say('copy')}
      clickTip={say('copied')}
      {...props}
    />
  );
}
