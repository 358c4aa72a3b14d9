import { noResource } from '../../../platform/runtime/call.ts';
import { ReadChanges } from '../api/index.ts';
import { implement } from '../deps.ts';
import { indexColumns } from '../domain/index-columns.ts';
import { headPosition, readChanges as readRows } from '../store/changes.ts';

const DEFAULT_LIMIT = 200;

export const readChanges = implement(ReadChanges, {
  resolve: noResource,

  async run(_call, input, _state, { store }) {
    const rows = await readRows(store.read, input.After, input.Limit ?? DEFAULT_LIMIT);
    return {
      Changes: rows.map((row) => ({
        Position: row.position,
        AccountId: row.account_id,
        EventId: row.event_id,
        Time: row.time,
        EventName: row.name,
        ...(row.principal !== null && { ActorArn: row.principal }),
        Resources: [...indexColumns(row.record).resources],
      })),
      Head: Math.max(rows.at(-1)?.position ?? 0, await headPosition(store.read)),
    };
  },
});
