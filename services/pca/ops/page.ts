/** Tokens of lists: positions bound to account, operation and filters by the platform's page tokens. */
import type { PcaDeps } from '../deps.ts';
import type { AnyCall } from './authority-access.ts';

export interface Page {
  /** Start after this; empty: from the beginning. */
  after: string;
  limit: number;
  /** For rows that were read with one more than the limit. */
  end<Row>(rows: readonly Row[], position: (row: Row) => string): { rows: Row[]; NextToken?: string };
  token(position: string): string;
}

export function openPage(
  call: AnyCall,
  deps: PcaDeps,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  filters: unknown = null,
): Page {
  const scope = { accountId: call.caller.accountId, operation: call.operation.name, filters };
  const after = input.NextToken === undefined ? '' : deps.pages.open<string>(scope, input.NextToken);
  if (after === undefined) {
    throw call.fail('InvalidNextToken', 'the token was not made for this list', {
      hint: 'repeat the list from the beginning',
    });
  }
  const limit = input.MaxResults ?? call.operation.pagination?.defaultLimit ?? 100;
  const token = (position: string) => deps.pages.seal(scope, position);
  return {
    after,
    limit,
    token,
    end(rows, position) {
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      if (rows.length <= limit || last === undefined) return { rows: page };
      return { rows: page, NextToken: token(position(last)) };
    },
  };
}
