/** A record as a message of syslog (RFC 5424), in a frame that says its length (RFC 5425 4.3). */
import { hash } from 'node:crypto';

export interface SyslogRecord {
  eventId: string;
  accountId: string;
  sequence: number;
  time: number;
  name: string;
  outcome: 'success' | 'failed' | 'broken';
  text: string;
}

/** Log audit (13), and how bad it is. */
const PRIORITY = { success: 13 * 8 + 6, failed: 13 * 8 + 4, broken: 13 * 8 + 3 } as const;
/** Private enterprise number for documentation (RFC 5612): Parapet has none. */
const SD_ID = 'audit@32473';

export function syslogFrame(record: SyslogRecord, options: { hostname: string; maxBytes: number }): Buffer {
  const { eventId, accountId, sequence, name, time, outcome } = record;
  const data = `[${SD_ID} idx="${sequence}" id="${quoted(eventId)}" acct="${quoted(accountId)}"]`;
  const header = `<${PRIORITY[outcome]}>1 ${new Date(time).toISOString()} ${token(options.hostname, 255)} parapet - ${token(name, 32)} ${data} `;
  const text = ascii(record.text);
  const fits = header.length + text.length <= options.maxBytes;
  const message = header + (fits ? text : pointer(record));
  return Buffer.from(`${message.length} ${message}`, 'latin1');
}

/** What stands for a record that is too long: enough to find it, and to see that it is the same. */
function pointer({ eventId, text }: SyslogRecord): string {
  return JSON.stringify({
    tooLong: true,
    eventID: eventId,
    length: Buffer.byteLength(text),
    sha256: hash('sha256', text),
  });
}

/** The same JSON in printable ASCII: no receiver mistakes, cuts or recodes it. */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function token(text: string, most: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, most) || '-';
}

function quoted(text: string): string {
  return text.replace(/["\\\]]/g, (character) => `\\${character}`);
}
