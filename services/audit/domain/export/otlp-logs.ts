/** Records as an `ExportLogsServiceRequest` of OTLP. */
export interface OtlpRecord {
  eventId: string;
  accountId: string;
  sequence: number;
  time: number;
  name: string;
  outcome: 'success' | 'failed' | 'broken';
  text: string;
}

export interface OtlpResource {
  hostname: string;
  region: string;
}

const SEVERITY = {
  success: { severityNumber: 9, severityText: 'INFO' },
  failed: { severityNumber: 13, severityText: 'WARN' },
  broken: { severityNumber: 17, severityText: 'ERROR' },
} as const;

export function otlpLogs(records: readonly OtlpRecord[], { hostname, region }: OtlpResource): object {
  const attributes = [text('service.name', 'parapet'), text('host.name', hostname), text('cloud.region', region)];
  const logRecords = records.map(logRecord);
  return {
    resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope: { name: 'parapet.audit' }, logRecords }] }],
  };
}

function logRecord({ eventId, accountId, sequence, time, name, outcome, text: body }: OtlpRecord): object {
  const nanoseconds = `${time}000000`;
  return {
    ...{ timeUnixNano: nanoseconds, observedTimeUnixNano: nanoseconds },
    ...SEVERITY[outcome],
    eventName: name,
    body: { stringValue: body },
    attributes: [
      text('log.record.uid', eventId),
      text('cloud.account.id', accountId),
      { key: 'parapet.audit.sequence', value: { intValue: String(sequence) } },
    ],
  };
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}
