/** Where a new instance belongs, and what it is on: one that is there, or one that is made with it. */
import { useTexts } from '../../../texts/texts.ts';
import { Choice, Line, type Option } from '../choice.tsx';
import { type FieldsProps, NEW, NONE } from './use-new-instance.ts';

interface OneOrNewProps {
  readonly id: string;
  readonly label: string;
  readonly help?: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly newName: { readonly label: string; readonly help?: string; readonly value: string };
  readonly problem: string | undefined;
  onChoose(value: string): void;
  onName(value: string): void;
}

/** One of a list or, named below it, a new one. */
function OneOrNew({ id, newName, value, problem, onChoose, onName, ...choice }: OneOrNewProps) {
  const isNew = value === NEW;
  return (
    <>
      <Choice id={id} value={value} onChange={onChoose} problem={isNew ? undefined : problem} {...choice} />
      {isNew && <Line id={`${id}-name`} isRequired onChange={onName} problem={problem} {...newName} />}
    </>
  );
}

const optionsOf = (names: readonly string[]): Option[] => names.map((one) => ({ value: one, label: one }));

export function ProjectFields({ draft: { said, change }, offered, wrong }: FieldsProps) {
  const { say } = useTexts();
  const { projects, wantedProject } = offered;
  const known = [...new Set([...(wantedProject === undefined ? [] : [wantedProject]), ...projects])];
  return (
    <OneOrNew
      id="create-project"
      label={say('compute.create.project')}
      value={said.project}
      options={[...optionsOf(known), { value: NEW, label: say('compute.create.project.new') }]}
      newName={{
        label: say('compute.create.project.name'),
        help: say('compute.create.project.help'),
        value: said.newProject,
      }}
      problem={wrong.project}
      // Networks are of a project.
      onChoose={(project) => change({ project, network: undefined })}
      onName={(newProject) => change({ newProject })}
    />
  );
}

export function NetworkFields({ draft: { said, change, networkNames }, wrong }: FieldsProps) {
  const { say } = useTexts();
  return (
    <OneOrNew
      id="create-network"
      label={say('compute.create.network')}
      help={say('compute.create.network.help')}
      value={said.network}
      options={[
        ...optionsOf(networkNames),
        { value: NEW, label: say('compute.create.network.new') },
        { value: NONE, label: say('compute.create.network.none') },
      ]}
      newName={{ label: say('compute.create.network.name'), value: said.newNetwork }}
      problem={wrong.network}
      onChoose={(network) => change({ network })}
      onName={(newNetwork) => change({ newNetwork })}
    />
  );
}
