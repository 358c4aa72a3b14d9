/** How late the latest rotation is: the first sign that a target, a role or a function has gone. */
import { reportGauge } from '../../../../platform/observe/gauge.ts';
import type { CcmsDeps } from '../../deps.ts';
import { oldestPromise } from '../../store/rotation-queries.ts';

export function observeRotations({ store, clock, metrics }: Pick<CcmsDeps, 'store' | 'clock' | 'metrics'>): void {
  reportGauge(metrics.registry, {
    name: 'parapet_rotation_overdue_seconds',
    help: 'How long the rotation that waits longest is behind the date that its schedule promised',
    async read() {
      const promised = await oldestPromise(store.read);
      return promised === undefined ? 0 : Math.max(0, clock.now() - promised) / 1000;
    },
  });
}
