/** Tokens of lists: positions bound to account, operation and filters by the platform's page tokens. */
import type { CcmsDeps } from '../deps.ts';
import type { AnyCall } from './secret-access.ts';

export interface Page<Position> {
  /** Start after this; undefined: from the beginning. */
  after: Position | undefined;
  limit: number;
  /** `NextToken` for what goes on after a position. */
  next(position: Position): { NextToken: string };
  /** For rows that may be more than the limit. */
  end<Row>(rows: readonly Row[], position: (row: Row) => Position): { rows: Row[]; NextToken?: string };
}

export function openPage<Position>(
  call: AnyCall,
  deps: CcmsDeps,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  filters: unknown = null,
): Page<Position> {
  const scope = { accountId: call.caller.accountId, operation: call.operation.name, filters };
  const after = input.NextToken === undefined ? undefined : deps.pages.open<Position>(scope, input.NextToken);
  if (after === undefined && input.NextToken !== undefined) {
    throw call.fail('InvalidNextToken', 'the token was not made for this list', {
      hint: 'repeat the list from the beginning, with the same filters',
    });
  }
  const limit = input.MaxResults ?? call.operation.pagination?.defaultLimit ?? 100;
  const next = (position: Position) => ({ NextToken: deps.pages.seal(scope, position) });
  return {
    after,
    limit,
    next,
    end(rows, position) {
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return { rows: page, ...(rows.length > limit && last !== undefined && next(position(last))) };
    },
  };
}
