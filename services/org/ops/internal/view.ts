/** What every node follows to know the organization. */
import { noResource } from '../../../../platform/runtime/call.ts';
import { ORGANIZATION } from '../../../../platform/runtime/change-hub.ts';
import { GetOrganizationChanges, GetOrganizationView } from '../../api/internal.ts';
import { implement } from '../implement.ts';

export const getOrganizationView = implement(GetOrganizationView, {
  resolve: noResource,
  run: (_call, _input, _state, deps) => deps.views.latest(),
});

/** How long another node's commit may stay unseen: it is not announced in this process. */
const LOOK_MS = 150;

export const getOrganizationChanges = implement(GetOrganizationChanges, {
  resolve: noResource,
  async run(_call, { Since, WaitMilliseconds }, _state, deps) {
    const until = performance.now() + WaitMilliseconds;
    for (;;) {
      const announced = deps.hub.announcement(ORGANIZATION);
      const Revision = await deps.store.currentVersion();
      const left = until - performance.now();
      if (Revision !== Since || left <= 0) {
        announced.cancel();
        return Revision === Since ? { Revision } : deps.views.since(Since);
      }
      await announced.within(Math.min(left, LOOK_MS));
    }
  },
});
