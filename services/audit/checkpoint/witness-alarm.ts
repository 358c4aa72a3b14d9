/** The record of a witness that knows another history: written by the service itself, with no account. */
import type { Recorder } from '../../../platform/audit/recorder.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import { ReportWitnessRefusal } from '../api/log.ts';
import type { WitnessesOptions } from './witnesses.ts';

export function witnessAlarm(options: {
  recorder: Recorder;
  clock: { now(): number };
  ids: { uuidv7(): string };
}): WitnessesOptions['alarm'] {
  const { recorder, clock, ids } = options;
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
