/** See `./core.ts`. */
import { Spinner as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Spinner(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain aria-valuetext={say('app.loading')} {...props} />;
}
