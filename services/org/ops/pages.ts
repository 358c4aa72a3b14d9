/** Pages of lists: position in, token out. Tokens are sealed and belong to one account, operation and filter. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { PageScope } from '../../../platform/runtime/page-token.ts';
import type { OrgDeps } from '../deps.ts';
import type { Range } from '../store/db.ts';

export interface PageInput {
  NextToken?: string | undefined;
  MaxResults?: number | undefined;
}

export interface Page {
  /** For the query: one row more than the page holds, to know whether there are others. */
  range: Range;
  limit: number;
  scope: PageScope;
}

export function openPage(deps: OrgDeps, call: Call<AnyOperation>, input: PageInput, filters?: unknown): Page {
  const { operation, caller } = call;
  const limit = input.MaxResults ?? operation.pagination?.defaultLimit ?? 1000;
  const scope: PageScope = { accountId: caller.accountId, operation: operation.name, filters };
  if (input.NextToken === undefined) return { range: { after: undefined, limit: limit + 1 }, limit, scope };
  const after = deps.pages.open<string>(scope, input.NextToken);
  if (typeof after !== 'string')
    throw call.fail('InvalidInput', 'NextToken does not belong to this list', {
      hint: 'begin again without NextToken, and change no filter between pages',
      details: { reason: 'INVALID_NEXT_TOKEN' },
    });
  return { range: { after, limit: limit + 1 }, limit, scope };
}

/** Cuts the extra row off and answers the member every list has. */
export function closePage<Row>(
  deps: OrgDeps,
  page: Page,
  rows: readonly Row[],
  position: (row: Row) => string,
): { rows: Row[]; output: { NextToken?: string } } {
  if (rows.length <= page.limit) return { rows: [...rows], output: {} };
  const kept = rows.slice(0, page.limit);
  const last = kept[kept.length - 1] as Row;
  return { rows: kept, output: { NextToken: deps.pages.seal(page.scope, position(last)) } };
}
