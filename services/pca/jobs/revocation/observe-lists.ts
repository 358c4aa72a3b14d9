/** Alarms about lists: one that should have been made and was not, and one that its store does not have. */
import { reportGauge } from '../../../../platform/observe/gauge.ts';
import type { PcaDeps } from '../../deps.ts';
import { oldestDue, oldestUndelivered } from '../../store/revocation/list-queries.ts';

export function observeLists({ store, clock, metrics }: Pick<PcaDeps, 'store' | 'clock' | 'metrics'>): void {
  const age = (moment: number | undefined) => (moment === undefined ? 0 : Math.max(0, clock.now() - moment) / 1000);
  reportGauge(metrics.registry, {
    name: 'parapet_crl_overdue_seconds',
    help: 'How long the list of revoked certificates that waits longest should have been made',
    read: async () => age(await oldestDue(store.read)),
  });
  reportGauge(metrics.registry, {
    name: 'parapet_crl_unpublished_seconds',
    help: 'Age of the oldest list of revoked certificates that its store does not have yet',
    read: async () => age(await oldestUndelivered(store.read)),
  });
}
