/** Which things of one kind a plan saves: none, all, by label or by name; and what that takes at this moment. */
import { Checkbox, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import type { BackedUp } from '../../../../src/services/backup/what.ts';
import { useLiveList } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { KINDS, namesOf, useKind } from './kinds.ts';
import { PairsField } from './pairs-field.tsx';
import { type How, type SelectionDraft, selectorOf } from './selection.ts';
import { TakenList } from './taken-list.tsx';

const HOWS: readonly How[] = ['none', 'all', 'labels', 'names'];
const LABELS_MAX = 32;
const NAMES_MAX = 100;

export interface SelectionFieldProps {
  readonly plural: BackedUp;
  readonly draft: SelectionDraft;
  readonly project: string | undefined;
  readonly target: string | undefined;
  onChange(draft: SelectionDraft): void;
}

export function SelectionField({ plural, draft, project, target, onChange }: SelectionFieldProps) {
  const { say } = useTexts();
  const there = namesOf(useLiveList(useKind(KINDS[plural]), { project })).filter(
    (name) => plural !== 'buckets' || name !== target,
  );
  const { how, labels, names } = draft;
  const label = say(`storage.select.${plural}`);
  const selector = selectorOf(draft);
  return (
    <FormGroup label={label} fieldId={`select-${plural}`}>
      <FormSelect
        id={`select-${plural}`}
        value={how}
        onChange={(_event, value) =>
          onChange({
            ...draft,
            how: value as How,
            labels: value === 'labels' && labels.length === 0 ? [{ row: 0, key: '', value: '' }] : labels,
          })
        }
      >
        {HOWS.map((one) => (
          <FormSelectOption key={one} value={one} label={say(`storage.select.${one}`)} />
        ))}
      </FormSelect>
      {how === 'labels' && (
        <PairsField
          label={say('storage.select.labelsOf', { what: label })}
          pairs={labels}
          count_max={LABELS_MAX}
          isWrong={({ row, key }) => labels.some((other) => other.row !== row && other.key === key)}
          onChange={(next) => onChange({ ...draft, labels: next })}
        />
      )}
      {how === 'names' && (
        <FormGroup role="group" isStack aria-label={label} fieldId={`names-${plural}`}>
          {there.slice(0, NAMES_MAX).map((name) => (
            <Checkbox
              key={name}
              id={`name-${plural}-${name}`}
              label={name}
              isChecked={names.includes(name)}
              onChange={(_event, isChecked) =>
                onChange({
                  ...draft,
                  names: isChecked ? [...names, name] : names.filter((one) => one !== name),
                })
              }
            />
          ))}
        </FormGroup>
      )}
      {selector !== undefined && (
        <TakenList plural={plural} selector={selector} project={project} target={target} />
      )}
    </FormGroup>
  );
}
