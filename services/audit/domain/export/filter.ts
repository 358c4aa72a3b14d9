/** Which records an export sends. */
import type { Recorded } from './recorded.ts';

export interface RecordFilter {
  EventSources?: string[] | undefined;
  EventNames?: string[] | undefined;
  ReadOnly?: boolean | undefined;
}

export function passes(filter: RecordFilter, record: Pick<Recorded, 'source' | 'name' | 'readOnly'>): boolean {
  const { EventSources, EventNames, ReadOnly } = filter;
  return (
    (EventSources === undefined || EventSources.includes(record.source)) &&
    (EventNames === undefined || EventNames.includes(record.name)) &&
    (ReadOnly === undefined || ReadOnly === record.readOnly)
  );
}

/** Everything passes: records need not be read to know. */
export function passesAll(filter: RecordFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}
