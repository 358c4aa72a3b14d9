/** Pages of lists: position in, marker out. Markers are sealed and belong to one account, operation and filter. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { PageScope } from '../../../platform/runtime/page-token.ts';
import type { IamDeps } from '../deps.ts';
import type { Range } from '../store/db.ts';

export interface PageInput {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

export interface Page {
  /** For the query: one row more than the page holds, to know whether there are others. */
  range: Range;
  limit: number;
  scope: PageScope;
}

/** Throws Validation for a marker of another list. */
export function openPage(deps: IamDeps, call: Call<AnyOperation>, input: PageInput, filters?: unknown): Page {
  const { operation, caller } = call;
  const limit = input.MaxItems ?? operation.pagination?.defaultLimit ?? 100;
  const scope: PageScope = { accountId: caller.accountId, operation: operation.name, filters };
  if (input.Marker === undefined) return { range: { after: undefined, limit: limit + 1 }, limit, scope };
  const after = deps.pages.open<string>(scope, input.Marker);
  if (typeof after !== 'string') {
    throw call.fail('Validation', 'Marker does not belong to this list', {
      hint: 'begin again without Marker, and change no filter between pages',
    });
  }
  return { range: { after, limit: limit + 1 }, limit, scope };
}

/** Cuts the extra row off and answers the members every list has. */
export function closePage<Row>(
  deps: IamDeps,
  page: Page,
  rows: readonly Row[],
  position: (row: Row) => string,
): { rows: Row[]; output: { IsTruncated: boolean; Marker?: string } } {
  if (rows.length <= page.limit) return { rows: [...rows], output: { IsTruncated: false } };
  const kept = rows.slice(0, page.limit);
  const last = kept[kept.length - 1] as Row;
  return { rows: kept, output: { IsTruncated: true, Marker: deps.pages.seal(page.scope, position(last)) } };
}
