import { implementFor } from '../../../platform/runtime/call.ts';
import { ListSecrets } from '../api/secrets.ts';
import type { CcmsDeps } from '../deps.ts';
import { filterProblem, matches } from '../domain/filters.ts';
import { readStages } from '../domain/stages.ts';
import { readTags } from '../domain/tags.ts';
import { guardedSecret, readAccess } from '../store/queries.ts';
import { listSorted, type Position, type SortedSecret } from '../store/sorted-list.ts';
import { described, stagesShown } from './description.ts';
import { openPage } from './page.ts';
import { rotationShown } from './rotation/shown.ts';

const implement = implementFor<CcmsDeps>();

/** Secrets looked at for one page: beyond it the page is answered as it is, with a token. */
const MAX_LOOKED_AT = 2_000;
const BATCH = 200;

export const listSecrets = implement(ListSecrets, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const { Filters = [], SortBy = 'created-date', SortOrder = 'desc', IncludePlannedDeletion = false } = input;
    const problem = filterProblem(Filters);
    if (problem !== undefined) throw call.fail('InvalidParameter', problem);
    const page = openPage<Position>(call, deps, input, [Filters, SortBy, SortOrder, IncludePlannedDeletion]);
    const found: SortedSecret[] = [];
    let after = page.after;
    let looked = 0;
    let more = true;
    while (more && looked < MAX_LOOKED_AT && found.length < page.limit) {
      const rows = await listSorted(deps.store.read, {
        accountId: call.caller.accountId,
        sortBy: SortBy,
        descending: SortOrder === 'desc',
        after,
        limit: BATCH + 1,
        includeDeleted: IncludePlannedDeletion,
      });
      more = rows.length > BATCH;
      for (const row of rows.slice(0, BATCH)) {
        if (found.length === page.limit) {
          more = true;
          break;
        }
        looked++;
        after = [row.sorted_by, row.secret_id];
        if (matches({ ...row, tags: readTags(row.tags) }, Filters)) found.push(row);
      }
    }
    // A row that was moved here from another account must not be listed as if it were ours.
    await deps.guard.verify(found.map(guardedSecret));
    const ids = found.map(({ secret_id }) => secret_id);
    const access = await readAccess(deps.store.read, ids);
    const rotations = await deps.rotations.ofMany(ids);
    const SecretList = found.map((row) => {
      const stages = stagesShown(readStages(row.stages));
      const days = deps.access.latest(row.secret_id, access);
      const rotation = rotationShown(rotations.get(row.secret_id), call.now);
      return { ...described(row, days), ...rotation, ...(stages && { SecretVersionsToStages: stages }) };
    });
    return { SecretList, ...(more && after && page.next(after)) };
  },
});
