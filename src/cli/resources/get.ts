/** `casemate get` and `casemate watch`: prints objects, and their changes as they come. */
import { displayName, type ResourceType } from './discovery.ts';
import { ApiError, usageError } from './errors.ts';
import type { AnyObject } from './objects.ts';
import type { OutputFormat, SessionOptions } from './options.ts';
import { objectName, print, printLines, renderObjects, toYaml, withoutManagedFields } from './output.ts';
import { getObject, getTable, listObjects, listTable, type Selection, watchChanges } from './read.ts';
import { inSession, type Session } from './session.ts';
import { alignRows, renderTable, type Table, tableCells } from './table.ts';
import { parseTargets, type Target } from './targets.ts';

export interface GetOptions extends SessionOptions {
  readonly output: OutputFormat;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly watch?: boolean;
  readonly headers: boolean;
}

const selectionOf = (options: GetOptions): Selection => ({
  ...(options.selector === undefined ? {} : { labels: options.selector }),
  ...(options.fieldSelector === undefined ? {} : { fields: options.fieldSelector }),
});

async function objectsOf(
  session: Session,
  targets: readonly Target[],
  selection: Selection,
): Promise<[ResourceType, AnyObject][]> {
  const found: [ResourceType, AnyObject][] = [];
  for (const { type, name } of targets) {
    const project = session.projectFor(type);
    if (name !== undefined) found.push([type, await getObject(session.client, type, project, name)]);
    else {
      const { items } = await listObjects(session.client, type, project, selection);
      found.push(...items.map((item): [ResourceType, AnyObject] => [type, item]));
    }
  }
  return found;
}

/** Rows of one type, of several names or all. */
async function tableOf(
  session: Session,
  targets: readonly Target[],
  selection: Selection,
): Promise<Table | undefined> {
  const tables = await Promise.all(
    targets.map(({ type, name }) => {
      const project = session.projectFor(type);
      return name === undefined
        ? listTable(session.client, type, project, selection)
        : getTable(session.client, type, project, name);
    }),
  );
  const [first] = tables;
  return first && { ...first, rows: tables.flatMap((table) => table.rows) };
}

async function printTables(session: Session, targets: readonly Target[], options: GetOptions): Promise<void> {
  const byType = Map.groupBy(targets, (target) => target.type);
  let printed = 0;
  for (const [type, ofType] of byType) {
    const table = await tableOf(session, ofType, selectionOf(options));
    if (table === undefined || table.rows.length === 0) continue;
    const lines = renderTable(table, {
      wide: options.output === 'wide',
      withProject: options.allProjects === true && type.namespaced,
      withHeader: options.headers,
      ...(byType.size > 1 ? { typePrefix: displayName(type) } : {}),
    });
    printLines(printed > 0 ? ['', ...lines] : lines);
    printed += 1;
  }
  if (printed > 0) return;
  const [type, ...more] = byType.keys();
  const what = type === undefined || more.length > 0 ? 'resources' : type.plural;
  const isRealm = type !== undefined && more.length === 0 && !type.namespaced;
  const where = options.allProjects || isRealm ? 'here' : `in project "${session.project}"`;
  process.stderr.write(`there are no ${what} ${where}${options.selector ? ' that match' : ''}\n`);
}

export const get = inSession(async (session: Session, options: GetOptions, type: string, names: string[]) => {
  const targets = parseTargets(await session.types(), [type, ...names]);
  if (options.watch) return follow(session, targets, options, false);
  switch (options.output) {
    case 'table':
    case 'wide':
      return printTables(session, targets, options);
    case 'name': {
      const found = await objectsOf(session, targets, selectionOf(options));
      return printLines(found.map(([type, object]) => objectName(type, object.metadata.name)));
    }
    default: {
      const found = await objectsOf(session, targets, selectionOf(options));
      const isOne = targets.length === 1 && targets[0]?.name !== undefined;
      print(
        renderObjects(
          found.map(([, object]) => object),
          options.output,
          !isOne,
        ),
      );
    }
  }
});

export const watch = inSession(
  async (session: Session, options: GetOptions, type: string, name: string | undefined) => {
    const args = name === undefined ? [type] : [type, name];
    await follow(session, parseTargets(await session.types(), args), options, true);
  },
);

/** Prints what there is, then every change, until the person has seen enough. */
async function follow(
  session: Session,
  targets: readonly Target[],
  options: GetOptions,
  withEvents: boolean,
): Promise<void> {
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0)
    throw usageError('only one type, or one object, can be watched at a time');
  const { type, name } = target;
  const selection = name === undefined ? selectionOf(options) : { fields: `metadata.name=${name}` };
  if (name !== undefined) await getObject(session.client, type, session.projectFor(type), name);
  const printer = options.output === 'table' || options.output === 'wide' ? followRows : followObjects;
  let isFirst = true;
  for (;;) {
    try {
      await printer(session, type, selection, options, withEvents, isFirst);
      return;
    } catch (error) {
      // History no longer reaches back to where we were: begin again from what there is now.
      if (!(error instanceof ApiError) || error.code !== 410) throw error;
      isFirst = false;
    }
  }
}

async function followRows(
  session: Session,
  type: ResourceType,
  selection: Selection,
  options: GetOptions,
  withEvents: boolean,
  withHeader: boolean,
): Promise<void> {
  const project = session.projectFor(type);
  const table = await listTable(session.client, type, project, selection);
  const shape = {
    wide: options.output === 'wide',
    withProject: options.allProjects === true && type.namespaced,
  };
  const { header, rows } = tableCells(table, shape);
  const withEvent = (event: string, row: string[]) => (withEvents ? [event, ...row] : row);
  const first = [withEvent('EVENT', header), ...rows.map((row) => withEvent('ADDED', row))];
  const widths = first.reduce<number[]>(
    (all, row) => row.map((cell, at) => Math.max(all[at] ?? 0, cell.length)),
    withEvents ? [8] : [],
  );
  printLines(alignRows(withHeader && options.headers ? first : first.slice(1), widths));
  const resourceVersion = table.metadata?.resourceVersion ?? '';
  for await (const change of watchChanges<Table>(session.client, {
    type,
    project,
    selection,
    resourceVersion,
    asTable: true,
  })) {
    const event = { ...change.object, columnDefinitions: table.columnDefinitions };
    const lines = tableCells(event, shape).rows.map((row) => withEvent(change.type, row));
    printLines(alignRows(lines, widths));
  }
}

async function followObjects(
  session: Session,
  type: ResourceType,
  selection: Selection,
  options: GetOptions,
  withEvents: boolean,
): Promise<void> {
  const project = session.projectFor(type);
  const printOne = (event: string, object: AnyObject) => {
    if (options.output === 'name')
      return printLines([`${withEvents ? `${event} ` : ''}${objectName(type, object.metadata.name)}`]);
    const shown = withEvents
      ? { type: event, object: withoutManagedFields(object) }
      : withoutManagedFields(object);
    // One line an object, so that the output can be read as it comes.
    print(options.output === 'json' ? `${JSON.stringify(shown)}\n` : `---\n${toYaml(shown)}`);
  };
  const { items, resourceVersion } = await listObjects(session.client, type, project, selection);
  for (const item of items) printOne('ADDED', item);
  for await (const change of watchChanges<AnyObject>(session.client, {
    type,
    project,
    selection,
    resourceVersion,
    asTable: false,
  })) {
    printOne(change.type, change.object);
  }
}
