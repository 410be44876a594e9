/** See `./core.ts`. */
import { Button as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Button(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain spinnerAriaValueText={say('app.loading')} {...props} />;
}
