/** See `./core.ts`. */
import { Tabs as Plain, type TabsProps } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';

export function Tabs({ ref: _, ...props }: TabsProps) {
  const { say } = useTexts();
  return <Plain backScrollAriaLabel={say('pf.back')} forwardScrollAriaLabel={say('pf.forward')} {...props} />;
}
