/** How large a new instance is: one of three sizes, or numbers of one's own. */
import { Alert, FormGroup, Radio } from '@patternfly/react-core';
import { useTexts } from '../../../texts/texts.ts';
import { Line } from '../choice.tsx';
import { CUSTOM, SIZES } from './new-instance.ts';
import type { FieldsProps } from './use-new-instance.ts';

const NUMBERS = ['cpu', 'memory', 'disk'] as const;

export function SizeFields({ draft: { said, change, wanted, isCustom }, wrong }: FieldsProps) {
  const { say } = useTexts();
  const problem = wrong.cpu ?? wrong.memory ?? wrong.disk;
  return (
    <>
      <FormGroup role="radiogroup" label={say('compute.create.size')} fieldId="create-size" isStack>
        {SIZES.map(({ id, cpu, memory, disk }) => (
          <Radio
            key={id}
            id={`create-size-${id}`}
            name="size"
            isChecked={said.sizeId === id}
            label={say(`compute.create.size.${id as 'small' | 'medium' | 'large'}`)}
            description={say('compute.create.size.of', { cpu: Number(cpu), memory, disk })}
            onChange={() => change({ sizeId: id })}
          />
        ))}
        <Radio
          id="create-size-custom"
          name="size"
          isChecked={isCustom}
          label={say('compute.create.size.custom')}
          description={say('compute.create.size.custom.help')}
          onChange={() => {
            const { cpu, memory, disk } = wanted.size;
            change({ sizeId: CUSTOM, customSize: { cpu, memory, disk } });
          }}
        />
      </FormGroup>
      {isCustom &&
        NUMBERS.map((field) => (
          <Line
            key={field}
            id={`create-${field}`}
            label={say(`compute.${field}`)}
            help={say(`compute.${field}.help`)}
            isRequired
            value={said.customSize[field]}
            onChange={(next) => change({ customSize: { ...said.customSize, [field]: next } })}
            problem={wrong[field]}
          />
        ))}
      {!isCustom && problem !== undefined && (
        <Alert component="p" isInline isPlain variant="danger" title={problem} />
      )}
    </>
  );
}
