/** What operators watch: records without a number, numbers of writers that never came, and exports that wait. */
import type { Registry } from 'prom-client';
import { reportGauge } from '../../platform/observe/gauge.ts';
import type { Witnesses, WitnessState } from './checkpoint/witnesses.ts';
import type { AuditDeps } from './deps.ts';
import { summarizeProgress } from './store/export/progress-queries.ts';
import { summarizePending } from './store/pending.ts';
import { countMissing, countSilent } from './store/writers.ts';

export function observeStream({ store, clock }: Pick<AuditDeps, 'store' | 'clock'>, registry: Registry): void {
  reportGauge(registry, {
    name: 'parapet_audit_unsequenced_records',
    help: 'Records that arrived and have no number yet',
    read: async () => (await summarizePending(store.read)).count,
  });
  reportGauge(registry, {
    name: 'parapet_audit_unsequenced_seconds',
    help: 'Age of the oldest record without a number',
    read: async () => {
      const { oldest } = await summarizePending(store.read);
      return oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000;
    },
  });
  reportGauge(registry, {
    name: 'parapet_audit_missing_writer_numbers',
    help: 'Numbers of writers that did not arrive within ten seconds',
    read: () => countMissing(store.read, clock.now()),
  });
  reportGauge(registry, {
    name: 'parapet_audit_silent_writers',
    help: 'Writers that did not stop, and did not say for six minutes that they live',
    read: () => countSilent(store.read, clock.now()),
  });
}

export function observeWitnesses(witnesses: Witnesses, registry: Registry): void {
  for (const { name } of witnesses.statuses) {
    const labels = { witness: name };
    const isIn = (state: WitnessState) => () =>
      witnesses.statuses.some((one) => one.name === name && one.state === state) ? 1 : 0;
    reportGauge(registry, {
      ...{ name: 'parapet_audit_witness_cosigning', labels, read: isIn('cosigning') },
      help: '1: the witness cosigns; 0: it was not asked yet, cannot be asked, or refuses',
    });
    reportGauge(registry, {
      ...{ name: 'parapet_audit_witness_refused', labels, read: isIn('refused') },
      help: '1: the witness knows another history, so the record was changed or put back',
    });
  }
}

export function observeExports({ store, clock }: Pick<AuditDeps, 'store' | 'clock'>, registry: Registry): void {
  reportGauge(registry, {
    name: 'parapet_audit_failing_exports',
    help: 'Exports whose last attempt failed',
    read: async () => (await summarizeProgress(store.read)).failing,
  });
  reportGauge(registry, {
    name: 'parapet_audit_failing_export_seconds',
    help: 'Since when the export that failed longest has delivered nothing',
    read: async () => {
      const { oldest } = await summarizeProgress(store.read);
      return oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000;
    },
  });
  reportGauge(registry, {
    name: 'parapet_audit_refused_records',
    help: 'Records that receivers of exports never took',
    read: async () => (await summarizeProgress(store.read)).refused,
  });
}
