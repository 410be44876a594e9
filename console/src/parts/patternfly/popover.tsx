/** See `./core.ts`. */
import { Popover as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Popover(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain closeBtnAriaLabel={say('close')} {...props} />;
}
