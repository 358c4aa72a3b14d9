/**
 * A record as the formats of exports see it. The text was written by our services, but a record is never refused for what
 * is in it: whatever is not of the expected kind counts as absent.
 */
import { type DeniedOrFailed, outcomeOf } from './outcome.ts';

/** A record with its place: what an export sends. */
export interface NumberedRecord {
  eventId: string;
  accountId: string;
  /** In the stream of its account, from 1. */
  sequence: number;
  /** When it arrived, milliseconds. */
  time: number;
  /** To the character. */
  text: string;
}

type Members = Readonly<Record<string, unknown>>;

export interface Identity {
  type: string;
  arn?: string;
  accountId?: string;
  principalId?: string;
  userName?: string;
  accessKeyId?: string;
  invokedBy?: string;
  session?: {
    id?: string;
    createdAt?: string;
    mfa: boolean;
    sourceIdentity?: string;
    issuer?: { type?: string; arn?: string; accountId?: string; principalId?: string; userName?: string };
  };
}

export interface RecordedResource {
  arn: string;
  accountId?: string;
  type?: string;
}

export interface Recorded {
  eventId: string;
  accountId: string;
  sequence: number;
  /** Milliseconds. */
  time: number;
  name: string;
  source: string;
  region: string;
  category: 'Management' | 'Data';
  readOnly: boolean;
  requestId?: string;
  sourceIp?: string;
  userAgent?: string;
  error?: { code: string; message?: string };
  outcome: 'success' | DeniedOrFailed;
  identity: Identity;
  resources: readonly RecordedResource[];
  request?: Members;
  response?: Members;
  tls?: { version?: string; cipher?: string; host?: string };
  projectId?: string;
}

export function readRecorded(record: NumberedRecord): Recorded {
  const all = members(parsed(record.text));
  const code = text(all.errorCode);
  const tls = members(all.tlsDetails);
  const time = Date.parse(text(all.eventTime) ?? '');
  return dropAbsent({
    eventId: record.eventId,
    accountId: record.accountId,
    sequence: record.sequence,
    time: Number.isNaN(time) ? record.time : time,
    name: text(all.eventName) ?? 'Unknown',
    source: text(all.eventSource) ?? 'unknown',
    region: text(all.awsRegion) ?? 'unknown',
    category: all.eventCategory === 'Data' ? ('Data' as const) : ('Management' as const),
    readOnly: all.readOnly === true,
    requestId: text(all.requestID),
    sourceIp: text(all.sourceIPAddress),
    userAgent: text(all.userAgent),
    error: code === undefined ? undefined : dropAbsent({ code, message: text(all.errorMessage) }),
    outcome: outcomeOf(code),
    identity: identityOf(members(all.userIdentity)),
    resources: resourcesOf(all.resources),
    request: optional(all.requestParameters),
    response: optional(all.responseElements),
    tls: all.tlsDetails === undefined ? undefined : tlsOf(tls),
    projectId: text(members(all.x).enterpriseProject),
  });
}

function identityOf(all: Members): Identity {
  const session = all.sessionContext === undefined ? undefined : members(all.sessionContext);
  return dropAbsent({
    type: text(all.type) ?? 'Unknown',
    arn: text(all.arn),
    accountId: text(all.accountId),
    principalId: text(all.principalId),
    userName: text(all.userName),
    accessKeyId: text(all.accessKeyId),
    invokedBy: text(all.invokedBy),
    session: session && sessionOf(session),
  });
}

function sessionOf(all: Members): NonNullable<Identity['session']> {
  const attributes = members(all.attributes);
  const issuer = all.sessionIssuer === undefined ? undefined : members(all.sessionIssuer);
  return dropAbsent({
    id: text(all.sessionId),
    createdAt: text(attributes.creationDate),
    mfa: attributes.mfaAuthenticated === 'true',
    sourceIdentity: text(all.sourceIdentity),
    issuer:
      issuer &&
      dropAbsent({
        type: text(issuer.type),
        arn: text(issuer.arn),
        accountId: text(issuer.accountId),
        principalId: text(issuer.principalId),
        userName: text(issuer.userName),
      }),
  });
}

function resourcesOf(value: unknown): RecordedResource[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    const { ARN, accountId, type } = members(one);
    const arn = text(ARN);
    return arn === undefined ? [] : [dropAbsent({ arn, accountId: text(accountId), type: text(type) })];
  });
}

function tlsOf(all: Members) {
  return dropAbsent({
    version: text(all.tlsVersion),
    cipher: text(all.cipherSuite),
    host: text(all.clientProvidedHostHeader),
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function optional(value: unknown): Members | undefined {
  return value === undefined || value === null ? undefined : members(value);
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that are undefined. */
export function dropAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}
