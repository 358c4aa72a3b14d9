/** What is searched by: taken from the text of a record once, when it arrives. Never throws: a record is never lost. */
import { createHash } from 'node:crypto';
import { NO_DECISIONS, type PackedDecisions, packDecisions } from '../../../platform/contract/decision-form.ts';
import { decisionsOf } from './recorded-decisions.ts';

export type Outcome = 'success' | 'denied' | 'failed';

export interface IndexColumns {
  name: string;
  source: string;
  principal: string | null;
  /** Last part of the principal's ARN: the user name, or the session name of a role. */
  actor: string | null;
  accessKey: string | null;
  outcome: Outcome;
  requestId: string | null;
  /** Of the first check that denied; null: none did. */
  layer: string | null;
  /** Enterprise project that the request was judged in. */
  project: string | null;
  resources: readonly string[];
  /** A write operation that succeeded. */
  change: boolean;
  /** To be asked again under other policies. */
  decisions: PackedDecisions;
}

const NOTHING: IndexColumns = {
  name: '',
  source: '',
  principal: null,
  actor: null,
  accessKey: null,
  outcome: 'failed',
  requestId: null,
  layer: null,
  project: null,
  resources: [],
  change: false,
  decisions: NO_DECISIONS,
};

const MAX_RESOURCES = 100;
const MAX_TERM = 512;
const KEPT = 400;

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'Unauthenticated',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
]);

interface RecordText {
  eventName?: unknown;
  eventSource?: unknown;
  errorCode?: unknown;
  readOnly?: unknown;
  requestID?: unknown;
  userIdentity?: { arn?: unknown; accessKeyId?: unknown } | null;
  resources?: unknown;
  x?: { enterpriseProject?: unknown; decision?: { effect?: unknown; checks?: unknown } | null } | null;
}

export function indexColumns(record: string): IndexColumns {
  let value: RecordText | null;
  try {
    value = JSON.parse(record) as RecordText | null;
  } catch {
    return NOTHING;
  }
  if (typeof value !== 'object' || value === null) return NOTHING;
  const principal = text(value.userIdentity?.arn);
  return {
    name: text(value.eventName) ?? '',
    source: text(value.eventSource) ?? '',
    principal,
    actor: principal === null ? null : actorOf(principal),
    accessKey: text(value.userIdentity?.accessKeyId),
    outcome: outcomeOf(value),
    requestId: text(value.requestID),
    layer: denyingLayer(value.x?.decision?.checks),
    project: text(value.x?.enterpriseProject),
    resources: resourcesOf(value),
    change: value.readOnly === false && value.errorCode === undefined,
    decisions: packDecisions(decisionsOf(value)),
  };
}

function outcomeOf(value: RecordText): Outcome {
  if (value.errorCode === undefined) return 'success';
  if (value.x?.decision?.effect === 'deny') return 'denied';
  return typeof value.errorCode === 'string' && DENIED.has(value.errorCode) ? 'denied' : 'failed';
}

/** A check that its owner's state or a missing permission denied has its reason in the place of a layer. */
function denyingLayer(checks: unknown): string | null {
  if (!Array.isArray(checks)) return null;
  const denied = checks.find((check) => check?.effect === 'deny');
  return text(denied?.layer) ?? text(denied?.reason);
}

/** Resources the request touched, and those it was authorized against (a denied request touches none). */
function resourcesOf(value: RecordText): readonly string[] {
  const found = new Set<string>();
  if (Array.isArray(value.resources)) for (const item of value.resources) addArn(found, item?.ARN);
  const checks = value.x?.decision?.checks;
  if (Array.isArray(checks)) for (const check of checks) addArn(found, check?.resource);
  return [...found];
}

function addArn(found: Set<string>, arn: unknown): void {
  if (typeof arn !== 'string' || arn === '' || arn === '*' || found.size >= MAX_RESOURCES) return;
  found.add(indexTerm(arn));
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? indexTerm(value) : null;
}

/** `alice` of `arn:aws:iam::111122223333:user/team/alice`, `root` of `arn:aws:iam::111122223333:root`. */
export function actorOf(arn: string): string {
  return arn.slice(Math.max(arn.lastIndexOf('/'), arn.lastIndexOf(':')) + 1);
}

/**
 * The form in which a value is indexed and searched. Long values and values with a NUL are cut and made unique by
 * their hash: neither engine may refuse a record because of what a caller put into it (PostgreSQL limits an index
 * entry to 2,700 bytes and refuses NUL).
 */
export function indexTerm(value: string): string {
  const nul = value.indexOf('\0');
  if (value.length <= MAX_TERM && nul < 0) return value;
  const head = value.slice(0, nul < 0 ? KEPT : Math.min(nul, KEPT));
  return `${head}#${createHash('sha256').update(value, 'utf8').digest('hex')}`;
}
