/** Prints rows in columns, as the server's Table gives them. Pure. */
import type { AnyObject } from './objects.ts';

export interface Table {
  readonly kind: 'Table';
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: AnyObject | null }[];
}

const GAP = '   ';

// Control characters in what others wrote must not reach the terminal.
const cellText = (cell: unknown) =>
  cell === null || cell === undefined ? '' : String(cell).replaceAll(/\p{Cc}+/gu, ' ');

/** Pads cells so that columns line up; the last column is not padded. Fixed widths, when given, are at least kept. */
export function alignRows(rows: readonly (readonly string[])[], minimum: readonly number[] = []): string[] {
  const widths: number[] = [...minimum];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

export interface TableOptions {
  /** Also columns of lower priority. */
  readonly wide?: boolean;
  /** Begin each row with the object's project. */
  readonly withProject?: boolean;
  readonly withHeader?: boolean;
  /** Prefix names with this and a slash, to tell types apart. */
  readonly typePrefix?: string;
}

/** A table's header and rows as text cells. */
export function tableCells(table: Table, options: TableOptions = {}): { header: string[]; rows: string[][] } {
  const shown = table.columnDefinitions
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => options.wide || (column.priority ?? 0) === 0);
  const header = shown.map(({ column }) => column.name.toUpperCase());
  const rows = table.rows.map((row) =>
    shown.map(({ index }) => {
      const text = cellText(row.cells[index]);
      return index === 0 && options.typePrefix !== undefined ? `${options.typePrefix}/${text}` : text;
    }),
  );
  if (!options.withProject) return { header, rows };
  return {
    header: ['PROJECT', ...header],
    rows: rows.map((row, index) => [table.rows[index]?.object?.metadata?.namespace ?? '', ...row]),
  };
}

export function renderTable(table: Table, options: TableOptions = {}): string[] {
  const { header, rows } = tableCells(table, options);
  return alignRows(options.withHeader === false ? rows : [header, ...rows]);
}
