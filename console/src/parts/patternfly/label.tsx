/** See `./core.ts`. */
import { Label as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Label(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  const name = typeof props.children === 'string' ? props.children : '';
  return <Plain closeBtnAriaLabel={say('pf.remove', { name })} {...props} />;
}
