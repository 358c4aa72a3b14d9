/** Markers of lists: positions bound to account, operation and filters by the platform's page tokens. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';

export interface Page {
  /** Start after this name or id; empty: from the beginning. */
  after: string;
  limit: number;
  /** `NextMarker` and `Truncated` for rows that were read with one more than the limit. */
  end<Row>(rows: Row[], position: (row: Row) => string): { rows: Row[]; NextMarker?: string; Truncated: boolean };
}

export function openPage(
  call: Call<AnyOperation>,
  deps: KmsDeps,
  input: { Limit?: number | undefined; Marker?: string | undefined },
  filters: unknown = null,
): Page {
  const scope = { accountId: call.caller.accountId, operation: call.operation.name, filters };
  const after = input.Marker === undefined ? '' : deps.pages.open<string>(scope, input.Marker);
  if (after === undefined) {
    throw call.fail('InvalidMarker', 'the marker was not made for this list', {
      hint: 'repeat the list from the beginning, with the same filters',
    });
  }
  const limit = input.Limit ?? call.operation.pagination?.defaultLimit ?? 100;
  return {
    after,
    limit,
    end(rows, position) {
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      if (rows.length <= limit || last === undefined) return { rows: page, Truncated: false };
      return { rows: page, NextMarker: deps.pages.seal(scope, position(last)), Truncated: true };
    },
  };
}
