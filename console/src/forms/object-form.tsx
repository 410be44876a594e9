/** The form of an object of any kind: its name and project, what it needs, and folded away what it can do without. */
import {
  Form,
  FormFieldGroupExpandable,
  FormFieldGroupHeader,
  FormGroup,
  FormSection,
  TextInput,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';
import type { Resource } from '../api/discovery.ts';
import { useTexts } from '../texts/texts.ts';
import { FieldTextsOf, useFieldTexts } from '../texts/use-field-texts.tsx';
import './forms.css';
import { bodySchema, type Draft } from './draft.ts';
import { Field, useIsFixed } from './field.tsx';
import { FieldNotes, notesId, useProblems } from './field-notes.tsx';
import type { MapSchema, Member, ObjectSchema } from './field-schema.ts';
import { FormContext, fieldId, useForm } from './form-context.ts';
import { MapField } from './map-field.tsx';
import { useOpenedFor } from './object-field.tsx';
import { ProjectField } from './project-field.tsx';
import { childPath, isRecord, withMember } from './value.ts';

export interface ObjectFormProps {
  readonly resource: Resource;
  readonly schema: ObjectSchema;
  readonly draft: Draft;
  readonly actions: ReactNode;
  onSubmit(): void;
}

export function ObjectForm({ resource, schema, draft, actions, onSubmit }: ObjectFormProps) {
  const { value } = draft;
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  const setMetadata = (name: string, next: unknown) =>
    draft.set(withMember(value, 'metadata', withMember(metadata, name, next)));
  return (
    <FormContext value={draft.form}>
      <Form
        className="casemate-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <FormSection>
          <NameField value={String(metadata.name ?? '')} onChange={(name) => setMetadata('name', name)} />
          {resource.isNamespaced && (
            <ProjectField
              value={String(metadata.namespace ?? '')}
              onChange={(project) => setMetadata('namespace', project)}
            />
          )}
        </FormSection>
        <FieldTextsOf group={resource.group}>
          {bodySchema(schema).members.map((member) => (
            <BodyMember key={member.name} member={member} draft={draft} />
          ))}
        </FieldTextsOf>
        <LabelsFields metadata={metadata} onChange={setMetadata} />
        {actions}
      </Form>
    </FormContext>
  );
}

function NameField({ value, onChange }: { readonly value: string; onChange(name: string): void }) {
  const { say } = useTexts();
  const { leave, original } = useForm();
  const path = 'metadata.name';
  const isFixed = original !== undefined;
  const isWrong = useProblems(path).length > 0;
  return (
    <FormGroup label={say('forms.field.name')} fieldId={fieldId(path)} isRequired>
      <TextInput
        id={fieldId(path)}
        aria-describedby={notesId(path)}
        isRequired
        autoComplete="off"
        validated={isWrong ? 'error' : 'default'}
        value={value}
        onBlur={() => leave(path)}
        onChange={(_event, name) => onChange(name)}
        {...(isFixed ? { readOnlyVariant: 'default' as const } : {})}
      />
      <FieldNotes path={path} description="" isFixed={isFixed} />
    </FormGroup>
  );
}

/** `spec` is the object itself, as people see it; what core kinds have beside it stands for itself. */
function BodyMember({ member, draft }: { readonly member: Member; readonly draft: Draft }) {
  const texts = useFieldTexts();
  const { name, schema, isRequired } = member;
  const change = (next: unknown) => draft.set(withMember(draft.value, name, next));
  const value = draft.value[name];
  if (name === 'spec' && schema.type === 'object')
    return <SpecFields schema={schema} value={value} onChange={change} />;
  return (
    <Field
      schema={schema}
      name={name}
      label={texts.label(name)}
      path={name}
      value={value}
      isRequired={isRequired}
      onChange={change}
    />
  );
}

interface SpecFieldsProps {
  readonly schema: ObjectSchema;
  readonly value: unknown;
  onChange(value: unknown): void;
}

function SpecFields({ schema, value, onChange }: SpecFieldsProps) {
  const { say } = useTexts();
  const texts = useFieldTexts();
  const isFixed = useIsFixed(schema, 'spec');
  const required = schema.members.filter((member) => member.isRequired);
  const optional = schema.members.filter((member) => !member.isRequired);
  const chosen = optional.filter(isMain);
  // Where a kind asks for nothing, what it can do is not hidden.
  const main = required.length + chosen.length === 0 ? optional : [...required, ...chosen];
  const rest = schema.members.filter((member) => !main.includes(member));
  const show = ({ name, schema: member, isRequired }: Member) => (
    <Field
      key={name}
      schema={member}
      name={name}
      label={texts.label(name)}
      path={childPath('spec', name)}
      value={isRecord(value) ? value[name] : undefined}
      isRequired={isRequired}
      onChange={(next) => onChange(withMember(value, name, next))}
    />
  );
  return (
    <fieldset disabled={isFixed} className="casemate-fieldset">
      <FieldNotes path="spec" description="" isFixed={isFixed} />
      {main.map(show)}
      {rest.length > 0 && (
        <Folded
          title={say('forms.more')}
          note={rest.map(({ name }) => texts.label(name)).join(', ')}
          paths={rest.map(({ name }) => childPath('spec', name))}
        >
          {rest.map(show)}
        </Folded>
      )}
    </fieldset>
  );
}

/** What most people decide on: it has a default that they may want another of, or it connects to something else. */
const isMain = ({ name, schema }: Member): boolean =>
  schema.type !== 'object' &&
  (schema.default !== undefined || REFERS.test(schema.description) || name === 'displayName');

const REFERS = /^Names? of /;

interface FoldedProps {
  readonly title: string;
  readonly note: string;
  readonly paths: readonly string[];
  readonly children: ReactNode;
}

function Folded({ title, note, paths, children }: FoldedProps) {
  const isOpened = useOpenedFor(...paths);
  return (
    <FormFieldGroupExpandable
      key={isOpened ? 'opened' : 'as it is'}
      isExpanded={isOpened}
      toggleAriaLabel={title}
      header={
        <FormFieldGroupHeader
          titleText={{ text: title, id: `${fieldId(paths[0] ?? '')}:more` }}
          titleDescription={note}
        />
      }
    >
      {children}
    </FormFieldGroupExpandable>
  );
}

const TEXTS_BY_KEY: MapSchema = {
  type: 'map',
  description: '',
  default: undefined,
  isImmutable: false,
  entries_max: undefined,
  values: {
    type: 'text',
    description: '',
    default: undefined,
    isImmutable: false,
    length_min: 0,
    length_max: 63,
    pattern: undefined,
    format: undefined,
  },
};

interface LabelsFieldsProps {
  readonly metadata: Readonly<Record<string, unknown>>;
  onChange(name: string, value: unknown): void;
}

function LabelsFields({ metadata, onChange }: LabelsFieldsProps) {
  const { say } = useTexts();
  return (
    <Folded
      title={say('forms.labels')}
      note={say('forms.labels.note')}
      paths={['metadata.labels', 'metadata.annotations']}
    >
      {(['labels', 'annotations'] as const).map((name) => (
        <MapField
          key={name}
          schema={TEXTS_BY_KEY}
          name={name}
          label={say(`forms.field.${name}`)}
          path={`metadata.${name}`}
          value={metadata[name]}
          isRequired={false}
          onChange={(next) => onChange(name, next)}
        />
      ))}
    </Folded>
  );
}
