/** The record of a witness that knows another history: written by the service itself, with no account. */
import { Recorder } from '../../../platform/audit/recorder.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import type { Store } from '../../../platform/store/index.ts';
import { ReportWitnessRefusal } from '../api/log.ts';
import type { AuditDatabase } from '../store/schema.ts';
import type { WitnessesOptions } from './witnesses.ts';

export function witnessAlarm(options: {
  store: Store<AuditDatabase>;
  clock: { now(): number };
  ids: { uuidv7(): string };
  region: string;
}): WitnessesOptions['alarm'] {
  const { store, clock, ids, region } = options;
  // A writer of its own, because sequence numbers must have no gaps: the pipeline numbers the records of requests.
  const writer = { node: 'audit-witnesses', boot: ids.uuidv7(), region };
  const recorder = new Recorder(store as unknown as Store<unknown>, writer, () => undefined);
  return async (refusal) => {
    const now = clock.now();
    await recorder.append({
      eventId: ids.uuidv7(),
      operation: ReportWitnessRefusal,
      caller: serviceCaller('audit'),
      origin: {
        requestId: ids.uuidv7(),
        sourceIp: '127.0.0.1',
        userAgent: 'parapet/audit',
        receivedAt: now,
        protocol: 'internal',
      },
      now,
      input: { ...refusal, Reason: refusal.Reason.slice(0, 512) },
      resources: [],
    });
  };
}
