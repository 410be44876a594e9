/** Names with values, as many as somebody wants: tags, and metadata of an object. */
import { Button, TextInput } from '@patternfly/react-core';
import { MinusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/minus-circle-icon';
import { PlusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/plus-circle-icon';
import { useTexts } from '../../texts/texts.ts';
import type { Tag } from './document.ts';

/** A row keeps its place while its name is written. */
export type Pair = Tag & { readonly row: number };

export const pairsOf = (tags: readonly Tag[]): readonly Pair[] => tags.map((tag, row) => ({ ...tag, row }));

export interface PairsFieldProps {
  /** `Tags`. */
  readonly label: string;
  readonly pairs: readonly Pair[];
  readonly count_max: number;
  isWrong(pair: Pair): boolean;
  onChange(pairs: readonly Pair[]): void;
}

export function PairsField({ label, pairs, count_max, isWrong, onChange }: PairsFieldProps) {
  const { say } = useTexts();
  const change = (row: number, next: Partial<Tag>) =>
    onChange(pairs.map((pair) => (pair.row === row ? { ...pair, ...next } : pair)));
  const add = () => {
    const row = Math.max(-1, ...pairs.map((pair) => pair.row)) + 1;
    onChange([...pairs, { row, key: '', value: '' }]);
  };
  return (
    <fieldset aria-label={label} className="casemate-pairs">
      {pairs.map((pair, at) => (
        <div key={pair.row} className="casemate-pair">
          <TextInput
            aria-label={say('storage.pair.name', { label, number: at + 1 })}
            placeholder={say('storage.name')}
            value={pair.key}
            autoComplete="off"
            validated={isWrong(pair) ? 'error' : 'default'}
            onChange={(_event, key) => change(pair.row, { key })}
          />
          <TextInput
            aria-label={say('storage.pair.value', { label, number: at + 1 })}
            placeholder={say('storage.value')}
            value={pair.value}
            autoComplete="off"
            onChange={(_event, value) => change(pair.row, { value })}
          />
          <Button
            variant="plain"
            icon={<MinusCircleIcon />}
            aria-label={say('storage.pair.remove', { label, number: at + 1 })}
            onClick={() => onChange(pairs.filter(({ row }) => row !== pair.row))}
          />
        </div>
      ))}
      <Button variant="link" icon={<PlusCircleIcon />} isDisabled={pairs.length >= count_max} onClick={add}>
        {say('storage.pair.add')}
      </Button>
    </fieldset>
  );
}
