/** Pages of lists whose filters cannot all be asked of an index: a page looks at a bounded number of rows. */
import type { PageScope } from '../../../../platform/runtime/page-token.ts';
import type { OrgDeps } from '../../deps.ts';
import type { AnyCall } from '../standing.ts';

/** Rows that one page looks at, however few of them match. */
const MOST_LOOKED_AT = 4_000;
const STEP = 500;

export interface PageInput {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

export interface OpenPage<Position> {
  limit: number;
  after: Position | undefined;
  seal(position: Position): string;
}

export function openAt<Position>(deps: OrgDeps, call: AnyCall, input: PageInput, filters: unknown): OpenPage<Position> {
  const scope: PageScope = { accountId: call.caller.accountId, operation: call.operation.name, filters };
  const limit = input.MaxResults ?? call.operation.pagination?.defaultLimit ?? 100;
  const seal = (position: Position) => deps.pages.seal(scope, position);
  if (input.NextToken === undefined) return { limit, after: undefined, seal };
  const after = deps.pages.open<Position>(scope, input.NextToken);
  if (after === undefined) {
    throw call.fail('Validation', 'NextToken does not belong to this list', {
      hint: 'begin again without NextToken, and change no filter between pages',
    });
  }
  return { limit, after, seal };
}

/** Reads on until the page is full, the list ends, or enough was looked at. */
export async function filterPage<Row, Position>(
  page: OpenPage<Position>,
  read: (after: Position | undefined, limit: number) => Promise<Row[]>,
  positionOf: (row: Row) => Position,
  matches: (row: Row) => boolean,
): Promise<{ rows: Row[]; NextToken?: string }> {
  const rows: Row[] = [];
  let position = page.after;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += STEP) {
    const found = await read(position, STEP);
    for (const [index, row] of found.entries()) {
      position = positionOf(row);
      if (!matches(row)) continue;
      rows.push(row);
      if (rows.length < page.limit) continue;
      const more = index < found.length - 1 || found.length === STEP;
      return { rows, ...(more && { NextToken: page.seal(position) }) };
    }
    if (found.length < STEP) return { rows };
  }
  return { rows, ...(position !== undefined && { NextToken: page.seal(position) }) };
}

/** A page of a list that is in memory. */
export function slicePage<Row>(page: OpenPage<string>, all: readonly Row[], keyOf: (row: Row) => string) {
  const { after } = page;
  const rest = after === undefined ? all : all.filter((row) => keyOf(row) > after);
  const rows = rest.slice(0, page.limit);
  const last = rows.at(-1);
  return { rows, ...(rest.length > rows.length && last && { NextToken: page.seal(keyOf(last)) }) };
}
