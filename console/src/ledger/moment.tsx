/** A moment as people of the page's language write it. */
import { Timestamp } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';

export function Moment({ at }: { readonly at: string }) {
  const { language } = useTexts();
  return <Timestamp date={new Date(at)} locale={language} dateFormat="medium" timeFormat="medium" />;
}
