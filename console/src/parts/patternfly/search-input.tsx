/** See `./core.ts`. */
import { SearchInput as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function SearchInput(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain resetButtonLabel={say('list.clear')} submitSearchButtonLabel={say('pf.search')} {...props} />;
}
