/**
 * Compares what a receiver holds with the log. A record that is there twice is no fault, exports send at least once; one
 * that is missing, was changed, or is in no log, is.
 */
import { hash } from 'node:crypto';
import { accountOf, eventIdOf, type Format, renderRecord } from './format.ts';
import type { NumberedRecord } from './recorded.ts';

export interface ReconcileReport {
  /** Records that had to be there. */
  expected: number;
  missing: string[];
  changed: string[];
  /** Not in the log of the account. */
  extra: string[];
  /** Event ids that are there more than once. */
  duplicates: string[];
  /** Of other accounts: not judged. */
  others: number;
  /** Lines that are no record in the form of the export. */
  unreadable: number;
}

interface Held {
  /** Hashes of the forms it is there in. */
  forms: Set<string>;
  times: number;
}

export class Reconciler {
  private readonly format: Format;
  private readonly accountId: string;
  private readonly held = new Map<string, Held>();
  private readonly known = new Set<string>();
  private readonly report: ReconcileReport = {
    ...{ expected: 0, missing: [], changed: [], extra: [], duplicates: [], others: 0, unreadable: 0 },
  };

  constructor(options: { format: Format; accountId: string }) {
    this.format = options.format;
    this.accountId = options.accountId;
  }

  /** One record of the receiver, as JSON; also what stands for one that was too long for syslog. */
  holds(json: string): void {
    const value = parse(json) as { tooLong?: unknown; eventID?: unknown; sha256?: unknown } | null | undefined;
    const isPointer = value?.tooLong === true && typeof value.sha256 === 'string';
    const eventId = isPointer && typeof value?.eventID === 'string' ? value.eventID : eventIdOf(this.format, value);
    if (eventId === undefined) {
      this.report.unreadable++;
      return;
    }
    if (!isPointer && accountOf(this.format, value) !== this.accountId) {
      this.report.others++;
      return;
    }
    const held = this.held.get(eventId) ?? { forms: new Set<string>(), times: 0 };
    held.forms.add(isPointer ? (value?.sha256 as string) : formOf(value));
    held.times++;
    this.held.set(eventId, held);
  }

  /** One record of the log. @param expected whether it must be there; without, it may be */
  logged(record: NumberedRecord, expected: boolean): void {
    const { report } = this;
    this.known.add(record.eventId);
    if (expected) report.expected++;
    const held = this.held.get(record.eventId);
    if (!held) {
      if (expected) report.missing.push(record.eventId);
      return;
    }
    if (held.times > 1) report.duplicates.push(record.eventId);
    const text = renderRecord(this.format, record);
    const allowed = new Set([formOf(parse(text)), hash('sha256', text)]);
    if ([...held.forms].some((form) => !allowed.has(form))) report.changed.push(record.eventId);
  }

  end(): ReconcileReport {
    for (const eventId of this.held.keys()) if (!this.known.has(eventId)) this.report.extra.push(eventId);
    return this.report;
  }
}

/** Receivers may write the members of an object in another order. */
function formOf(value: unknown): string {
  return hash(
    'sha256',
    JSON.stringify(value, (_name, member: unknown) => sorted(member)),
  );
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
