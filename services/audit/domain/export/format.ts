/**
 * The forms in which records leave. Every record renders in every form to one line of JSON, the same each time; forms other
 * than `native` hold what they list and nothing else of a record.
 */
import type { EXPORT_FORMATS } from '../../api/export/shapes.ts';
import { toCloudTrail } from './formats/cloudtrail.ts';
import { toCts } from './formats/cts.ts';
import { toEcs } from './formats/ecs.ts';
import { toOcsf } from './formats/ocsf.ts';
import { type NumberedRecord, type Recorded, readRecorded } from './recorded.ts';

export type Format = (typeof EXPORT_FORMATS)[number];

const DERIVED: Readonly<Record<Exclude<Format, 'native'>, (record: Recorded) => object>> = {
  cloudtrail: toCloudTrail,
  ocsf: toOcsf,
  ecs: toEcs,
  cts: toCts,
};

/** `native`: the record to the character, so that whoever has it can recompute the chain. */
export function renderRecord(format: Format, record: NumberedRecord): string {
  return format === 'native' ? oneLine(record) : JSON.stringify(DERIVED[format](readRecorded(record)));
}

/** What is no JSON, or not on one line, was written by nobody of ours: it is carried all the same. */
function oneLine({ eventId, text }: NumberedRecord): string {
  try {
    const value: unknown = JSON.parse(text);
    return /[\r\n]/.test(text) ? JSON.stringify(value) : text;
  } catch {
    return JSON.stringify({ eventID: eventId, text });
  }
}

/** Where each form has the event id, and the account. */
const PLACES: Readonly<Record<Format, { eventId: readonly string[]; account: readonly string[] }>> = {
  native: { eventId: ['eventID'], account: ['recipientAccountId'] },
  cloudtrail: { eventId: ['eventID'], account: ['recipientAccountId'] },
  ocsf: { eventId: ['metadata', 'uid'], account: ['cloud', 'account', 'uid'] },
  ecs: { eventId: ['event', 'id'], account: ['cloud', 'account', 'id'] },
  cts: { eventId: ['trace_id'], account: ['domain_id'] },
};

export function eventIdOf(format: Format, rendered: unknown): string | undefined {
  return textAt(rendered, PLACES[format].eventId);
}

export function accountOf(format: Format, rendered: unknown): string | undefined {
  return textAt(rendered, PLACES[format].account);
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at = value;
  for (const member of path) at = (at as Record<string, unknown> | null | undefined)?.[member];
  return typeof at === 'string' ? at : undefined;
}
