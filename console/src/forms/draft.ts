/** What somebody is writing in a form: the value, what is wrong with it, and what of that is shown already. */
import { useMemo, useRef, useState } from 'react';
import type { StatusCause } from '../../../src/kernel/errors.ts';
import type { FieldSchema, Member, ObjectSchema } from './field-schema.ts';
import { type FormState, fieldId } from './form-context.ts';
import { type FieldProblem, nameProblems, problemsOf, refusedFields } from './problems.ts';
import { emptyValue, type Fields, filledIn, isRecord, jsonEqual } from './value.ts';

const NOT_WRITTEN: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** The kind's own fields, as an object's schema. */
export const bodySchema = (schema: ObjectSchema): ObjectSchema => ({
  ...schema,
  members: schema.members.filter(({ name }) => !NOT_WRITTEN.has(name)),
});

/** A new object's: what is required is there, empty. */
export function emptyDraft(schema: ObjectSchema, project: string | undefined): Fields {
  const body = bodySchema(schema).members.flatMap(({ name, schema: member }: Member) =>
    name === 'spec' && member.type === 'object' ? [[name, emptyValue(member)]] : [],
  );
  return {
    metadata: { name: '', ...(project === undefined ? {} : { namespace: project }) },
    ...Object.fromEntries(body),
  };
}

export interface DraftOptions {
  readonly schema: ObjectSchema;
  readonly isProject: boolean;
  readonly isNamespaced: boolean;
  readonly initial: Fields;
  /** The object that is being changed. */
  readonly original: Fields | undefined;
}

export interface Draft {
  readonly value: Fields;
  readonly form: FormState;
  readonly isChanged: boolean;
  set(value: Fields): void;
  /** True where nothing is wrong as far as the schema tells; else everything that is wrong is shown, and the first of it gets the focus. */
  check(): boolean;
  /** What the API found wrong. */
  refuse(causes: readonly StatusCause[] | undefined): void;
}

export function useDraft({ schema, isProject, isNamespaced, initial, original }: DraftOptions): Draft {
  const [value, setValue] = useState(initial);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [isTried, setTried] = useState(false);
  const [refused, setRefused] = useState<readonly FieldProblem[]>([]);
  const first = useRef(initial);
  const own = useMemo(
    () => draftProblems(bodySchema(schema), value, { isProject, isNamespaced }),
    [schema, value, isProject, isNamespaced],
  );
  const shown = [...own.filter(({ path }) => isTried || left.has(path)), ...refused];
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  return {
    value,
    isChanged: !jsonEqual(value, first.current),
    form: {
      problems: shown,
      original,
      project:
        typeof metadata.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : undefined,
      leave: (path) => setLeft((before) => (before.has(path) ? before : new Set([...before, path]))),
    },
    set(next) {
      // What the API said of a field is about what stood there.
      setRefused((before) => before.filter(({ path }) => jsonEqual(at(value, path), at(next, path))));
      setValue(next);
    },
    check() {
      setTried(true);
      setRefused([]);
      if (own.length > 0) focusFirst(own);
      return own.length === 0;
    },
    refuse(causes) {
      const problems = refusedFields(causes);
      setRefused(problems);
      focusFirst(problems);
    },
  };
}

function draftProblems(
  schema: FieldSchema,
  value: Fields,
  { isProject, isNamespaced }: Pick<DraftOptions, 'isProject' | 'isNamespaced'>,
): readonly FieldProblem[] {
  const filled = filledIn(value) as Fields;
  const metadata = isRecord(filled.metadata) ? filled.metadata : {};
  const { metadata: _metadata, ...body } = filled;
  return [
    ...nameProblems(String(metadata.name ?? ''), isProject),
    ...(isNamespaced && metadata.namespace === undefined
      ? [{ path: 'metadata.namespace', what: { id: 'forms.problem.project' as const } }]
      : []),
    ...problemsOf(schema, body, ''),
  ];
}

/** The value at a path such as `spec.networks[0].name`, as a text to compare; the whole where nothing has that path. */
function at(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split(/[.[\]]+/).filter((one) => one !== '')) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}

/** Once what is wrong is on the page. */
function focusFirst(problems: readonly FieldProblem[]): void {
  requestAnimationFrame(() => {
    const found = problems.flatMap(({ path }) => document.getElementById(fieldId(path)) ?? []);
    const inOrder = found.sort((a, b) =>
      a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
    );
    inOrder[0]?.focus();
  });
}
