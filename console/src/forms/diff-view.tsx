/** Two versions of a text, line by line: what goes and what comes, told by a sign and a word as well as by colour. */
import { Content } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import './forms.css';
import { foldedDiff } from './folded-diff.ts';
import { lineDiff } from './line-diff.ts';

export interface DiffViewProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

const SIGN = { same: ' ', gone: '-', new: '+' } as const;

export function DiffView({ label, before, after }: DiffViewProps) {
  const { say } = useTexts();
  const parts = foldedDiff(lineDiff(before, after));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keyboard (WCAG 2.1.1)
    <section className="casemate-diff" aria-label={label} tabIndex={0}>
      {parts.map((part) =>
        part.type === 'folded' ? (
          <Content key={part.key} component="small" className="casemate-diff-line">
            {`⋯ ${say('forms.diff.folded', { count: part.count })}`}
          </Content>
        ) : (
          <code key={part.key} className={`casemate-diff-line casemate-diff-${part.type}`}>
            {part.type !== 'same' && (
              <span className="pf-v6-screen-reader">
                {say(part.type === 'gone' ? 'forms.diff.gone' : 'forms.diff.new')}
              </span>
            )}
            <span aria-hidden="true">{`${SIGN[part.type]} `}</span>
            {part.text}
          </code>
        ),
      )}
    </section>
  );
}
