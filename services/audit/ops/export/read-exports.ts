import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeExport, ListExports } from '../../api/export/exports.ts';
import { implement } from '../../deps.ts';
import type { ExportRow } from '../../domain/export/rows.ts';
import { guardedExport } from '../../jobs/export/sealed-secrets.ts';
import { listExports as listRows } from '../../store/export/export-queries.ts';
import { knownSource, resolveExport, showExport } from './export-access.ts';

export const describeExport = implement(DescribeExport, {
  resolve: (call, input, deps) => resolveExport(call, deps, input.Name),
  run: async (_call, _input, row: ExportRow, deps) => ({
    Export: await showExport(deps, row, await knownSource(deps, row)),
  }),
});

export const listExports = implement(ListExports, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { accountId } = call.caller;
    const scope = { accountId, operation: ListExports.name, filters: null };
    const after = input.NextToken === undefined ? '' : deps.pages.open<string>(scope, input.NextToken);
    if (after === undefined)
      throw call.fail('InvalidNextToken', 'the token was not made for this list', {
        hint: 'repeat the list from the beginning',
      });
    const limit = input.MaxResults ?? ListExports.pagination?.defaultLimit ?? 100;
    const found = await listRows(deps.store.read, accountId, after, limit + 1);
    const rows = found.slice(0, limit);
    await deps.guard.verify(rows.map(guardedExport));
    const last = rows.at(-1);
    return {
      Exports: await Promise.all(rows.map(async (row) => showExport(deps, row, await knownSource(deps, row)))),
      ...(found.length > limit && last && { NextToken: deps.pages.seal(scope, last.name) }),
    };
  },
});
