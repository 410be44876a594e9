/** See `./core.ts`. */
import { NumberInput as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function NumberInput(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain minusBtnAriaLabel={say('pf.less')} plusBtnAriaLabel={say('pf.moreOf')} {...props} />;
}
