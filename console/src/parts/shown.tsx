/** Times, sizes and commands as people read them, in the language of the page. */
import {
  ClipboardCopy,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Timestamp,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/texts.ts';

export function When({ at }: { readonly at: string }) {
  const { language } = useTexts();
  return <Timestamp date={new Date(at)} locale={language} dateFormat="medium" timeFormat="short" />;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const STEP = 1_000;

/** `3.4 MB`: decimal, as media are sold. Pure. */
export function bytesText(bytes: number, language: string): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / STEP ** power);
}

/** What to type on the region's machine or paste elsewhere, to the letter: whole, on paper too. */
export function Command({ children }: { readonly children: string }) {
  const { say } = useTexts();
  return (
    <ClipboardCopy isReadOnly isCode variant="inline-compact" hoverTip={say('copy')} clickTip={say('copied')}>
      {children}
    </ClipboardCopy>
  );
}

export function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

/** Terms beside what they are, one below the other. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '20ch' }}>
      {children}
    </DescriptionList>
  );
}
