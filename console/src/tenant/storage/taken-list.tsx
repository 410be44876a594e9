/** What a selection takes at this moment: how many, and their names. It follows what happens. */
import { Content, Label, LabelGroup } from '@patternfly/react-core';
import type { BackedUp, Selector } from '../../../../src/services/backup/what.ts';
import { useLiveList } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { KINDS, useKind } from './kinds.ts';
import { takenOf } from './selection.ts';

const NAMED_MAX = 20;

export interface TakenListProps {
  readonly plural: BackedUp;
  readonly selector: Selector;
  readonly project: string | undefined;
  /** The bucket that backups go into. */
  readonly target: string | undefined;
}

export function TakenList({ plural, selector, project, target }: TakenListProps) {
  const { say } = useTexts();
  const { rows, isLoading } = useLiveList(useKind(KINDS[plural]), { project });
  if (isLoading) return null;
  const taken = takenOf(
    selector,
    rows.map(({ object }) => object),
    plural === 'buckets' ? target : undefined,
  );
  return (
    <div className="casemate-actions" role="status">
      <Content component="p">{say(`storage.taken.${plural}`, { count: taken.length })}</Content>
      {taken.length > 0 && (
        <LabelGroup
          aria-label={say(`storage.taken.${plural}`, { count: taken.length })}
          numLabels={NAMED_MAX}
        >
          {taken.slice(0, NAMED_MAX).map((name) => (
            <Label key={name}>{name}</Label>
          ))}
        </LabelGroup>
      )}
      {taken.length > NAMED_MAX && (
        <span>{say('storage.uploads.more', { count: taken.length - NAMED_MAX })}</span>
      )}
    </div>
  );
}
